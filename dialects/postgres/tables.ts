/** Tables on either end of a key, put together from the catalog's rows. */
import {
  compareText,
  tableId,
  type Column,
  type Index,
  type Server,
  type Table,
  type TableName,
  type TableStatistics,
} from '../../src/model.ts';
import type { Candidate } from './indexes.ts';
import type { CatalogRows, Row } from './introspect.ts';

export interface CatalogTable {
  readonly oid: string;
  readonly table: Table;
  readonly statistics: TableStatistics;
  readonly indexes: readonly Candidate[];
  readonly ofExtension: boolean;
  /** The oid of the partitioned table it is a partition of. */
  readonly partitionOf: string | null;
  /** By attribute number; numbers have gaps where columns were dropped. */
  columnName(number: string): string;
}

export interface CatalogTables {
  readonly byOid: ReadonlyMap<string, CatalogTable>;
  oidOf(table: TableName): string;
}

export function assembleTables(rows: CatalogRows, server: Server): CatalogTables {
  const columns = groupBy(rows.columns, 0);
  const indexes = groupBy(rows.indexes, 1);
  const triggers = groupBy(rows.triggers, 0);
  const checks = groupBy(rows.checks, 0);
  const domainChecks = groupBy(rows.checks, 1);
  const citus = new Map(rows.citus.map(([oid, method]) => [oid, method]));
  const byOid = new Map<string, CatalogTable>();
  const oids = new Map<string, string>();
  for (const row of rows.tables) {
    const oid = row[0] ?? '';
    const own = columns.get(oid) ?? [];
    const notes = [
      ...notesOfTable(row, citus.get(oid)),
      ...(checks.get(oid) ?? []).map((check) => `check: ${check[3] ?? ''}`),
      ...own.flatMap((column) =>
        (domainChecks.get(column[8] ?? '') ?? []).map(
          (check) => `domain check on ${column[2] ?? ''}: ${check[3] ?? ''}`,
        ),
      ),
    ];
    const table = assembleTable(row, own, indexes.get(oid) ?? [], triggers.get(oid) ?? [], notes, server);
    byOid.set(oid, table);
    oids.set(tableId(table.table), oid);
  }
  return { byOid, oidOf: (table) => oids.get(tableId(table)) ?? '' };
}

function assembleTable(
  row: Row,
  columnRows: readonly Row[],
  indexRows: readonly Row[],
  triggerRows: readonly Row[],
  notes: readonly string[],
  server: Server,
): CatalogTable {
  const [oid, schema, name, kind, , tuples, pages, partitionOf, ofExtension] = row;
  const sorted = columnRows.toSorted((a, b) => Number(a[1]) - Number(b[1]));
  const names = new Map(sorted.map((column) => [column[1], column[2] ?? '']));
  const columnName = (number: string): string => names.get(number) ?? '';
  const indexes = indexRows
    .map((index) => indexOf(index, columnName))
    .toSorted((a, b) => compareText(a.index.name, b.index.name));
  const named = { schema: schema ?? '', name: name ?? '' };
  return {
    oid: oid ?? '',
    table: {
      ...named,
      engine: null,
      partitioned: kind === 'p',
      columns: sorted.map(columnOf),
      indexes: indexes.map(({ index }) => index),
      triggers: triggerRows
        .filter((trigger) => trigger[4] !== 't')
        .map((trigger) => trigger[2] ?? '')
        .toSorted(compareText),
      definition: null,
      notes: notes.toSorted(compareText),
    },
    statistics: { ...named, ...figures(kind, Number(tuples), Number(pages), server) },
    indexes: indexes.map(({ candidate }) => candidate),
    ofExtension: ofExtension === 't',
    partitionOf: partitionOf ?? null,
    columnName,
  };
}

/** A table that was never analysed has -1 rows since PostgreSQL 14, and 0 rows on 0 pages before (measured on 12 to 18). */
function figures(
  kind: string | null | undefined,
  tuples: number,
  pages: number,
  server: Server,
): Pick<TableStatistics, 'estimatedRows' | 'bytes'> {
  const unknown = tuples < 0 || ((server.version[0] ?? 0) < 14 && tuples === 0 && pages === 0);
  if (unknown) return { estimatedRows: null, bytes: null };
  return { estimatedRows: Math.round(tuples), bytes: kind === 'p' || pages < 0 ? null : pages * 8192 };
}

function columnOf([, , name, type, notNull, hasDefault, generated, identity]: Row): Column {
  return {
    name: name ?? '',
    type: type ?? '',
    nullable: notNull !== 't',
    hasDefault: hasDefault === 't' && generated === '',
    generated: generated === 's' ? 'stored' : generated === 'v' ? 'virtual' : null,
    identity: identity === 'a' ? 'always' : identity === 'd' ? 'by default' : null,
  };
}

function indexOf(
  [oid, , name, numbers, keyColumns, unique, primary, immediate, method, predicate]: Row,
  columnName: (number: string) => string,
): { readonly index: Index; readonly candidate: Candidate } {
  // columns behind INCLUDE come last and are no key columns; 0 stands for an expression
  const columns = (numbers ?? '')
    .split(' ')
    .slice(0, Number(keyColumns))
    .map((number) => (number === '0' ? null : columnName(number)));
  const index: Index = {
    name: name ?? '',
    columns,
    unique: unique === 't',
    primary: primary === 't',
    predicate: predicate ?? null,
    method: method ?? '',
  };
  const usable = index.unique && index.predicate === null && immediate === 't';
  return {
    index,
    candidate: { oid: Number(oid), name: index.name, columns, primary: index.primary && usable, usable },
  };
}

function notesOfTable(
  [, , , , persistence, , , partitionOf, , rules]: Row,
  citus: string | null | undefined,
): readonly string[] {
  const replaced = (rules ?? '')
    .split('\n')
    .filter((rule) => rule !== '')
    .map((rule) => `rule instead of ${rule.endsWith('4') ? 'DELETE' : 'UPDATE'}: ${rule.slice(0, -2)}`);
  return [
    ...(persistence === 'u' ? ['unlogged'] : []),
    ...(partitionOf === null || partitionOf === undefined ? [] : ['partition']),
    ...(citus === undefined
      ? []
      : [citus === 'n' ? 'citus: reference or local table' : 'citus: distributed']),
    ...replaced,
  ];
}

function groupBy(rows: readonly Row[], column: number): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const id = row[column] ?? '';
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}
