/**
 * The catalog queries. Each runs once, whatever the number of tables; rows are joined in the client by oid, which is faster than any
 * join in SQL (measured with 20,000 keys: correlated subselects take 7 times a bare read of pg_constraint, information_schema minutes).
 * Each calls its first field by its own name, so that the client knows whose row it sees.
 *
 * The server takes longer than the client, so nothing is put into words there that the client can: concat_ws over the fields of an index
 * took it half as long again as the query without (10,000 tables, 18.4). Keys are read first; the other queries get the oids of the tables
 * on either end, because finding them again takes the server as long as the rest of a query.
 */

/** Tables by their oids, as a table `ends`. */
function tablesWith(oids: readonly number[]): string {
  return `unnest('{${oids.join(',')}}'::oid[]) AS ends (oid)`;
}

/**
 * Every foreign key with its comment, copies on partitions included. PostgreSQL 15 added confdelsetcols, 18 conenforced and conperiod.
 * What can be true or false is added up as keyBits.
 */
export function keysQuery(major: number): string {
  const added = major >= 18 ? '8 * conenforced::int + 16 * conperiod::int' : '8';
  const set = major >= 15 ? 'confdelsetcols' : 'NULL';
  return `SELECT k.oid AS keys, conrelid, confrelid, conindid, conparentid, conname, d.description, concat(confdeltype, confupdtype, confmatchtype),
       condeferrable::int + 2 * condeferred::int + 4 * convalidated::int + ${added}, conkey, confkey, ${set}
  FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
 WHERE contype = 'f'`;
}
export const keyBits = { deferrable: 1, deferred: 2, validated: 4, enforced: 8, period: 16 } as const;

/**
 * Tables with their schema; whether an extension owns them; the parent of a partition; rules that replace DELETE or UPDATE.
 */
export function tablesQuery(oids: readonly number[]): string {
  return `SELECT c.oid AS tables, n.nspname, c.relname, c.relkind, c.relpersistence, c.reltuples, c.relpages,
       c.oid IN (SELECT objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND classid = 'pg_class'::regclass AND deptype = 'e'),
       CASE WHEN c.relispartition THEN (SELECT inhparent FROM pg_inherits WHERE inhrelid = c.oid LIMIT 1) END,
       CASE WHEN c.relhasrules THEN (SELECT string_agg(rulename || ' ' || ev_type::text, chr(10)) FROM pg_rewrite WHERE ev_class = c.oid AND is_instead AND ev_type IN ('2', '4')) END
  FROM ${tablesWith(oids)} JOIN pg_class c ON c.oid = ends.oid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;
}

/**
 * Columns, one row a table: their names, parted by line feeds, with a backslash before each line feed and backslash of a name (the text of an
 * array took the server four times as long as joining them); and as long a list of type, modifier and a number for each. The number adds up
 * columnBits, and above them, times columnNumber, the attribute's own number. In no order that could be relied on.
 */
export function columnsQuery(oids: readonly number[]): string {
  const name = `replace(replace(attname, chr(92), chr(92) || chr(92)), chr(10), chr(92) || chr(10))`;
  return `SELECT ends.oid AS columns, a.names, a.others FROM ${tablesWith(oids)}, LATERAL (
       SELECT string_agg(${name}, chr(10)) AS names, string_agg(concat_ws(' ', atttypid, atttypmod, attnum * ${columnNumber} + attnotnull::int + 2 * atthasdef::int
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
  return `SELECT t.oid AS types, wanted.modifier, format_type(t.oid, wanted.modifier), t.typtype = 'd', t.typtype = 'd' AND t.typnotnull, t.typdefault IS NOT NULL
  FROM unnest(${list(0)}::oid[], ${list(1)}::int4[]) AS wanted (type, modifier) JOIN pg_type t ON t.oid = wanted.type`;
}

/** The names of access methods, which indexesQuery gives as oids. */
export const methodsQuery = `SELECT oid AS methods, amname FROM pg_am`;

/**
 * Indexes that the server uses: oid, table, name, a number, columns, the WHERE of a partial one. The number adds up indexBits, the number of key
 * columns times indexColumns, and the access method's oid times indexMethod; an index has 32 columns at most.
 */
export function indexesQuery(oids: readonly number[]): string {
  return `SELECT i.indexrelid AS indexes, i.indrelid, c.relname,
       c.relam::int8 * ${indexMethod} + i.indisunique::int + 2 * i.indisprimary::int + 4 * i.indimmediate::int + ${indexColumns} * i.indnkeyatts, i.indkey,
       CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END
  FROM ${tablesWith(oids)} JOIN pg_index i ON i.indrelid = ends.oid JOIN pg_class c ON c.oid = i.indexrelid
 WHERE i.indisvalid AND i.indisready AND i.indislive`;
}
export const indexColumns = 8;
export const indexMethod = 1024;
export const indexBits = { unique: 1, primary: 2, immediate: 4 } as const;

/**
 * Triggers of keys that are not in their default state, and the tables' own triggers on DELETE (8) or UPDATE (16). Each key has four of its own,
 * so those in their default state are told apart first.
 */
export const triggersQuery = `SELECT t.tgrelid AS triggers, t.tgconstraint, t.tgname, t.tgenabled, t.tgisinternal,
       (SELECT p.proname FROM pg_proc p WHERE p.oid = t.tgfoid)
  FROM pg_trigger t WHERE NOT (t.tgisinternal AND t.tgenabled = 'O')
   AND CASE WHEN t.tgisinternal THEN t.tgconstraint <> 0 ELSE t.tgtype & 24 <> 0 AND t.tgenabled <> 'D' END`;

/** CHECKs of the tables on either end and of domains, as the server prints them; to print those of others it might have to wait for their locks. */
export function checksQuery(oids: readonly number[]): string {
  return `SELECT conrelid AS checks, contypid, conname, pg_get_expr(conbin, conrelid)
  FROM pg_constraint WHERE contype = 'c' AND (contypid <> 0 OR conrelid IN (SELECT oid FROM ${tablesWith(oids)}))`;
}

/** Read only where the citus extension is installed. */
export const citusQuery = `SELECT logicalrelid::oid AS citus, partmethod FROM pg_dist_partition`;
