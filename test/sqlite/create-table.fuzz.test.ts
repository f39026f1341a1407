/**
 * Random tables: every clause is edited to every action, SQLite builds the edited text and must tell the same of it but for
 * the one action; and an independent parser of SQLite's grammar must find the clauses where we do.
 */
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { parseStmt } from 'sqlite3-parser';
import { readDefinition, definitionStart } from '../../dialects/sqlite/create-table.ts';
import { tokenize } from '../../dialects/sqlite/tokens.ts';
import { anchoredEdit, withDeleteClause } from '../../dialects/sqlite/edit-clause.ts';
import { referentialActions } from '../../src/model.ts';

const tables = process.env['ONDELETE_TEST_LONG'] === '1' ? 5000 : 250;

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

interface Dice {
  readonly pick: <T>(from: readonly T[]) => T;
  readonly maybe: (text: () => string, chance?: number) => string;
}

function dice(seed: number): Dice {
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

function tableText(roll: Dice): string {
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

interface PragmaRow {
  readonly id: number;
  readonly on_delete: string;
}

function pragmaOf(definition: string): readonly PragmaRow[] {
  const database = new Database(':memory:');
  try {
    database.exec(`CREATE TABLE "the table"${definition}`);
    return database
      .prepare<[], PragmaRow>("SELECT * FROM pragma_foreign_key_list('the table') ORDER BY id DESC, seq")
      .all();
  } finally {
    database.close();
  }
}

test(`SQLite agrees with every edit of ${tables} random tables`, () => {
  let edits = 0;
  for (let seed = 1; seed <= tables; seed++) {
    const definition = tableText(dice(seed));
    const rows = pragmaOf(definition);
    const clauses = readDefinition(definition)?.keys ?? [];
    const ids = [...new Set(rows.map((row) => row.id))];
    expect([seed, clauses.map((clause) => clause.onDelete)]).toEqual([
      seed,
      ids.map((id) => rows.find((row) => row.id === id)?.on_delete),
    ]);
    clauses.forEach((clause, k) => {
      for (const action of referentialActions.filter((one) => one !== clause.onDelete)) {
        const changed = withDeleteClause(definition, clause, action);
        const expected = rows.map((row) =>
          row.id === clauses.length - 1 - k ? { ...row, on_delete: action } : row,
        );
        expect([seed, pragmaOf(changed)]).toEqual([seed, expected]);
        const { before, after } = anchoredEdit('the table', definition, clause, action);
        expect(definition.split(before).join(after)).toBe(changed);
        expect(changed.split(after).join(before)).toBe(definition);
        edits++;
      }
    });
  }
  expect(edits).toBeGreaterThan(tables * 4);
});

interface Clause {
  readonly end: number;
  readonly onDelete: string;
}

interface Node {
  readonly type?: unknown;
  readonly span?: { readonly offset: number; readonly length: number };
  readonly args?: readonly { readonly type: string; readonly action?: string }[];
}

/** Where each clause of the other parser's tree ends and what it does, in the order of the text. */
function clausesIn(node: unknown): readonly Clause[] {
  if (Array.isArray(node)) return node.flatMap(clausesIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, span, args } = node as Node;
  if (type !== 'ForeignKeyClause' || span === undefined) return Object.values(node).flatMap(clausesIn);
  const last = args?.findLast((argument) => argument.type === 'OnDeleteRefArg')?.action ?? 'NoAction';
  return [
    { end: span.offset + span.length, onDelete: last.replace(/(?<=[a-z])(?=[A-Z])/, ' ').toUpperCase() },
  ];
}

test('another parser of the grammar finds the same clauses', () => {
  for (let seed = 1; seed <= tables * 4; seed++) {
    const sql = `CREATE TABLE "the table"${tableText(dice(seed))}`;
    const parsed = parseStmt(sql);
    expect([seed, parsed.status]).toEqual([seed, 'ok']);
    const start = definitionStart(sql) ?? -1;
    const theirs = parsed.status === 'ok' ? clausesIn(parsed.root) : [];
    const ours = readDefinition(sql.slice(start))?.keys ?? [];
    expect([seed, ours.map((clause) => clause.onDelete)]).toEqual([
      seed,
      theirs.map((clause) => clause.onDelete),
    ]);
    // Their clause of a FOREIGN KEY takes a deferral in, ours ends before it.
    const between = ours.map((clause, k) =>
      tokenize(sql.slice(start + clause.insertAt, theirs[k]?.end))
        .map((token) => token.text.toUpperCase())
        .join(' '),
    );
    expect([
      seed,
      between.filter(
        (words) => !/^(?:(?:NOT )?DEFERRABLE(?: INITIALLY (?:DEFERRED|IMMEDIATE))?)?$/.test(words),
      ),
    ]).toEqual([seed, []]);
    expect([seed, ours.every((clause, k) => start + clause.insertAt <= (theirs[k]?.end ?? -1))]).toEqual([
      seed,
      true,
    ]);
  }
});
