/** The types that columns have, with whatever these are made of: one query, joined here. */
import type { ReadRows } from '../connection/connect.ts';
import { listOf } from '../introspector/array-text.ts';

export interface ColumnType {
  readonly oid: string;
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
  readonly base: { readonly oid: string; readonly modifier: number; readonly text: string };
  readonly notNull: boolean;
  readonly typeDefault: string | null;
  /** The collation, quoted, where it is not the base type's own. */
  readonly collation: string | null;
  /** Of an array. */
  readonly element: string;
  /** Of a range. */
  readonly subtype: string | null;
  readonly subtypeText: string;
  /** Of a multirange, since PostgreSQL 14. */
  readonly range: string | null;
  /** Of a range: the multirange made with it, schema and name. */
  readonly multirange: readonly string[];
  /** Of an enum, in order. */
  readonly labels: readonly string[];
  /** Of a composite type. */
  readonly attributes: readonly {
    readonly name: string;
    readonly oid: string;
    readonly modifier: number;
    readonly text: string;
  }[];
}

/** Everything of which these types are made, themselves included; in the order of their oids. */
export async function readTypes(
  read: ReadRows,
  oids: readonly string[],
  major: number,
): Promise<ReadonlyMap<string, ColumnType>> {
  const [rows] = await read(typesQuery(oids, major));
  return new Map(rows.map((row) => [row[0] ?? '', typeOf(row)]));
}

/** A type and whatever has to be there before it, first things first. */
export function inOrder(types: ReadonlyMap<string, ColumnType>): readonly ColumnType[] {
  const ordered = new Set<ColumnType>();
  const begun = new Set<string>();
  const visit = (oid: string | null): void => {
    const type = types.get(oid ?? '');
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
function typesQuery(oids: readonly string[], major: number): string {
  const multiranges = major >= 14;
  const attributes = (what: string): string =>
    `ARRAY(SELECT ${what} FROM pg_attribute a WHERE a.attrelid = t.typrelid AND t.typtype = 'c' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)::text`;
  return `WITH RECURSIVE used (oid) AS (
  SELECT unnest('{${oids.join(',')}}'::oid[])
  UNION
  SELECT part.oid FROM used JOIN pg_type t ON t.oid = used.oid CROSS JOIN LATERAL (
    SELECT t.typbasetype AS oid UNION ALL SELECT t.typelem
    UNION ALL SELECT a.atttypid FROM pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL SELECT rngsubtype FROM pg_range WHERE rngtypid = t.oid
    ${multiranges ? 'UNION ALL SELECT rngtypid FROM pg_range WHERE rngmultitypid = t.oid' : ''}
  ) part WHERE part.oid <> 0)
SELECT t.oid, n.nspname, t.typname, t.typtype, t.typcategory, format_type(t.oid, NULL),
       (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
         WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass),
       t.typbasetype, t.typtypmod, format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault IS NOT NULL AND t.typtype = 'd', pg_get_expr(t.typdefaultbin, 0),
       (SELECT quote_ident(cn.nspname) || '.' || quote_ident(c.collname) FROM pg_collation c JOIN pg_namespace cn ON cn.oid = c.collnamespace
         WHERE c.oid = t.typcollation AND t.typtype = 'd' AND t.typcollation <> (SELECT typcollation FROM pg_type b WHERE b.oid = t.typbasetype)),
       t.typelem, r.rngsubtype, format_type(r.rngsubtype, NULL), ${multiranges ? `m.rngtypid, (SELECT ARRAY[mn.nspname, mt.typname]::text FROM pg_type mt JOIN pg_namespace mn ON mn.oid = mt.typnamespace WHERE mt.oid = r.rngmultitypid)` : 'NULL, NULL'},
       ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)::text,
       ${attributes('a.attname')}, ${attributes('a.atttypid')}, ${attributes('a.atttypmod')}, ${attributes('format_type(a.atttypid, a.atttypmod)')}
  FROM (SELECT DISTINCT oid FROM used) u JOIN pg_type t ON t.oid = u.oid JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_range r ON r.rngtypid = t.oid ${multiranges ? 'LEFT JOIN pg_range m ON m.rngmultitypid = t.oid' : ''}
 ORDER BY t.oid`;
}

function typeOf(row: readonly (string | null)[]): ColumnType {
  const text = (at: number): string => row[at] ?? '';
  const [names, types, modifiers, texts] = [20, 21, 22, 23].map((at) => listOf(row[at]));
  return {
    oid: text(0),
    schema: text(1),
    name: text(2),
    kind: text(3),
    category: text(4),
    text: text(5),
    extension: row[6] ?? null,
    base: { oid: text(7), modifier: Number(row[8]), text: text(9) },
    notNull: row[10] === 't',
    typeDefault: row[11] === 't' ? (row[12] ?? null) : null,
    collation: row[13] ?? null,
    element: text(14),
    subtype: row[15] ?? null,
    subtypeText: text(16),
    range: row[17] ?? null,
    multirange: listOf(row[18]),
    labels: listOf(row[19]),
    attributes: (names ?? []).map((name, at) => ({
      name,
      oid: types?.[at] ?? '',
      modifier: Number(modifiers?.[at]),
      text: texts?.[at] ?? '',
    })),
  };
}
