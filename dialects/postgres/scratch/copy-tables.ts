/** Tables of a copy: columns first, then what a column can do without. */
import type { CopyStatement } from '../../../src/core/contracts/connection.ts';
import { tableText } from '../../../src/core/names.ts';
import type { Fragment } from '../../sql/ddl.ts';
import type { BlueprintCatalog, ColumnRow, TableRow } from './schema-catalog.ts';
import { ddl } from '../key-sql.ts';

/** The bare table; a partition is attached later, with the order of columns it has. */
export function createTable(table: TableRow, { columns }: BlueprintCatalog): CopyStatement {
  const own = columns.filter((column) => column.table === table.oid && !comesLater(column));
  const unlogged = table.unlogged && !table.partitioned ? 'UNLOGGED ' : '';
  const partitioned = table.partitionKey === null ? '' : ` PARTITION BY ${table.partitionKey}`;
  const definitions = own.map((column) => ddl.sql`${ddl.id(column.name)} ${definition(column, table)}`);
  return {
    sql: ddl.text(
      ddl.sql`CREATE ${ddl.raw(unlogged)}TABLE ${ddl.table(table)} (${ddl.join(definitions)})${ddl.raw(partitioned)}`,
    ),
    without: null,
  };
}

/** A generated column that calls a function of the database's own, which is not copied. */
function comesLater(column: ColumnRow): boolean {
  return column.generated !== '' && column.callsOwn;
}

/** An identity column of a partition is the whole tree's, and comes when the partition is attached (since PostgreSQL 17). */
function definition(column: ColumnRow, table: TableRow): Fragment {
  const collation =
    column.collation === null || lacksCollation(column, table) ? '' : ` COLLATE ${column.collation}`;
  const notNull = column.notNull ? ' NOT NULL' : '';
  const identity =
    column.identity === '' || table.partitionOf !== null
      ? ''
      : ` GENERATED ${column.identity === 'a' ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY`;
  return ddl.raw(column.typeText + collation + notNull + identity + generation(column));
}

function generation({ generated, expression }: ColumnRow): string {
  if (generated === '') return '';
  return ` GENERATED ALWAYS AS (${expression ?? 'NULL'}) ${generated === 's' ? 'STORED' : 'VIRTUAL'}`;
}

/** Such a collation is set later, if it can be; in a tree of partitions it cannot be set later. */
function lacksCollation(column: ColumnRow, table: TableRow): boolean {
  return column.localCollation && table.partitionKey === null && table.partitionOf === null;
}

/** Collations, generated columns and defaults that the copy can do without. */
export function columnStatements({ tables, columns }: BlueprintCatalog): readonly CopyStatement[] {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  return columns.flatMap((column) => {
    const table = byOid.get(column.table);
    if (table === undefined) return [];
    return [
      ...collationStatement(column, table),
      ...generatedColumn(column, table),
      ...defaultStatement(column, table),
    ];
  });
}

function collationStatement(column: ColumnRow, table: TableRow): readonly CopyStatement[] {
  if (column.collation === null || !lacksCollation(column, table)) return [];
  const type = ddl.raw(`${column.typeText} COLLATE ${column.collation}`);
  const sql = ddl.sql`ALTER TABLE ${ddl.table(table)} ALTER COLUMN ${ddl.id(column.name)} TYPE ${type}`;
  return [{ sql: ddl.text(sql), without: `collation of ${columnText(column, table)}` }];
}

function generatedColumn(column: ColumnRow, table: TableRow): readonly CopyStatement[] {
  if (!comesLater(column) || table.partitionOf !== null) return [];
  const sql = ddl.sql`ALTER TABLE ${ddl.table(table)} ADD COLUMN ${ddl.id(column.name)} ${definition(column, table)}`;
  return [{ sql: ddl.text(sql), without: `generated column ${columnText(column, table)}` }];
}

function defaultStatement(column: ColumnRow, table: TableRow): readonly CopyStatement[] {
  if (column.expression === null || column.generated !== '') return [];
  const sql = ddl.sql`ALTER TABLE ONLY ${ddl.table(table)} ALTER COLUMN ${ddl.id(column.name)} SET DEFAULT ${ddl.raw(column.expression)}`;
  return [{ sql: ddl.text(sql), without: `default of ${columnText(column, table)}` }];
}

function columnText(column: ColumnRow, table: TableRow): string {
  return `${tableText(table)}.${column.name}`;
}
