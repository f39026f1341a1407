/** Tables on either end of a key, put together from the catalog's rows. */
import {
  compareText,
  sortInPlace,
  type Index,
  type Server,
  type Table,
  type TableName,
  type TableStatistics,
} from '../../../src/core/model.ts';
import { indexBits, indexColumns, indexMethod } from './queries.ts';
import { columnMaker, columnName, noColumns, type NamedColumns } from './columns.ts';
import type { Row } from '../connection/connect.ts';
import type { Candidate } from './indexes.ts';

export interface CatalogTable {
  readonly oid: number;
  readonly named: TableName;
  readonly table: Table;
  readonly statistics: TableStatistics;
  readonly indexes: readonly Candidate[];
  readonly ofExtension: boolean;
  /** The oid of the partitioned table it is a partition of. */
  readonly partitionOf: number | null;
  /** By attribute number; numbers have gaps where columns were dropped. */
  readonly columnName: (number: number) => string;
}

/** What belongs to tables, by their oids or as the rows that the catalog gave. */
export interface TableParts {
  readonly columns: ReadonlyMap<number, NamedColumns>;
  /** Put in order here. */
  readonly indexes: ReadonlyMap<number, Candidate[]>;
  readonly types: readonly Row[];
  readonly triggers: readonly Row[];
  readonly checks: readonly Row[];
  readonly citus: readonly Row[];
}

/** A maker of tables out of the rows of catalog.tablesQuery, one after the other. */
export function tableMaker(parts: TableParts, server: Server): (row: Row) => CatalogTable {
  const types = new Map(parts.types.map((row) => [`${row[0] ?? ''} ${row[1] ?? ''}`, row]));
  const columnsOf = columnMaker(types);
  const triggers = groupBy(parts.triggers, 0);
  const notesOf = noteMaker(parts, types);
  return (row) => {
    const [id, schema, name, kind, , tuples, pages, ofExtension, partitionOf] = row;
    const oid = Number(id);
    const columns = parts.columns.get(oid) ?? noColumns;
    const named = { schema: schema ?? '', name: name ?? '' };
    const indexes = sortInPlace(parts.indexes.get(oid) ?? [], byName);
    return {
      oid,
      named,
      table: {
        schema: named.schema,
        name: named.name,
        engine: null,
        partitioned: kind === 'p',
        columns: columnsOf(columns),
        indexes: indexes.map(({ index }) => index),
        triggers: namesOfTriggers(triggers.get(oid) ?? none),
        definition: null,
        notes: notesOf(oid, row, columns),
      },
      statistics: statisticsOf(named, kind, Number(tuples), Number(pages), server),
      indexes,
      ofExtension: ofExtension === 't',
      partitionOf: partitionOf == null ? null : Number(partitionOf),
      columnName: (number) => columnName(columns, number),
    };
  };
}

const none: readonly [] = [];

const byName = (a: Candidate, b: Candidate): number => compareText(a.index.name, b.index.name);

/** The table's own ones. */
function namesOfTriggers(rows: readonly Row[]): readonly string[] {
  const own = rows.filter((trigger) => trigger[4] !== 't');
  return own.length === 0 ? none : own.map((trigger) => trigger[2] ?? '').sort(compareText);
}

function noteMaker(
  parts: TableParts,
  types: ReadonlyMap<string, Row>,
): (oid: number, row: Row, columns: NamedColumns) => readonly string[] {
  const checks = groupBy(parts.checks, 0);
  const ofDomains = groupBy(parts.checks, 1);
  const hasDomains = parts.types.some((type) => type[3] === 't');
  const citus = new Map(parts.citus.map(([oid, method]) => [Number(oid), method]));
  return (oid, row, { names, layout }) => {
    const notes = notesOfTable(row, citus.get(oid));
    for (const check of checks.get(oid) ?? none) notes.push(`check: ${check[3] ?? ''}`);
    for (const [n, name] of hasDomains ? names.entries() : none) {
      const type = types.get(layout.types[n] ?? '') ?? none;
      for (const check of type[3] === 't' ? (ofDomains.get(Number(type[0])) ?? none) : none)
        notes.push(`domain check on ${name}: ${check[3] ?? ''}`);
    }
    return notes.length === 0 ? none : notes.sort(compareText);
  };
}

/** A table that was never analysed has -1 rows since PostgreSQL 14, and 0 rows on 0 pages before (measured on 12 to 18). */
function statisticsOf(
  { schema, name }: TableName,
  kind: string | null | undefined,
  tuples: number,
  pages: number,
  server: Server,
): TableStatistics {
  const unknown = tuples < 0 || ((server.version[0] ?? 0) < 14 && tuples === 0 && pages === 0);
  return {
    schema,
    name,
    estimatedRows: unknown ? null : Math.round(tuples),
    bytes: unknown || kind === 'p' || pages < 0 ? null : pages * 8192,
  };
}

/** What indexes have in common with many others; indexes alike share it. */
interface IndexFacts extends Pick<Index, 'method' | 'unique' | 'primary'> {
  readonly immediate: boolean;
  /** Attribute numbers of the key columns; 0 stands for an expression. */
  readonly numbers: readonly number[];
}

/** A reader of catalog.indexesQuery's rows, one after the other, with the rows of catalog.methodsQuery. */
export function indexReader(
  columns: ReadonlyMap<number, NamedColumns>,
  methodRows: readonly Row[],
): (row: Row) => Candidate {
  const methods = new Map(methodRows.map(([oid, name]) => [Number(oid), name ?? '']));
  const known = new Map<string, IndexFacts>();
  return ([oid, table, name, sum, list, predicate = null]) => {
    const id = `${sum ?? ''} ${list ?? ''}`;
    let facts = known.get(id);
    if (facts === undefined) known.set(id, (facts = factsOf(Number(sum), list ?? '', methods)));
    const { unique, primary } = facts;
    const own = columns.get(Number(table)) ?? noColumns;
    const names = facts.numbers.map((number) => (number === 0 ? null : columnName(own, number)));
    const index = { name: name ?? '', columns: names, unique, primary, predicate, method: facts.method };
    return { oid: Number(oid), index, usable: unique && predicate === null && facts.immediate };
  };
}

function factsOf(sum: number, list: string, methods: ReadonlyMap<number, string>): IndexFacts {
  const bits = sum % indexMethod;
  const numbers = list.split(' ').map(Number);
  return {
    method: methods.get(Math.floor(sum / indexMethod)) ?? '',
    unique: (bits & indexBits.unique) !== 0,
    primary: (bits & indexBits.primary) !== 0,
    immediate: (bits & indexBits.immediate) !== 0,
    // columns behind INCLUDE come last and are no key columns
    numbers: numbers.slice(0, Math.floor(bits / indexColumns)),
  };
}

function notesOfTable(row: Row, citus: string | null | undefined): string[] {
  const [persistence, partitionOf, rules] = [row[4], row[8], row[9]];
  const notes: string[] = [];
  if (persistence === 'u') notes.push('unlogged');
  if (partitionOf != null) notes.push('partition');
  if (citus !== undefined)
    notes.push(citus === 'n' ? 'citus: reference or local table' : 'citus: distributed');
  for (const rule of rules?.split('\n') ?? none)
    if (rule !== '')
      notes.push(`rule instead of ${rule.endsWith('4') ? 'DELETE' : 'UPDATE'}: ${rule.slice(0, -2)}`);
  return notes;
}

/** Rows by the oid in one column. */
function groupBy(rows: readonly Row[], column: number): ReadonlyMap<number, readonly Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const id = Number(row[column]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}
