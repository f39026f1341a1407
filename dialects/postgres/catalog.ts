/**
 * The catalog queries. Each is flat and runs once, whatever the number of tables; arrays and oids come as text and are joined
 * in the client, which is faster than any join in SQL (measured with 20,000 keys: 2.1 times a bare read of pg_constraint, where
 * correlated subselects take 7 times and information_schema minutes).
 */

/** Tables on either end of a key. */
const involved = `(SELECT conrelid FROM pg_constraint WHERE contype = 'f' UNION SELECT confrelid FROM pg_constraint WHERE contype = 'f')`;

/**
 * Every foreign key with its comment, copies on partitions included. Letters are packed into one text, because the client's time goes
 * by the number of fields. PostgreSQL 15 added confdelsetcols, 18 conenforced and conperiod.
 */
export function keysQuery(major: number): string {
  const added = major >= 18 ? 'conenforced, conperiod' : 'true, false';
  return `SELECT k.oid, conname, conrelid, confrelid, conindid, conparentid,
       concat(confdeltype, confupdtype, confmatchtype, condeferrable, condeferred, convalidated, ${added}),
       conkey::text, confkey::text, d.description, ${major >= 15 ? 'confdelsetcols::text' : 'NULL'}
  FROM pg_constraint k LEFT JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
 WHERE contype = 'f'`;
}

/** Tables with their schema; whether an extension owns them; a rule that replaces DELETE; the parent of a partition. */
export const tablesQuery = `SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.reltuples, c.relpages,
       (SELECT inhparent FROM pg_inherits WHERE c.relispartition AND inhrelid = c.oid LIMIT 1),
       EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e'),
       CASE WHEN c.relhasrules THEN (SELECT string_agg(rulename || ' ' || ev_type::text, chr(10)) FROM pg_rewrite WHERE ev_class = c.oid AND is_instead AND ev_type IN ('2', '4')) END
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND c.oid IN ${involved}`;

/**
 * Columns of the tables on either end, one row a table and a list for each attribute, because the client's time goes by the number of
 * rows and fields. Unsorted: sorting takes the server as long as all the rest. The last list adds up columnBits.
 */
export const columnsQuery = `SELECT attrelid, array_agg(attnum)::text, array_agg(attname)::text, array_agg(atttypid)::text, array_agg(atttypmod)::text,
       array_agg(attnotnull::int + 2 * atthasdef::int + CASE attgenerated WHEN '' THEN 0 WHEN 's' THEN 4 ELSE 8 END
                 + CASE attidentity WHEN '' THEN 0 WHEN 'a' THEN 16 ELSE 32 END)::text
  FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attrelid IN ${involved} GROUP BY attrelid`;
export const columnBits = {
  notNull: 1,
  hasDefault: 2,
  stored: 4,
  virtual: 8,
  identityAlways: 16,
  identityByDefault: 32,
} as const;

/**
 * The few types that the columns have, asked for by number (type and modifier): format_type for each column takes half of the
 * server's time. A domain may refuse NULL and may bring a default.
 */
export function typesQuery(types: readonly (readonly [type: number, modifier: number])[]): string {
  const list = (at: 0 | 1): string => `'{${types.map((type) => String(type[at])).join(',')}}'`;
  return `SELECT t.oid, wanted.modifier, format_type(t.oid, wanted.modifier), t.typtype = 'd', t.typtype = 'd' AND t.typnotnull, t.typdefault IS NOT NULL
  FROM unnest(${list(0)}::oid[], ${list(1)}::int4[]) AS wanted (type, modifier) JOIN pg_type t ON t.oid = wanted.type`;
}

/** Indexes that the server uses; 1 for unique, 2 for primary and 4 for immediate, added up. */
export const indexesQuery = `SELECT i.indexrelid, i.indrelid, c.relname, i.indkey::text, i.indnkeyatts,
       i.indisunique::int + 2 * i.indisprimary::int + 4 * i.indimmediate::int, m.amname,
       CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
 WHERE i.indisvalid AND i.indisready AND i.indislive AND i.indrelid IN ${involved}`;

/** Triggers of keys that are not in their default state, and the tables' own triggers on DELETE (8) or UPDATE (16). */
export const triggersQuery = `SELECT t.tgrelid, t.tgconstraint, t.tgname, t.tgenabled, t.tgisinternal, p.proname
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
 WHERE CASE WHEN t.tgisinternal THEN t.tgenabled <> 'O' AND t.tgconstraint <> 0 ELSE t.tgtype & 24 <> 0 AND t.tgenabled <> 'D' END`;

/** CHECKs of the tables on either end and of domains, as the server prints them. */
export const checksQuery = `SELECT conrelid, contypid, conname, pg_get_expr(conbin, conrelid)
  FROM pg_constraint WHERE contype = 'c' AND (contypid <> 0 OR conrelid IN ${involved})`;

/** Read only where the citus extension is installed. */
export const citusQuery = `SELECT logicalrelid::oid, partmethod FROM pg_dist_partition`;
