/** Made-up values: the n-th one of a type, as an expression. Equal numbers are equal values, over types that compare with each other as well. */
import { ddl } from '../key-sql.ts';
import type { ColumnType } from './column-types.ts';

/** A type as a column has it: with its modifier, and as format_type prints the two. */
export interface TypeUse {
  readonly oid: number;
  readonly modifier: number;
  readonly text: string;
}

/** @returns null for a type of which no value is known */
export function valueOf(use: TypeUse, types: ReadonlyMap<number, ColumnType>, n: number): string | null {
  const inner = innerValue(use, types, n);
  return inner === null ? null : `(${inner})::${use.text}`;
}

function innerValue(use: TypeUse, types: ReadonlyMap<number, ColumnType>, n: number): string | null {
  const type = types.get(use.oid);
  if (type === undefined) return null;
  const bare = (oid: number | null): string | null => {
    const part = types.get(oid ?? 0);
    return part === undefined ? null : valueOf({ oid: part.oid, modifier: -1, text: part.text }, types, n);
  };
  switch (type.kind) {
    case 'e':
      return type.labels.length === 0 ? null : literal(type.labels[n % type.labels.length] ?? '');
    case 'd':
      return valueOf(type.base, types, n);
    case 'c':
      return row(type, types, n);
    case 'r':
      return around(bare(type.subtype), (value) => `${type.text}(${value}, ${value}, '[]')`);
    case 'm':
      return around(bare(type.range), (value) => `${type.text}(${value})`);
    default:
      return type.category === 'A'
        ? around(bare(type.element), (value) => `ARRAY[${value}]`)
        : baseValue(type, use.modifier, n);
  }
}

function around(value: string | null, wrap: (value: string) => string): string | null {
  return value === null ? null : wrap(value);
}

function row(type: ColumnType, types: ReadonlyMap<number, ColumnType>, n: number): string | null {
  const values = type.attributes.map((attribute) => valueOf(attribute, types, n));
  return values.includes(null) ? null : `ROW(${values.join(', ')})`;
}

function baseValue(type: ColumnType, modifier: number, n: number): string | null {
  const known = type.schema === 'pg_catalog' || type.extension !== null ? byName[type.name] : undefined;
  if (known !== undefined) return known(n, modifier);
  if (type.category === 'S') return literal(letters(n));
  if (type.category === 'N') return String(n);
  return null;
}

/** Letters and digits with the lowest first, so that what a short column keeps of them differs; one case, because some types ignore it. */
function letters(n: number): string {
  return Array.from(n.toString(36)).toReversed().join('');
}

function literal(text: string): string {
  return ddl.text(ddl.literal(text));
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0').slice(-digits);
const quoted =
  (make: (n: number) => string) =>
  (n: number): string =>
    literal(make(n));
const address = (n: number): string => `10.${(n >> 16) % 256}.${(n >> 8) % 256}.${n % 256}`;
const bits = (n: number, length: number): string =>
  (n % 2 ** Math.min(length, 30)).toString(2).padStart(length, '0');
const days =
  (start: string) =>
  (n: number): string =>
    `${start} + ${n} * interval '1 day'`;
const seconds =
  (start: string) =>
  (n: number): string =>
    `${start} + ${n} * interval '1 second'`;

/** Types whose values are not merely a number or a text, by name. */
const byName: Readonly<Record<string, (n: number, modifier: number) => string>> = {
  int2: (n) => String(n % 32_768),
  numeric: decimal,
  money: (n) => `${n}::numeric`,
  bool: (n) => String(n % 2 === 1),
  char: (n) => literal(letters(n).slice(0, 1)),
  date: days(`timestamp '2000-01-01'`),
  timestamp: days(`timestamp '2000-01-01'`),
  timestamptz: days(`timestamptz '2000-01-01'`),
  time: seconds(`time '00:00'`),
  timetz: seconds(`timetz '00:00+00'`),
  interval: (n) => `${n} * interval '1 second'`,
  uuid: quoted((n) => `00000000-0000-4000-8000-${hex(n, 12)}`),
  bytea: (n) => `decode(${literal(hex(n, 8))}, 'hex')`,
  json: quoted(String),
  jsonb: quoted(String),
  xml: quoted((n) => `<n>${n}</n>`),
  bit: (n, modifier) => literal(bits(n, modifier < 1 ? 1 : modifier)),
  varbit: (n, modifier) => literal(bits(n, modifier < 1 ? 30 : Math.min(modifier, 30))),
  inet: quoted(address),
  cidr: quoted(address),
  macaddr: quoted((n) => `0200${hex(n, 8)}`),
  macaddr8: quoted((n) => `02000000${hex(n, 8)}`),
  tsvector: quoted((n) => `w${n}`),
  tsquery: quoted((n) => `w${n}`),
  point: quoted((n) => `(${n},${n})`),
  line: quoted((n) => `{1,1,${n}}`),
  lseg: quoted((n) => `[(0,0),(${n},${n})]`),
  box: quoted((n) => `((0,0),(${n},${n}))`),
  path: quoted((n) => `[(0,0),(${n},${n})]`),
  polygon: quoted((n) => `((0,0),(${n},${n}),(0,${n}))`),
  circle: quoted((n) => `<(0,0),${n}>`),
  xid: quoted(String),
  xid8: quoted(String),
  pg_lsn: quoted((n) => `0/${n.toString(16)}`),
  hstore: quoted((n) => `n=>${n}`),
  ltree: quoted((n) => letters(n)),
  cube: quoted((n) => `(${n})`),
  int2vector: quoted((n) => String(n % 32_768)),
  oidvector: quoted(String),
};

/** The modifier holds precision and scale; a scale below 0 is possible since PostgreSQL 15. */
function decimal(n: number, modifier: number): string {
  if (modifier < 4) return String(n);
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  const whole = precision - scale;
  if (whole > 15 || n < 10 ** whole) return scale < 0 ? `${n}::numeric * 10 ^ ${-scale}` : String(n);
  if (whole > 0) return String(n % 10 ** whole);
  return `${n % 10 ** Math.min(precision, 9)}::numeric / 10::numeric ^ ${scale}`;
}
