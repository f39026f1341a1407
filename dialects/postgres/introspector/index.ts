/** The Snapshot of a PostgreSQL database: catalog.ts reads, this file joins by oid. Reads only. */
import type { Scope, Session } from '../../../src/core/contracts/engine.ts';
import {
  compareKeys,
  compareTables,
  sortInPlace,
  type ForeignKey,
  type Introspection,
  type ReferentialAction,
  type Server,
  type TableStatistics,
} from '../../../src/core/model.ts';
import * as catalog from './queries.ts';
import { keyBits } from './queries.ts';
import { postgresSession, type Row, type VisitRows } from '../connection/connect.ts';
import { halfDoneKeys, type KeyRow, type KeyShape } from './in-progress.ts';
import { recreatedIndex, type Candidate } from './indexes.ts';
import { listOf } from './array-text.ts';
import { columnReader, typesOf, type NamedColumns } from './columns.ts';
import { indexReader, tableMaker, type CatalogTable } from './tables.ts';
import { triggerStates } from './triggers.ts';

/**
 * Every key whose child is in scope, with the tables on both ends. Keys of system schemas, of temporary tables and of tables that an
 * extension owns are left out, and so are the copies of a key on partitions: they follow their root. The catalog shows every key
 * to everybody, so the list is never shorter than the truth. Three round trips in one consistent read-only view.
 * Throws QUERY_FAILED, UNREACHABLE or INSUFFICIENT_PRIVILEGE.
 */
export async function introspect(session: Session, server: Server, scope: Scope): Promise<Introspection> {
  return postgresSession(session).consistently(async (_read, visit) => {
    const catalogRows = await readCatalog(visit, server);
    const { tables } = catalogRows;
    const keys = keysInScope(catalogRows.keys, tables, scope);
    const ends = endsOf(keys);
    const seen = sortInPlace(
      [...tables.values()].filter((table) => ends.has(table.oid)),
      (a, b) => compareTables(a.table, b.table),
    );
    const foreignKeys = sortInPlace(assembleKeys(keys, catalogRows), compareKeys);
    return {
      snapshot: { version: 1, server, tables: seen.map((table) => table.table), foreignKeys },
      statistics: seen.map((table): TableStatistics => table.statistics),
    };
  });
}

interface CatalogRows {
  readonly keys: readonly KeyRow[];
  /** By oid. */
  readonly tables: ReadonlyMap<number, CatalogTable>;
  readonly triggers: readonly Row[];
}

/** Rows are taken apart as they come, while the server finds the next ones: tables come last, because all the others belong to them. */
async function readCatalog(visit: VisitRows, server: Server): Promise<CatalogRows> {
  const keys: KeyRow[] = [];
  const keyOf = keyReader();
  const methods: Row[] = [];
  await visit({
    keys: { sql: catalog.keysQuery(server.version[0] ?? 0), row: (row) => keys.push(keyOf(row)) },
    methods: { sql: catalog.methodsQuery, row: (row) => methods.push(row) },
  });
  const ends = [...endsOf(keys)];
  const columns = new Map<number, NamedColumns>();
  const columnsOf = columnReader();
  await visit({
    columns: {
      sql: catalog.columnsQuery(ends),
      row: (row) => columns.set(Number(row[0]), columnsOf(row)),
    },
  });
  const types: Row[] = [];
  const triggers: Row[] = [];
  const checks: Row[] = [];
  const citus: Row[] = [];
  const indexes = new Map<number, Candidate[]>();
  const indexOf = indexReader(columns, methods);
  const parts = { columns, indexes, types, triggers, checks, citus };
  const tables = new Map<number, CatalogTable>();
  let makeTable: ((row: Row) => CatalogTable) | null = null;
  await visit({
    types: { sql: catalog.typesQuery(typesOf(columns.values())), row: (row) => types.push(row) },
    triggers: { sql: catalog.triggersQuery, row: (row) => triggers.push(row) },
    checks: { sql: catalog.checksQuery(ends), row: (row) => checks.push(row) },
    ...(server.settings['citus'] === undefined
      ? {}
      : { citus: { sql: catalog.citusQuery, row: (row: Row) => citus.push(row) } }),
    indexes: {
      sql: catalog.indexesQuery(ends),
      row: (row) => {
        const own = indexes.get(Number(row[1]));
        if (own === undefined) indexes.set(Number(row[1]), [indexOf(row)]);
        else own.push(indexOf(row));
      },
    },
    tables: {
      sql: catalog.tablesQuery(ends),
      row: (row) => {
        const table = (makeTable ??= tableMaker(parts, server))(row);
        tables.set(table.oid, table);
      },
    },
  });
  return { keys, tables, triggers };
}

function endsOf(keys: readonly KeyRow[]): ReadonlySet<number> {
  const ends = new Set<number>();
  for (const { childOid, parentOid } of keys) ends.add(childOid).add(parentOid);
  return ends;
}

type Tables = CatalogRows['tables'];

/** Keys that are not a copy of another one; with the twins of half-done keys, which assembleKeys folds. */
function keysInScope(keys: readonly KeyRow[], tables: Tables, scope: Scope): readonly KeyRow[] {
  const inScope = scope.schemas ?? (() => true);
  return keys.filter((key) => {
    const child = tables.get(key.childOid);
    return (
      key.parentKey === 0 &&
      child?.ofExtension === false &&
      tables.has(key.parentOid) &&
      inScope(child.table.schema)
    );
  });
}

function assembleKeys(keys: readonly KeyRow[], rows: CatalogRows): ForeignKey[] {
  const { tables } = rows;
  const states = triggerStates(rows.triggers, rows.keys);
  const half = halfDoneKeys(rows.keys, tables);
  const assembled: ForeignKey[] = [];
  for (const key of keys) {
    const child = tables.get(key.childOid);
    const parent = tables.get(key.parentOid);
    if (child === undefined || parent === undefined || half.twins.has(key.oid)) continue;
    assembled.push(assemble(key, child, parent, half.of(key), states.get(key.oid) ?? none));
  }
  return assembled;
}

const none: readonly [] = [];

function assemble(
  row: KeyRow,
  child: CatalogTable,
  parent: CatalogTable,
  half: Pick<ForeignKey, 'comment' | 'halfDone'>,
  triggers: ForeignKey['triggers'],
): ForeignKey {
  const { shape } = row;
  const parentColumns = shape.parentNumbers.map(parent.columnName);
  const referencedIndex = parent.indexes.find(({ oid }) => oid === row.indexOid)?.index.name ?? null;
  return {
    name: row.name,
    child: child.named,
    columns: shape.numbers.map(child.columnName),
    parent: parent.named,
    parentColumns,
    parentColumnsImplied: false,
    onDelete: shape.onDelete,
    onDeleteColumns: shape.onDeleteNumbers === null ? null : shape.onDeleteNumbers.map(child.columnName),
    onUpdate: shape.onUpdate,
    match: shape.match,
    deferrability: shape.deferrability,
    validated: shape.validated,
    enforced: shape.enforced,
    period: shape.period,
    comment: half.comment,
    referencedIndex,
    // a temporal key rests on an index WITHOUT OVERLAPS, of which there can be several; its action cannot change anyway
    recreatedIndex: shape.period
      ? referencedIndex
      : recreatedIndex(referencedIndex, parentColumns, parent.indexes),
    triggers,
    childPartitioned: child.table.partitioned,
    parentPartitioned: parent.table.partitioned,
    halfDone: half.halfDone,
  };
}

const actions: Readonly<Record<string, ReferentialAction>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

/** A reader of catalog.keysQuery's rows, one after the other. */
function keyReader(): (row: Row) => KeyRow {
  const shapes = new Map<string, KeyShape>();
  return ([oid, child, parent, index, parentKey, name, comment = null, ...rest]) => {
    const id = rest.join(' ');
    let shape = shapes.get(id);
    if (shape === undefined) shapes.set(id, (shape = shapeOf(rest)));
    return {
      oid: Number(oid),
      name: name ?? '',
      childOid: Number(child),
      parentOid: Number(parent),
      indexOid: Number(index),
      parentKey: Number(parentKey),
      comment,
      shape,
    };
  };
}

function shapeOf([letters, sum, columns, parents, set = null]: Row): KeyShape {
  const [del = '', upd = '', match] = letters ?? '';
  const bits = Number(sum);
  const deferred = (bits & keyBits.deferred) !== 0;
  return {
    onDelete: actions[del] ?? 'NO ACTION',
    onUpdate: actions[upd] ?? 'NO ACTION',
    match: match === 'f' ? 'FULL' : match === 'p' ? 'PARTIAL' : 'SIMPLE',
    deferrability:
      (bits & keyBits.deferrable) === 0
        ? 'NOT DEFERRABLE'
        : deferred
          ? 'INITIALLY DEFERRED'
          : 'INITIALLY IMMEDIATE',
    validated: (bits & keyBits.validated) !== 0,
    enforced: (bits & keyBits.enforced) !== 0,
    period: (bits & keyBits.period) !== 0,
    numbers: listOf(columns).map(Number),
    parentNumbers: listOf(parents).map(Number),
    onDeleteNumbers: set === null ? null : listOf(set).map(Number),
  };
}
