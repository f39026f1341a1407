/**
 * The catalog queries. Each runs once, whatever the number of tables; rows are joined in the client by oid, which is faster than any
 * join in SQL (measured with 20,000 keys: correlated subselects take 7 times a bare read of pg_constraint, information_schema minutes).
 *
 * The client's time goes by the number of fields, so what is no name and no expression is packed into one text with spaces between.
 * Keys are read first; the other queries get the oids of the tables on either end, because finding them again takes the server as long
 * as the rest of a query.
 */

/** Tables by their oids, as a table `ends`. */
function tablesWith(oids: readonly number[]): string {
  return `unnest('{${oids.join(',')}}'::oid[]) AS ends (oid)`;
}

/**
 * Every foreign key with its comment, copies on partitions included. PostgreSQL 15 added confdelsetcols, 18 conenforced and conperiod.
 */
export function keysQuery(major: number): string {
  const added = major >= 18 ? 'conenforced, conperiod' : 'true, false';
  const set = major >= 15 ? 'confdelsetcols' : 'NULL';
  return `SELECT concat_ws(' ', k.oid, conrelid, confrelid, conindid, conparentid,
         concat(confdeltype, confupdtype, confmatchtype, condeferrable, condeferred, convalidated, ${added}), conkey, confkey, ${set}),
       conname, d.description
  FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
 WHERE contype = 'f'`;
}

/**
 * Tables with their schema; whether an extension owns them; the parent of a partition, 0 for none; a rule that replaces DELETE or UPDATE.
 */
export function tablesQuery(oids: readonly number[]): string {
  return `SELECT concat_ws(' ', c.oid, c.relkind, c.relpersistence, c.reltuples, c.relpages,
         c.oid IN (SELECT objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND classid = 'pg_class'::regclass AND deptype = 'e'),
         coalesce((SELECT inhparent FROM pg_inherits WHERE c.relispartition AND inhrelid = c.oid LIMIT 1), 0)),
       n.nspname, c.relname,
       CASE WHEN c.relhasrules THEN (SELECT string_agg(rulename || ' ' || ev_type::text, chr(10)) FROM pg_rewrite WHERE ev_class = c.oid AND is_instead AND ev_type IN ('2', '4')) END
  FROM ${tablesWith(oids)} JOIN pg_class c ON c.oid = ends.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
}

/**
 * Columns, one row a table: a list of names, and as long a list of type, modifier and a number for each. The number adds up columnBits,
 * and above them, times columnNumber, the attribute's own number. In no order that could be relied on.
 */
export function columnsQuery(oids: readonly number[]): string {
  return `SELECT ends.oid, a.names, a.others FROM ${tablesWith(oids)}, LATERAL (
       SELECT array_agg(attname)::text AS names, string_agg(concat_ws(' ', atttypid, atttypmod, attnum * ${columnNumber} + attnotnull::int + 2 * atthasdef::int
                + CASE attgenerated WHEN '' THEN 0 WHEN 's' THEN 4 ELSE 8 END + CASE attidentity WHEN '' THEN 0 WHEN 'a' THEN 16 ELSE 32 END), ',') AS others
         FROM pg_attribute WHERE attrelid = ends.oid AND attnum > 0 AND NOT attisdropped) AS a`;
}
export const columnNumber = 64;
export const columnBits = {
  notNull: 1,
  hasDefault: 2,
  stored: 4,
  virtual: 8,
  identityAlways: 16,
  identityByDefault: 32,
} as const;

/**
 * The few types that the columns have, asked for as `type modifier`: format_type for each column takes half of the server's time. A
 * domain may refuse NULL and may bring a default.
 */
export function typesQuery(types: readonly string[]): string {
  const list = (at: 0 | 1): string => `'{${types.map((type) => Number(type.split(' ')[at])).join(',')}}'`;
  return `SELECT t.oid, wanted.modifier, format_type(t.oid, wanted.modifier), t.typtype = 'd', t.typtype = 'd' AND t.typnotnull, t.typdefault IS NOT NULL
  FROM unnest(${list(0)}::oid[], ${list(1)}::int4[]) AS wanted (type, modifier) JOIN pg_type t ON t.oid = wanted.type`;
}

/**
 * Indexes that the server uses: oid and table; name; access method, number of key columns, 1 for unique, 2 for primary and 4 for
 * immediate added up, columns; the WHERE of a partial one.
 */
export function indexesQuery(oids: readonly number[]): string {
  return `SELECT concat_ws(' ', i.indexrelid, i.indrelid), c.relname,
       concat_ws(' ', m.amname, i.indnkeyatts, i.indisunique::int + 2 * i.indisprimary::int + 4 * i.indimmediate::int, i.indkey),
       CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END
  FROM ${tablesWith(oids)} JOIN pg_index i ON i.indrelid = ends.oid JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
 WHERE i.indisvalid AND i.indisready AND i.indislive`;
}

/** Triggers of keys that are not in their default state, and the tables' own triggers on DELETE (8) or UPDATE (16). */
export const triggersQuery = `SELECT t.tgrelid, t.tgconstraint, t.tgname, t.tgenabled, t.tgisinternal, p.proname
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE CASE WHEN t.tgisinternal THEN t.tgenabled <> 'O' AND t.tgconstraint <> 0 ELSE t.tgtype & 24 <> 0 AND t.tgenabled <> 'D' END`;

/** CHECKs of the tables on either end and of domains, as the server prints them. */
export function checksQuery(oids: readonly number[]): string {
  return `SELECT conrelid, contypid, conname, pg_get_expr(conbin, conrelid)
  FROM pg_constraint WHERE contype = 'c' AND (contypid <> 0 OR conrelid IN (SELECT oid FROM ${tablesWith(oids)}))`;
}

/** Read only where the citus extension is installed. */
export const citusQuery = `SELECT logicalrelid::oid, partmethod FROM pg_dist_partition`;
