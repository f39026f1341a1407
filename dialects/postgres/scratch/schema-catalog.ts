/**
 * What the catalog says of the tables that are made again. Names come as they are, definitions as the server prints them with
 * `search_path = ''`. Each query runs once, whatever the number of tables.
 */
import type { TableName } from '../../../src/core/model.ts';
import type { ReadRows } from '../connection/connect.ts';
import { ddl } from '../key-sql.ts';
import { type ColumnType, readTypes } from './column-types.ts';

export interface TableRow extends TableName {
  readonly oid: number;
  readonly partitioned: boolean;
  readonly unlogged: boolean;
  /** `RANGE (at)`; null for a table that is not partitioned. */
  readonly partitionKey: string | null;
  /** The table it is a partition of, and `FOR VALUES …` or `DEFAULT`. */
  readonly partitionOf: number | null;
  readonly bound: string | null;
  /** How many tables it is a partition of, directly or not. */
  readonly depth: number;
}

export interface ColumnRow {
  readonly table: number;
  readonly name: string;
  readonly type: number;
  readonly typeText: string;
  readonly notNull: boolean;
  readonly identity: string;
  readonly generated: string;
  /** Of the default, or of the generated column. */
  readonly expression: string | null;
  /** The expression calls a function that belongs to no extension and is not the server's own. */
  readonly callsOwn: boolean;
  /** Quoted; null where it is the type's own. */
  readonly collation: string | null;
  /** A collation that another server may not know, because the operating system brings it. */
  readonly localCollation: boolean;
}

/** A CHECK of a table or of a domain: the oid of the other one is 0. */
interface CheckRow {
  readonly table: number;
  readonly domain: number;
  readonly name: string;
  readonly definition: string;
}

export interface ForeignKeyRow {
  readonly table: number;
  readonly name: string;
  readonly definition: string;
  readonly comment: string | null;
}

export interface IndexRow {
  readonly table: number;
  readonly name: string;
  readonly definition: string;
  /** The definition of the constraint that the index stands for, if it does. */
  readonly constraint: string | null;
  /** Something a foreign key may rest on: unique, over plain columns, all rows. */
  readonly referable: boolean;
  readonly exclusion: boolean;
}

interface SequenceRow extends TableName {
  readonly type: string;
}

export interface CollationRow extends TableName {
  readonly provider: string;
  readonly collate: string | null;
  readonly ctype: string | null;
  readonly deterministic: boolean;
}

export interface BlueprintCatalog {
  readonly tables: readonly TableRow[];
  readonly columns: readonly ColumnRow[];
  readonly types: ReadonlyMap<number, ColumnType>;
  readonly extensions: readonly TableName[];
  readonly collations: readonly CollationRow[];
  readonly sequences: readonly SequenceRow[];
  readonly checks: readonly CheckRow[];
  readonly indexes: readonly IndexRow[];
  readonly keys: readonly ForeignKeyRow[];
}

/** The tables named, those they are partitions of, and all of their partitions. Nine queries in four round trips. */
export async function readBlueprint(
  read: ReadRows,
  named: readonly TableName[],
  major: number,
): Promise<BlueprintCatalog> {
  const { tables } = await read<Pick<BlueprintCatalog, 'tables'>>({ tables: tablesQuery(named) });
  const these = `('{${tables.map((table) => table.oid).join(',')}}'::oid[])`;
  const { columns } = await read<Pick<BlueprintCatalog, 'columns'>>({ columns: columnsQuery(these) });
  const types = await readTypes(read, [...new Set(columns.map((column) => column.type))], major);
  const typeOids = `('{${[...types.keys()].join(',')}}'::oid[])`;
  const others = await read<Omit<BlueprintCatalog, 'tables' | 'columns' | 'types'>>({
    extensions: extensionsQuery(these, typeOids),
    collations: collationsQuery(these, typeOids),
    sequences: sequencesQuery(these),
    checks: checksQuery(these, typeOids),
    indexes: indexesQuery(these),
    keys: keysQuery(these),
  });
  return { tables, columns, types, ...others };
}

function tablesQuery(named: readonly TableName[]): string {
  const names = named.map((table) =>
    ddl.text(ddl.sql`(${ddl.literal(table.schema)}, ${ddl.literal(table.name)})`),
  );
  return `WITH RECURSIVE up (oid) AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND (n.nspname::text, c.relname::text) IN (${names.join(', ')})
  UNION
  SELECT i.inhparent FROM up JOIN pg_class c ON c.oid = up.oid AND c.relispartition JOIN pg_inherits i ON i.inhrelid = c.oid),
down (oid) AS (
  SELECT oid FROM up
  UNION
  SELECT c.oid FROM down JOIN pg_inherits i ON i.inhparent = down.oid JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition)
SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned, c.relpersistence = 'u' AS unlogged,
       pg_get_partkeydef(c.oid) AS "partitionKey",
       (SELECT inhparent FROM pg_inherits WHERE c.relispartition AND inhrelid = c.oid LIMIT 1) AS "partitionOf",
       pg_get_expr(c.relpartbound, c.oid) AS bound, (SELECT count(*)::int FROM pg_partition_ancestors(c.oid)) AS depth
  FROM down JOIN pg_class c ON c.oid = down.oid AND c.relkind IN ('r', 'p') JOIN pg_namespace n ON n.oid = c.relnamespace
 ORDER BY depth, c.oid`;
}

const ofExtension = (of: string): string =>
  `EXISTS (SELECT FROM pg_depend e WHERE e.classid = ${of}.refclassid AND e.objid = ${of}.refobjid AND e.deptype = 'e')`;

function columnsQuery(these: string): string {
  return `SELECT a.attrelid AS "table", a.attname AS name, a.atttypid AS type, format_type(a.atttypid, a.atttypmod) AS "typeText",
       a.attnotnull AS "notNull", a.attidentity AS identity, a.attgenerated AS generated, pg_get_expr(d.adbin, d.adrelid) AS expression,
       EXISTS (SELECT FROM pg_depend u WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid AND u.refclassid = 'pg_proc'::regclass AND NOT ${ofExtension('u')}) AS "callsOwn",
       CASE WHEN c.oid IS NOT NULL THEN quote_ident(n.nspname) || '.' || quote_ident(c.collname) END AS collation,
       coalesce(c.collprovider = 'c' AND c.collname NOT IN ('C', 'POSIX'), false) AS "localCollation"
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_collation c ON c.oid = a.attcollation AND a.attcollation <> t.typcollation LEFT JOIN pg_namespace n ON n.oid = c.collnamespace
 WHERE a.attrelid = ANY ${these} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum`;
}

/** Those that own a type of a column, and those that own what indexes, defaults, partition keys and constraints are made with. */
function extensionsQuery(these: string, types: string): string {
  return `SELECT n.nspname AS schema, x.extname AS name FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace
 WHERE x.extname <> 'plpgsql' AND x.oid IN (
  SELECT e.refobjid FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = ANY ${types} AND e.deptype = 'e'
  UNION
  SELECT e.refobjid FROM pg_depend u JOIN pg_depend e ON e.classid = u.refclassid AND e.objid = u.refobjid AND e.deptype = 'e'
   WHERE (u.classid = 'pg_class'::regclass AND (u.objid = ANY ${these} OR u.objid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY ${these})))
      OR (u.classid = 'pg_attrdef'::regclass AND u.objid IN (SELECT oid FROM pg_attrdef WHERE adrelid = ANY ${these}))
      OR (u.classid = 'pg_constraint'::regclass AND u.objid IN (SELECT oid FROM pg_constraint WHERE conrelid = ANY ${these} OR contypid = ANY ${types})))
 ORDER BY x.oid`;
}

/** Those that somebody made. Their columns' names differ from version to version, so they are read by name. */
function collationsQuery(these: string, types: string): string {
  return `SELECT n.nspname AS schema, c.collname AS name, c.collprovider AS provider,
       coalesce(j ->> 'colllocale', j ->> 'colliculocale', c.collcollate) AS collate, c.collctype AS ctype, c.collisdeterministic AS deterministic
  FROM pg_collation c CROSS JOIN LATERAL to_jsonb(c) j JOIN pg_namespace n ON n.oid = c.collnamespace
 WHERE n.nspname <> 'pg_catalog' AND (c.oid IN (SELECT attcollation FROM pg_attribute WHERE attrelid = ANY ${these})
    OR c.oid IN (SELECT typcollation FROM pg_type WHERE oid = ANY ${types}))
 ORDER BY c.oid`;
}

function sequencesQuery(these: string): string {
  return `SELECT DISTINCT n.nspname AS schema, c.relname AS name, format_type(s.seqtypid, NULL) AS type
  FROM pg_attrdef d JOIN pg_depend u ON u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid AND u.refclassid = 'pg_class'::regclass
  JOIN pg_class c ON c.oid = u.refobjid AND c.relkind = 'S' JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
 WHERE d.adrelid = ANY ${these} ORDER BY 1, 2`;
}

/** What a partition has from the table above comes with it. */
function checksQuery(these: string, types: string): string {
  return `SELECT k.conrelid AS "table", k.contypid AS domain, k.conname AS name, pg_get_constraintdef(k.oid) AS definition
  FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid
 WHERE k.contype = 'c' AND (k.contypid = ANY ${types} OR (k.conrelid = ANY ${these} AND NOT (c.relispartition AND k.coninhcount > 0))) ORDER BY k.oid`;
}

function indexesQuery(these: string): string {
  return `SELECT i.indrelid AS "table", c.relname AS name, pg_get_indexdef(c.oid) AS definition, pg_get_constraintdef(k.oid) AS "constraint",
       i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AS referable, i.indisexclusion AND NOT i.indisunique AS exclusion
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
  LEFT JOIN pg_constraint k ON k.conindid = c.oid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
 WHERE i.indrelid = ANY ${these} AND i.indisvalid AND i.indisready AND i.indislive ORDER BY c.oid`;
}

/** Copies on partitions follow their root. */
function keysQuery(these: string): string {
  return `SELECT k.conrelid AS "table", k.conname AS name, pg_get_constraintdef(k.oid) AS definition, obj_description(k.oid, 'pg_constraint') AS comment
  FROM pg_constraint k WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = ANY ${these} AND k.confrelid = ANY ${these} ORDER BY k.oid`;
}
