/** Tables at the ends of keys, with their columns and indexes, out of the catalog's rows. */
import { OndeleteError } from '../../../src/core/errors.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { compareText } from '../../../src/core/names.ts';
import type {
  Check,
  Column,
  Index,
  Server,
  Table,
  TableOption,
  TableStatistics,
} from '../../../src/core/model.ts';
import type { CheckRow, CitusRow, ColumnRow, IndexRow, RuleRow, TableRow, TriggerRow } from './queries.ts';

export interface CatalogTable {
  readonly table: Table;
  readonly statistics: TableStatistics;
  readonly indexes: readonly CatalogIndex[];
  readonly ofExtension: boolean;
  /** The oid of the partitioned table that it is a partition of. */
  readonly partitionOf: number | null;
  /** By attribute number; numbers have gaps where columns were dropped. */
  readonly columnName: (number: number) => string;
}

export interface CatalogIndex {
  readonly oid: number;
  readonly index: Index;
  /** A foreign key may rest on it: unique, not partial, not deferrable. */
  readonly referable: boolean;
}

export interface TableRows {
  readonly tables: readonly TableRow[];
  readonly columns: readonly ColumnRow[];
  readonly indexes: readonly IndexRow[];
  readonly triggers: readonly TriggerRow[];
  readonly checks: readonly CheckRow[];
  readonly rules: readonly RuleRow[];
  readonly citus: readonly CitusRow[];
}

/** By oid. */
export function catalogTables(rows: TableRows, server: Server): ReadonlyMap<number, CatalogTable> {
  const columns = groupBy(rows.columns, (row) => row.table);
  const indexes = groupBy(rows.indexes, (row) => row.table);
  const triggers = groupBy(
    rows.triggers.filter((row) => !row.internal),
    (row) => row.table,
  );
  const checks = groupBy(rows.checks, (row) => row.table);
  const domainChecks = groupBy(rows.checks, (row) => row.domain);
  const rules = groupBy(rows.rules, (row) => row.table);
  const citus = new Map(rows.citus.map((row) => [row.table, row.method]));
  return new Map(
    rows.tables.map((row): [number, CatalogTable] => {
      const { oid, schema, name } = row;
      const own = columns.get(oid) ?? [];
      const columnName = (number: number): string => nameOfColumn(own, number, name);
      const ownIndexes = (indexes.get(oid) ?? [])
        .map((index) => catalogIndex(index, columnName))
        .toSorted((a, b) => compareText(a.index.name, b.index.name));
      const table: Table = {
        schema,
        name,
        engine: null,
        partitioned: row.partitioned,
        columns: own.map(columnOf),
        indexes: ownIndexes.map(({ index }) => index),
        triggers: (triggers.get(oid) ?? []).map((trigger) => trigger.name).toSorted(compareText),
        definition: null,
        checks: [
          ...(checks.get(oid) ?? []).map(({ expression }) => ({ expression, domainOf: null })),
          ...own.flatMap((column) =>
            (domainChecks.get(column.domain ?? NaN) ?? []).map(({ expression }) => ({
              expression,
              domainOf: column.name,
            })),
          ),
        ].toSorted(compareChecks),
        insteadRules: (rules.get(oid) ?? [])
          .map(({ event, name }) => ({ event, name }))
          .toSorted((a, b) => compareText(a.event, b.event) || compareText(a.name, b.name)),
        storedColumns: [],
        indexesOfOtherCollation: [],
        options: [
          ...citusOption(citus.get(oid)),
          ...(row.partitionOf === null ? [] : (['partition'] as const)),
          ...(row.unlogged ? (['unlogged'] as const) : []),
        ],
      };
      const statistics = statisticsOf(row, server);
      const { ofExtension, partitionOf } = row;
      return [oid, { table, statistics, indexes: ownIndexes, ofExtension, partitionOf, columnName }];
    }),
  );
}

function compareChecks(a: Check, b: Check): number {
  return compareText(a.domainOf ?? '', b.domainOf ?? '') || compareText(a.expression, b.expression);
}

function citusOption(method: string | undefined): readonly TableOption[] {
  if (method === undefined) return [];
  return [method === 'n' ? 'citus reference or local' : 'citus distributed'];
}

function nameOfColumn(columns: readonly ColumnRow[], number: number, table: string): string {
  const found = columns.find((column) => column.number === number);
  if (found === undefined)
    throw new OndeleteError('INTERNAL', `${table} has no column with number ${number}`);
  return found.name;
}

function columnOf(row: ColumnRow): Column {
  const generated = row.generated === '' ? null : row.generated === 's' ? 'stored' : 'virtual';
  return {
    name: row.name,
    type: row.type,
    nullable: !row.notNull,
    hasDefault: row.hasDefault && generated === null,
    generated,
    identity: row.identity === '' ? null : row.identity === 'a' ? 'always' : 'by default',
  };
}

function catalogIndex(row: IndexRow, columnName: (number: number) => string): CatalogIndex {
  const numbers = row.columns.split(' ').slice(0, row.keyColumns).map(Number);
  const index: Index = {
    name: row.name,
    columns: numbers.map((number) => (number === 0 ? null : columnName(number))),
    unique: row.unique,
    primary: row.primary,
    predicate: row.predicate,
    method: row.method,
  };
  return { oid: row.oid, index, referable: row.unique && row.predicate === null && row.immediate };
}

/** A table that was never analysed has -1 rows since PostgreSQL 14, and 0 rows on 0 pages before (measured on 12 to 18). */
function statisticsOf(row: TableRow, server: Server): TableStatistics {
  const { schema, name, partitioned, tuples, pages } = row;
  const unknown = tuples < 0 || ((server.version[0] ?? 0) < 14 && tuples === 0 && pages === 0);
  return {
    schema,
    name,
    estimatedRows: unknown ? null : Math.round(tuples),
    bytes: unknown || partitioned || pages < 0 ? null : pages * 8192,
  };
}
