/** Tables on either end of a key, put together from the catalog's rows. */
import {
  compareText,
  type Column,
  type Index,
  type Server,
  type Table,
  type TableName,
  type TableStatistics,
} from '../../src/model.ts';
import { columnBits, columnNumber } from './catalog.ts';
import type { Candidate } from './indexes.ts';
import type { CatalogRows, Row } from './introspect.ts';
import { listOf } from './lists.ts';

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

/** The columns of one table, in the order of their numbers. */
export interface TableColumns {
  readonly columns: readonly Column[];
  /** Their attribute numbers; there are gaps where columns were dropped. */
  readonly numbers: readonly number[];
  /** Columns of a domain type, with the domain's oid. */
  readonly domains: readonly (readonly [column: string, domain: string])[];
}

const noColumns: TableColumns = { columns: [], numbers: [], domains: [] };

/** A row of catalog.columnsQuery, taken apart. */
interface ColumnLists {
  readonly oid: number;
  readonly names: readonly string[];
  /** `type modifier` of each. */
  readonly types: readonly string[];
  /** The attribute's number and columnBits of each. */
  readonly numbers: readonly number[];
}

/** From the rows of catalog.columnsQuery. */
export function listColumns(rows: readonly Row[]): readonly ColumnLists[] {
  return rows.map(([oid, names, others]) => {
    const types: string[] = [];
    const numbers: number[] = [];
    for (const other of others?.split(',') ?? []) {
      const space = other.lastIndexOf(' ');
      types.push(other.slice(0, space));
      numbers.push(Number(other.slice(space + 1)));
    }
    return { oid: Number(oid), names: listOf(names), types, numbers };
  });
}

/** The distinct types of columns, for catalog.typesQuery. */
export function typesOf(lists: readonly ColumnLists[]): readonly string[] {
  const types = new Set<string>();
  for (const list of lists) for (const type of list.types) types.add(type);
  return [...types];
}

/** By the table's oid, with the rows of catalog.typesQuery. */
export function columnsByTable(
  lists: readonly ColumnLists[],
  typeRows: readonly Row[],
): ReadonlyMap<number, TableColumns> {
  const types = new Map(typeRows.map((row) => [`${row[0] ?? ''} ${row[1] ?? ''}`, row]));
  const tables = new Map<number, TableColumns>();
  for (const { oid, names, types: own, numbers: numbersAndBits } of lists) {
    const columns: Column[] = [];
    const numbers: number[] = [];
    const domains: (readonly [string, string])[] = [];
    for (const n of ascending(numbersAndBits)) {
      const name = names[n] ?? '';
      const type = types.get(own[n] ?? '') ?? [];
      const number = numbersAndBits[n] ?? 0;
      if (type[3] === 't') domains.push([name, type[0] ?? '']);
      columns.push(columnOf(name, type, number % columnNumber));
      numbers.push(Math.floor(number / columnNumber));
    }
    tables.set(oid, { columns, numbers, domains });
  }
  return tables;
}

/** The positions of numbers in ascending order. */
function ascending(numbers: readonly number[]): Iterable<number> {
  const sorted = numbers.every((number, n) => n === 0 || number > (numbers[n - 1] ?? 0));
  return sorted ? numbers.keys() : [...numbers.keys()].sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
}

/** By oid. */
export function assembleTables(rows: CatalogRows, server: Server): ReadonlyMap<number, CatalogTable> {
  const triggers = groupBy(rows.triggers, 0);
  const checks = groupBy(rows.checks, 0);
  const domainChecks = groupBy(rows.checks, 1);
  const citus = new Map(rows.citus.map(([oid, method]) => [Number(oid), method]));
  const tables = new Map<number, CatalogTable>();
  for (const row of rows.tables) {
    const [packed = null] = row;
    const facts = (packed ?? '').split(' ');
    const oid = Number(facts[0]);
    const columns = rows.columns.get(oid) ?? noColumns;
    const notes = [
      ...notesOfTable(facts, row[3] ?? null, citus.get(oid)),
      ...(checks.get(oid) ?? []).map((check) => `check: ${check[3] ?? ''}`),
      ...columns.domains.flatMap(([column, domain]) =>
        (domainChecks.get(Number(domain)) ?? []).map(
          (check) => `domain check on ${column}: ${check[3] ?? ''}`,
        ),
      ),
    ];
    const own = (triggers.get(oid) ?? [])
      .filter((trigger) => trigger[4] !== 't')
      .map((trigger) => trigger[2] ?? '');
    tables.set(oid, assembleTable(row, facts, columns, rows.indexes.get(oid) ?? [], own, notes, server));
  }
  return tables;
}

function assembleTable(
  [, schema, name]: Row,
  [oid, kind, , tuples, pages, ofExtension, partitionOf = '0']: readonly string[],
  { columns, numbers }: TableColumns,
  indexRows: readonly IndexRow[],
  triggers: readonly string[],
  notes: readonly string[],
  server: Server,
): CatalogTable {
  const columnName = (number: number): string => columns[numbers.indexOf(number)]?.name ?? '';
  const indexes = indexRows
    .map((index) => indexOf(index, columnName))
    .toSorted((a, b) => compareText(a.index.name, b.index.name));
  const named = { schema: schema ?? '', name: name ?? '' };
  return {
    oid: Number(oid),
    named,
    table: {
      schema: named.schema,
      name: named.name,
      engine: null,
      partitioned: kind === 'p',
      columns,
      indexes: indexes.map(({ index }) => index),
      triggers: triggers.toSorted(compareText),
      definition: null,
      notes: notes.toSorted(compareText),
    },
    statistics: { ...named, ...figures(kind, Number(tuples), Number(pages), server) },
    indexes,
    ofExtension: ofExtension === 't',
    partitionOf: partitionOf === '0' ? null : Number(partitionOf),
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

function columnOf(name: string, [, , type, , domainNotNull, typeDefault]: Row, bits: number): Column {
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const generated = has(columnBits.stored) ? 'stored' : has(columnBits.virtual) ? 'virtual' : null;
  return {
    name,
    type: type ?? '',
    nullable: !has(columnBits.notNull) && domainNotNull !== 't',
    hasDefault: (has(columnBits.hasDefault) || typeDefault === 't') && generated === null,
    generated,
    identity: has(columnBits.identityAlways)
      ? 'always'
      : has(columnBits.identityByDefault)
        ? 'by default'
        : null,
  };
}

/** A row of catalog.indexesQuery, with the table's oid taken off. */
export interface IndexRow {
  readonly oid: number;
  readonly row: Row;
}

/** By the table's oid. */
export function indexesByTable(rows: readonly Row[]): ReadonlyMap<number, readonly IndexRow[]> {
  const tables = new Map<number, IndexRow[]>();
  for (const row of rows) {
    const [oid = 0, table = 0] = (row[0] ?? '').split(' ').map(Number);
    const own = tables.get(table);
    if (own === undefined) tables.set(table, [{ oid, row }]);
    else own.push({ oid, row });
  }
  return tables;
}

function indexOf(
  { oid, row: [, name, facts, predicate] }: IndexRow,
  columnName: (number: number) => string,
): Candidate {
  const [method = '', keyColumns, sum, ...numbers] = (facts ?? '').split(' ');
  const bits = Number(sum);
  const unique = (bits & 1) !== 0;
  const primary = (bits & 2) !== 0;
  const immediate = (bits & 4) !== 0;
  // columns behind INCLUDE come last and are no key columns; 0 stands for an expression
  const columns = numbers
    .slice(0, Number(keyColumns))
    .map((number) => (number === '0' ? null : columnName(Number(number))));
  const index: Index = { name: name ?? '', columns, unique, primary, predicate: predicate ?? null, method };
  return { oid, index, usable: unique && index.predicate === null && immediate };
}

function notesOfTable(
  [, , persistence, , , , partitionOf = '0']: readonly string[],
  rules: string | null,
  citus: string | null | undefined,
): readonly string[] {
  const replaced = (rules ?? '')
    .split('\n')
    .filter((rule) => rule !== '')
    .map((rule) => `rule instead of ${rule.endsWith('4') ? 'DELETE' : 'UPDATE'}: ${rule.slice(0, -2)}`);
  return [
    ...(persistence === 'u' ? ['unlogged'] : []),
    ...(partitionOf === '0' ? [] : ['partition']),
    ...(citus === undefined
      ? []
      : [citus === 'n' ? 'citus: reference or local table' : 'citus: distributed']),
    ...replaced,
  ];
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
