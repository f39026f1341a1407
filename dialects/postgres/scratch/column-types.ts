/** The types that columns have, with whatever these are made of: one query, joined here. */
import type { ReadRows } from '../connection/connect.ts';

export interface ColumnType {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  /** As pg_type has it: b base, c composite, d domain, e enum, r range, m multirange. */
  readonly kind: string;
  /** As pg_type has it: N numeric, S string, A array … */
  readonly category: string;
  /** With its schema, unless that is pg_catalog. */
  readonly text: string;
  /** The extension that owns the type. */
  readonly extension: string | null;
  /** Of a domain: what it is made of, with modifier. */
  readonly base: { readonly oid: number; readonly modifier: number; readonly text: string };
  readonly notNull: boolean;
  readonly typeDefault: string | null;
  /** The collation, quoted, where it is not the base type's own. */
  readonly collation: string | null;
  /** Of an array; else 0. */
  readonly element: number;
  /** Of a range. */
  readonly subtype: number | null;
  readonly subtypeText: string;
  /** Of a multirange, since PostgreSQL 14. */
  readonly range: number | null;
  /** Of a range: the multirange made with it, schema and name. */
  readonly multirange: readonly string[] | null;
  /** Of an enum, in order. */
  readonly labels: readonly string[];
  /** Of a composite type. */
  readonly attributes: readonly {
    readonly name: string;
    readonly oid: number;
    readonly modifier: number;
    readonly text: string;
  }[];
}

/** Everything of which these types are made, themselves included; in the order of their oids. */
export async function readTypes(
  read: ReadRows,
  oids: readonly number[],
  major: number,
): Promise<ReadonlyMap<number, ColumnType>> {
  const { types } = await read<{ types: readonly ColumnType[] }>({ types: typesQuery(oids, major) });
  return new Map(types.map((type) => [type.oid, type]));
}

/** A type and whatever has to be there before it, first things first. */
export function inOrder(types: ReadonlyMap<number, ColumnType>): readonly ColumnType[] {
  const ordered = new Set<ColumnType>();
  const begun = new Set<number>();
  const visit = (oid: number | null): void => {
    const type = types.get(oid ?? 0);
    if (type === undefined || begun.has(type.oid)) return;
    begun.add(type.oid);
    for (const part of [type.base.oid, type.element, type.subtype, type.range]) visit(part);
    for (const attribute of type.attributes) visit(attribute.oid);
    ordered.add(type);
  };
  for (const oid of types.keys()) visit(oid);
  return [...ordered];
}

/** PostgreSQL 14 added multiranges. */
function typesQuery(oids: readonly number[], major: number): string {
  const multiranges = major >= 14;
  return `WITH RECURSIVE used (oid) AS (
  SELECT unnest('{${oids.join(',')}}'::oid[])
  UNION
  SELECT part.oid FROM used JOIN pg_type t ON t.oid = used.oid CROSS JOIN LATERAL (
    SELECT t.typbasetype AS oid UNION ALL SELECT t.typelem
    UNION ALL SELECT a.atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT rngsubtype FROM pg_range WHERE rngtypid = t.oid
    ${multiranges ? 'UNION ALL SELECT rngtypid FROM pg_range WHERE rngmultitypid = t.oid' : ''}
  ) part WHERE part.oid <> 0)
SELECT t.oid, n.nspname AS schema, t.typname AS name, t.typtype AS kind, t.typcategory AS category, format_type(t.oid, NULL) AS text,
       (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass) AS extension,
       json_build_object('oid', t.typbasetype::int8, 'modifier', t.typtypmod, 'text', format_type(t.typbasetype, t.typtypmod)) AS base,
       t.typnotnull AS "notNull", CASE t.typtype WHEN 'd' THEN pg_get_expr(t.typdefaultbin, 0) END AS "typeDefault",
       (SELECT quote_ident(cn.nspname) || '.' || quote_ident(c.collname) FROM pg_collation c JOIN pg_namespace cn ON cn.oid = c.collnamespace
         WHERE c.oid = t.typcollation AND t.typtype = 'd' AND t.typcollation <> (SELECT typcollation FROM pg_type b WHERE b.oid = t.typbasetype)) AS collation,
       t.typelem AS element, r.rngsubtype AS subtype, format_type(r.rngsubtype, NULL) AS "subtypeText",
       ${multiranges ? 'm.rngtypid' : 'NULL::oid'} AS range,
       ${multiranges ? '(SELECT ARRAY[mn.nspname, mt.typname]::text[] FROM pg_type mt JOIN pg_namespace mn ON mn.oid = mt.typnamespace WHERE mt.oid = r.rngmultitypid)' : 'NULL::text[]'} AS multirange,
       ARRAY(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) AS labels,
       (SELECT coalesce(json_agg(json_build_object('name', a.attname, 'oid', a.atttypid::int8, 'modifier', a.atttypmod, 'text', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
          FROM pg_attribute a WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped) AS attributes
  FROM (SELECT DISTINCT oid FROM used) u JOIN pg_type t ON t.oid = u.oid JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_range r ON r.rngtypid = t.oid ${multiranges ? 'LEFT JOIN pg_range m ON m.rngmultitypid = t.oid' : ''}
 ORDER BY t.oid`;
}
