// CREATE TABLE texts at random, the same from the same seed.
import { definitionText } from '../../dialects/sqlite/text/create-table.ts';
import { referentialActions } from '../../src/core/model.ts';

/** Where in a stored text the name ends and the definition begins. */
export function definitionStart(sql: string): number | null {
  const definition = definitionText(sql);
  return definition === null ? null : sql.length - definition.length;
}

/** mulberry32: the same numbers from the same seed on every machine. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Dice {
  readonly pick: <T>(from: readonly T[]) => T;
  readonly maybe: (text: () => string, chance?: number) => string;
}

export function dice(seed: number): Dice {
  const next = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)] as T;
  return { pick, maybe: (text, chance = 0.5) => (next() < chance ? text() : '') };
}

const gaps = [
  ' ',
  ' ',
  '  ',
  '\n',
  '\r\n\t',
  '/**/',
  ' /* ON DELETE CASCADE */ ',
  ' -- REFERENCES p(x)\n',
  "/* ' */",
  '/* " ) */',
];
const plainNames = [
  'p',
  'parent',
  'key',
  'action',
  'cascade',
  'match',
  'no',
  'ü',
  '🦉',
  'a$1',
  'restrict',
  'initially',
  'deferred',
];
const oddNames = [
  "it's",
  'a"b',
  'x`y',
  'on delete',
  'references',
  ') REFERENCES p',
  'a;b',
  '--',
  '/*',
  'select',
];

function quotedName({ pick }: Dice, name: string): string {
  const quotes = [
    `"${name.replaceAll('"', '""')}"`,
    `\`${name.replaceAll('`', '``')}\``,
    ...(name.includes(']') ? [] : [`[${name}]`]),
  ];
  return pick(plainNames.includes(name) ? [name, name, ...quotes] : quotes);
}

function cased({ pick }: Dice, words: string): string {
  return pick([
    words,
    words.toLowerCase(),
    words.replace(/[A-Z]/g, (letter, at: number) => (at % 2 === 0 ? letter : letter.toLowerCase())),
  ]);
}

function referencesText(roll: Dice, columns: number, inColumn: boolean): string {
  const gap = () => roll.pick(gaps);
  const words = (text: string) =>
    text
      .split(' ')
      .map((word) => cased(roll, word))
      .join(gap());
  const parents = Array.from({ length: columns }, () =>
    quotedName(roll, roll.pick([...plainNames, ...oddNames])),
  );
  const list = roll.maybe(() => `${roll.pick(['', ...gaps])}(${parents.join(`${gap()},`)})`);
  const arguments_ = Array.from({ length: roll.pick([0, 0, 1, 1, 2, 3]) }, () =>
    roll.pick([
      () => gap() + words(`ON DELETE ${roll.pick(referentialActions)}`),
      () => gap() + words(`ON UPDATE ${roll.pick(referentialActions)}`),
      () => gap() + words(`MATCH ${roll.pick(['FULL', 'SIMPLE', 'PARTIAL'])}`),
    ])(),
  ).join('');
  const deferral = roll.maybe(
    () =>
      gap() +
      words(
        `${roll.maybe(() => 'NOT ')}DEFERRABLE${roll.maybe(() => ` INITIALLY ${roll.pick(['DEFERRED', 'IMMEDIATE'])}`)}`,
      ),
    0.3,
  );
  const rest = inColumn
    ? roll.maybe(
        () =>
          `${gap()}${roll.pick(['NOT NULL', "DEFAULT 'REFERENCES x'", 'CHECK (1 <> (2))', 'UNIQUE', 'COLLATE nocase'])}`,
        0.4,
      )
    : '';
  return `${cased(roll, 'REFERENCES')}${gap()}${quotedName(roll, roll.pick([...plainNames, ...oddNames]))}${list}${arguments_}${roll.pick([deferral + rest, rest + deferral])}`;
}

/** Everything behind the table's name: columns and constraints, keys among them, quoted and commented in every way. */
export function tableText(roll: Dice): string {
  const gap = () => roll.pick(gaps);
  const names = ['c1', 'C 2', 'c[3', "c'4", 'c"5'].slice(0, roll.pick([1, 2, 3, 5]));
  const quote = (name: string) =>
    name === 'c1' ? roll.pick(['c1', '"C1"', '[c1]', "'c1'"]) : `"${name.replaceAll('"', '""')}"`;
  const columns = names.map((name) => {
    const named = () =>
      roll.maybe(() => `${gap()}CONSTRAINT${gap()}${quotedName(roll, roll.pick(oddNames))}`);
    const references = Array.from(
      { length: roll.pick([0, 1, 1, 2]) },
      () => `${named()}${gap()}${referencesText(roll, 1, true)}`,
    ).join('');
    return `${quote(name)}${roll.maybe(() => `${gap()}${roll.pick(['INT', 'VARCHAR(10)', 'DECIMAL(1, 2)'])}`)}${references}`;
  });
  const constraints = Array.from({ length: roll.pick([0, 1, 2, 3]) }, () => {
    const width = roll.pick([1, Math.min(2, names.length)]);
    const list = names
      .slice(0, width)
      .map(quote)
      .join(roll.pick([',', ' , ']));
    return `${roll.maybe(() => `CONSTRAINT${gap()}${quotedName(roll, roll.pick(oddNames))}${gap()}`)}${cased(roll, 'FOREIGN')}${gap()}KEY${roll.maybe(gap)}(${list})${gap()}${referencesText(roll, width, false)}`;
  });
  const separator = () => roll.pick([',', `${gap()},${gap()}`, '\n']);
  const tail = constraints.map((text, at) => (at === 0 ? `,${gap()}` : separator()) + text).join('');
  return `${roll.maybe(gap, 0.2)}(${columns.join(`,${gap()}`)}${tail}${roll.maybe(gap)})`;
}
