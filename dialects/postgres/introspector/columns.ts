/** Columns out of the rows of catalog.columnsQuery and catalog.typesQuery. */
import type { Column } from '../../../src/core/model.ts';
import { columnBits, columnNumber } from './queries.ts';
import type { Row } from '../connection/connect.ts';

/** What the columns of a table are, their names apart; tables alike share it, of which there are many where each tenant has a schema. */
export interface Layout {
  /** The places of the columns in the server's list, in the order of their numbers. */
  readonly places: readonly number[];
  /** Their attribute numbers; there are gaps where columns were dropped. */
  readonly numbers: readonly number[];
  /** `type modifier` of each. */
  readonly types: readonly string[];
  /** columnBits of each. */
  readonly bits: readonly number[];
}

/** The columns of one table, in the order of their numbers. */
export interface NamedColumns {
  readonly names: readonly string[];
  readonly layout: Layout;
}

/** The second list of a row of catalog.columnsQuery. */
function layoutOf(text: string | null): Layout {
  const columns = (text?.split(',') ?? []).map((column, place) => {
    const space = column.lastIndexOf(' ');
    return { place, type: column.slice(0, space), number: Number(column.slice(space + 1)) };
  });
  columns.sort((a, b) => a.number - b.number);
  return {
    places: columns.map(({ place }) => place),
    numbers: columns.map(({ number }) => Math.floor(number / columnNumber)),
    types: columns.map(({ type }) => type),
    bits: columns.map(({ number }) => number % columnNumber),
  };
}

/** The first list, in the server's order. */
function namesOf(text: string | null): readonly string[] {
  if (text === null) return [];
  if (!text.includes('\\')) return text.split('\n');
  const escaped = text.match(/(?:[^\\\n]|\\[\\\n])+/g) ?? [];
  return escaped.map((name) => name.replace(/\\([\\\n])/g, '$1'));
}

export const noColumns: NamedColumns = { names: [], layout: layoutOf(null) };

/** A reader of catalog.columnsQuery's rows, one after the other. */
export function columnReader(): (row: Row) => NamedColumns {
  const layouts = new Map<string | null, Layout>();
  return ([, text = null, others = null]) => {
    let layout = layouts.get(others);
    if (layout === undefined) layouts.set(others, (layout = layoutOf(others)));
    const names = namesOf(text);
    const inOrder = layout.places.every((place, n) => place === n);
    return { names: inOrder ? names : layout.places.map((place) => names[place] ?? ''), layout };
  };
}

/** The distinct types of columns, for catalog.typesQuery. */
export function typesOf(tables: Iterable<NamedColumns>): readonly string[] {
  const layouts = new Set<Layout>();
  for (const { layout } of tables) layouts.add(layout);
  return [...new Set([...layouts].flatMap((layout) => layout.types))];
}

/** The name of the column with this number. */
export function columnName({ names, layout: { numbers } }: NamedColumns, number: number): string {
  // Most tables have never lost a column.
  return names[numbers[number - 1] === number ? number - 1 : numbers.indexOf(number)] ?? '';
}

/** Makes the columns of one table after the other, with the rows of catalog.typesQuery; columns alike are one object. */
export function columnMaker(types: ReadonlyMap<string, Row>): (table: NamedColumns) => readonly Column[] {
  const known = new Map<string, { readonly type: Row; readonly bits: number; readonly column: Column }[]>();
  return ({ names, layout }) =>
    names.map((name, n) => {
      const type = types.get(layout.types[n] ?? '') ?? unknownType;
      const bits = layout.bits[n] ?? 0;
      const namesakes = known.get(name);
      const alike = namesakes?.find((one) => one.type === type && one.bits === bits);
      if (alike !== undefined) return alike.column;
      const made = { type, bits, column: columnOf(name, type, bits) };
      if (namesakes === undefined) known.set(name, [made]);
      else namesakes.push(made);
      return made.column;
    });
}

const unknownType: Row = [];

function columnOf(name: string, [, , type, , domainNotNull, typeDefault]: Row, bits: number): Column {
  const has = (bit: number): boolean => (bits & bit) !== 0;
  const generated = has(columnBits.stored) ? 'stored' : has(columnBits.virtual) ? 'virtual' : null;
  return {
    name,
    type: type ?? '',
    nullable: !has(columnBits.notNull) && domainNotNull !== 't',
    hasDefault: (has(columnBits.hasDefault) || typeDefault === 't') && generated === null,
    generated,
    identity: has(columnBits.identityAlways)
      ? 'always'
      : has(columnBits.identityByDefault)
        ? 'by default'
        : null,
  };
}
