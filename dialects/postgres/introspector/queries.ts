/**
 * The catalog queries, each with the type of its rows. Each runs once, whatever the number of tables, and its rows are joined by oid in the
 * client, which is faster than any join in SQL (measured with 20,000 keys: correlated subselects take 7 times a bare read of
 * pg_constraint, information_schema minutes). Keys are read first; the other queries get the oids of the tables at their ends.
 * The driver parses int2[] and text[] but not name[].
 */

/** A foreign key. `copyOf` is the key of the partitioned table that this one is a copy of, 0 for none. */
export interface KeyRow {
  readonly oid: number;
  readonly name: string;
  readonly child: number;
  readonly parent: number;
  readonly index: number;
  readonly copyOf: number;
  /** Attribute numbers. */
  readonly columns: readonly number[];
  readonly parentColumns: readonly number[];
  readonly onDeleteColumns: readonly number[] | null;
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly match: string;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  readonly validated: boolean;
  readonly enforced: boolean;
  readonly period: boolean;
  readonly comment: string | null;
}

/** Every foreign key, copies on partitions included. PostgreSQL 15 added confdelsetcols, 18 conenforced and conperiod. */
export const keysQuery = (major: number): string =>
  `SELECT k.oid, conname AS name, conrelid AS child, confrelid AS parent, conindid AS index, conparentid AS "copyOf",
       conkey AS columns, confkey AS "parentColumns", ${major >= 15 ? 'confdelsetcols' : 'NULL::int2[]'} AS "onDeleteColumns",
       confdeltype AS "onDelete", confupdtype AS "onUpdate", confmatchtype AS match,
       condeferrable AS deferrable, condeferred AS deferred, convalidated AS validated,
       ${major >= 18 ? 'conenforced' : 'true'} AS enforced, ${major >= 18 ? 'conperiod' : 'false'} AS period, d.description AS comment
  FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
 WHERE contype = 'f'`;

export interface TableRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly partitioned: boolean;
  readonly unlogged: boolean;
  readonly tuples: number;
  readonly pages: number;
  readonly ofExtension: boolean;
  /** The oid of the partitioned table that it is a partition of. */
  readonly partitionOf: number | null;
}

export const tablesQuery = (oids: readonly number[]): string =>
  `SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind = 'p' AS partitioned, c.relpersistence = 'u' AS unlogged,
       c.reltuples AS tuples, c.relpages AS pages,
       c.oid IN (SELECT objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND classid = 'pg_class'::regclass AND deptype = 'e') AS "ofExtension",
       CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid LIMIT 1) END AS "partitionOf"
  FROM ${ends(oids)} JOIN pg_class c ON c.oid = ends.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

/** A domain may refuse NULL and may bring a default. */
export interface ColumnRow {
  readonly table: number;
  readonly number: number;
  readonly name: string;
  readonly type: string;
  /** The type's oid where the type is a domain. */
  readonly domain: number | null;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly generated: string;
  readonly identity: string;
}

export const columnsQuery = (oids: readonly number[]): string =>
  `SELECT attrelid AS "table", attnum AS number, attname AS name, format_type(atttypid, atttypmod) AS type,
       CASE WHEN typtype = 'd' THEN t.oid END AS domain, attnotnull OR typtype = 'd' AND typnotnull AS "notNull",
       atthasdef OR typdefault IS NOT NULL AS "hasDefault", attgenerated AS generated, attidentity AS identity
  FROM ${ends(oids)} JOIN pg_attribute ON attrelid = ends.oid JOIN pg_type t ON t.oid = atttypid
 WHERE attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum`;

export interface IndexRow {
  readonly oid: number;
  readonly table: number;
  readonly name: string;
  readonly method: string;
  readonly unique: boolean;
  readonly primary: boolean;
  /** False for a deferrable constraint. */
  readonly immediate: boolean;
  /** Attribute numbers with blanks between, 0 for an expression; columns behind INCLUDE come after the key columns. */
  readonly columns: string;
  readonly keyColumns: number;
  readonly predicate: string | null;
}

/** Indexes that the server uses. */
export const indexesQuery = (oids: readonly number[]): string =>
  `SELECT i.indexrelid AS oid, i.indrelid AS "table", c.relname AS name, amname AS method, i.indisunique AS unique, i.indisprimary AS primary,
       i.indimmediate AS immediate, i.indkey::text AS columns, i.indnkeyatts AS "keyColumns",
       CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END AS predicate
  FROM ${ends(oids)} JOIN pg_index i ON i.indrelid = ends.oid JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
 WHERE i.indisvalid AND i.indisready AND i.indislive`;

export interface TriggerRow {
  readonly table: number;
  /** The foreign key that an internal trigger enforces. */
  readonly key: number;
  readonly name: string;
  readonly enabled: string;
  readonly internal: boolean;
  readonly function: string;
}

/** Internal triggers of keys that are not in their default state, and the tables' own triggers on DELETE (8) or UPDATE (16). */
export const triggersQuery = `SELECT tgrelid AS "table", tgconstraint AS key, tgname AS name, tgenabled AS enabled, tgisinternal AS internal, proname AS function
  FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid
 WHERE CASE WHEN tgisinternal THEN tgconstraint <> 0 AND tgenabled <> 'O' ELSE tgtype & 24 <> 0 AND tgenabled <> 'D' END`;

/** A CHECK of a table or of a domain: the oid of the other one is 0. */
export interface CheckRow {
  readonly table: number;
  readonly domain: number;
  readonly expression: string;
}

/** Only of the tables at the ends of keys: to print the CHECKs of others, the server might have to wait for their locks. */
export const checksQuery = (oids: readonly number[]): string =>
  `SELECT conrelid AS "table", contypid AS domain, pg_get_expr(conbin, conrelid) AS expression
  FROM pg_constraint WHERE contype = 'c' AND (contypid <> 0 OR conrelid IN (SELECT oid FROM ${ends(oids)}))`;

export interface RuleRow {
  readonly table: number;
  readonly name: string;
  readonly event: 'DELETE' | 'UPDATE';
}

/** Rules that replace DELETE or UPDATE. */
export const rulesQuery = `SELECT ev_class AS "table", rulename AS name, CASE ev_type WHEN '4' THEN 'DELETE' ELSE 'UPDATE' END AS event
  FROM pg_rewrite WHERE is_instead AND ev_type IN ('2', '4')`;

export interface CitusRow {
  readonly table: number;
  readonly method: string;
}

/** Only where the citus extension is installed; without it, no row. */
export const citusQuery = (installed: boolean): string =>
  installed
    ? `SELECT logicalrelid::oid AS "table", partmethod AS method FROM pg_dist_partition`
    : `SELECT 0::oid AS "table", '' AS method WHERE false`;

/** Tables by their oids, as a table `ends`. */
function ends(oids: readonly number[]): string {
  return `unnest('{${oids.join(',')}}'::oid[]) AS ends (oid)`;
}
