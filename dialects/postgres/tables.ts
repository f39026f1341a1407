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
import { columnBits } from './catalog.ts';
import type { Candidate } from './indexes.ts';
import type { CatalogRows, Row } from './introspect.ts';
import { listOf } from './lists.ts';

export interface CatalogTable {
  readonly oid: string;
  readonly named: TableName;
  readonly table: Table;
  readonly statistics: TableStatistics;
  readonly indexes: readonly Candidate[];
  readonly ofExtension: boolean;
  /** The oid of the partitioned table it is a partition of. */
  readonly partitionOf: string | null;
  /** By attribute number; numbers have gaps where columns were dropped. */
  readonly columnName: (number: string) => string;
}

/** The columns of one table, in the order of their numbers. */
export interface TableColumns {
  readonly columns: readonly Column[];
  /** Their attribute numbers; there are gaps where columns were dropped. */
  readonly numbers: readonly string[];
  /** Columns of a domain type, with the domain's oid. */
  readonly domains: readonly (readonly [column: string, domain: string])[];
}

const noColumns: TableColumns = { columns: [], numbers: [], domains: [] };

/** The distinct types of columns, as numbers. */
export function typesOf(rows: readonly Row[]): readonly (readonly [type: number, modifier: number])[] {
  const types = new Map<string, readonly [number, number]>();
  for (const [, , , typeList, modifierList] of rows) {
    const modifiers = listOf(modifierList);
    for (const [n, type] of listOf(typeList).entries()) {
      const id = `${type} ${modifiers[n] ?? ''}`;
      if (!types.has(id)) types.set(id, [Number(type), Number(modifiers[n])]);
    }
  }
  return [...types.values()];
}

/** By the table's oid, from the rows of catalog.columnsQuery and catalog.typesQuery. */
export function columnsByTable(
  rows: readonly Row[],
  typeRows: readonly Row[],
): ReadonlyMap<string, TableColumns> {
  const types = new Map(typeRows.map((row) => [`${row[0] ?? ''} ${row[1] ?? ''}`, row]));
  const tables = new Map<string, TableColumns>();
  for (const [oid, ...lists] of rows) {
    const [numbers = [], names = [], typeOids = [], modifiers = [], bits = []] = lists.map(listOf);
    const order = ascending(numbers.map(Number));
    const domains: (readonly [string, string])[] = [];
    const columns = order.map((n) => {
      const type = types.get(`${typeOids[n] ?? ''} ${modifiers[n] ?? ''}`) ?? [];
      const name = names[n] ?? '';
      if (type[3] === 't') domains.push([name, type[0] ?? '']);
      return columnOf(name, type, Number(bits[n]));
    });
    tables.set(oid ?? '', { columns, numbers: order.map((n) => numbers[n] ?? ''), domains });
  }
  return tables;
}

/** The positions of numbers in ascending order. */
function ascending(numbers: readonly number[]): readonly number[] {
  const positions = [...numbers.keys()];
  const sorted = numbers.every((number, n) => n === 0 || number > (numbers[n - 1] ?? 0));
  return sorted ? positions : positions.toSorted((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
}

/** By oid. */
export function assembleTables(rows: CatalogRows, server: Server): ReadonlyMap<string, CatalogTable> {
  const triggers = groupBy(rows.triggers, 0);
  const checks = groupBy(rows.checks, 0);
  const domainChecks = groupBy(rows.checks, 1);
  const citus = new Map(rows.citus.map(([oid, method]) => [oid, method]));
  const tables = new Map<string, CatalogTable>();
  for (const row of rows.tables) {
    const oid = row[0] ?? '';
    const columns = rows.columns.get(oid) ?? noColumns;
    const notes = [
      ...notesOfTable(row, citus.get(oid)),
      ...(checks.get(oid) ?? []).map((check) => `check: ${check[3] ?? ''}`),
      ...columns.domains.flatMap(([column, domain]) =>
        (domainChecks.get(domain) ?? []).map((check) => `domain check on ${column}: ${check[3] ?? ''}`),
      ),
    ];
    const own = (triggers.get(oid) ?? [])
      .filter((trigger) => trigger[4] !== 't')
      .map((trigger) => trigger[2] ?? '');
    tables.set(oid, assembleTable(row, columns, rows.indexes.get(oid) ?? [], own, notes, server));
  }
  return tables;
}

function assembleTable(
  row: Row,
  { columns, numbers }: TableColumns,
  indexRows: readonly Row[],
  triggers: readonly string[],
  notes: readonly string[],
  server: Server,
): CatalogTable {
  const [oid, schema, name, kind, , tuples, pages, partitionOf, ofExtension] = row;
  const columnName = (number: string): string => columns[numbers.indexOf(number)]?.name ?? '';
  const indexes = indexRows
    .map((index) => indexOf(index, columnName))
    .toSorted((a, b) => compareText(a.index.name, b.index.name));
  const named = { schema: schema ?? '', name: name ?? '' };
  return {
    oid: oid ?? '',
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

function indexOf(
  [oid, , name, numbers, keyColumns, bits, method, predicate]: Row,
  columnName: (number: string) => string,
): { readonly index: Index; readonly candidate: Candidate } {
  const [unique, primary, immediate] = [1, 2, 4].map((bit) => (Number(bits) & bit) !== 0);
  // columns behind INCLUDE come last and are no key columns; 0 stands for an expression
  const columns = (numbers ?? '')
    .split(' ')
    .slice(0, Number(keyColumns))
    .map((number) => (number === '0' ? null : columnName(number)));
  const index: Index = {
    name: name ?? '',
    columns,
    unique: unique === true,
    primary: primary === true,
    predicate: predicate ?? null,
    method: method ?? '',
  };
  const usable = index.unique && index.predicate === null && immediate === true;
  return {
    index,
    candidate: { oid: oid ?? '', name: index.name, columns, primary: index.primary && usable, usable },
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

/** Rows by the text of one column. */
export function groupBy(rows: readonly Row[], column: number): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const id = row[column] ?? '';
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}
