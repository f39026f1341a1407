/**
 * Random tables: every clause is edited to every action, SQLite builds the edited text and must tell the same of it but for
 * the one action; and an independent parser of SQLite's grammar must find the clauses where we do.
 */
import { expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { parseStmt } from 'sqlite3-parser';
import { readDefinition } from '../../dialects/sqlite/text/create-table.ts';
import { tokenize } from '../../dialects/sqlite/text/tokens.ts';
import { anchoredEdit, headsOf, withDeleteClause } from '../../dialects/sqlite/text/clause-edit.ts';
import { referentialActions } from '../../src/core/model.ts';
import { definitionStart, dice, tableText } from './random-table.ts';

const tables = process.env['ONDELETE_TEST_LONG'] === '1' ? 5000 : 250;

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
    const read = readDefinition(definition);
    if (read === null) throw new Error(`not read: ${definition}`);
    const clauses = read.keys;
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
        const { text, was, becomes } = anchoredEdit(headsOf('the table'), definition, clause, changed);
        const [before, after] = [text + was, text + becomes];
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
    const between = ours.map((clause, k) => {
      const text = sql.slice(start + clause.insertAt, theirs[k]?.end);
      const words = tokenize(text).map((token) => text.slice(token.start, token.end).toUpperCase());
      return words.join(' ');
    });
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

/** Pieces that a tokenizer can trip over: ends of comments and quotes, signs that begin a number, words that end a clause. */
const debris = [
  ...['\r', "-- '\r", '/*/', "''", '""', '-', '/', '*', '\v', '\f', '\u2028', '\ud83e', '1_0', '.5'],
  ...[
    '"',
    "'",
    '`',
    '[',
    ']',
    '--',
    '/*',
    '*/',
    '\n',
    '(',
    ')',
    ',',
    ';',
    '.',
    '$',
    '@',
    '\u00a0',
    '\ufeff',
    '1e',
    '0x',
  ],
  ...[
    "x'",
    ' references ',
    ' ON DELETE ',
    ' SET NULL',
    'CHECK(',
    ' constraint x ',
    ' MATCH ',
    ' NOT ',
    ' DEFAULT -',
    'é',
    '🦉',
  ],
];

test('a text with something put in or taken out is read as SQLite reads it, or not at all', () => {
  let taken = 0;
  for (let seed = 1; seed <= tables * 8; seed++) {
    const roll = dice(seed);
    const text = tableText(roll);
    const at = roll.pick(Array.from(text, (_, place) => place));
    const length = roll.pick([0, 0, 1, 2, 5]);
    const changed = text.slice(0, at) + roll.pick([...debris, '']) + text.slice(at + length);
    const stored = storedText(changed);
    if (stored === null) continue;
    const clauses = readDefinition(stored.definition)?.keys;
    if (clauses === undefined) continue;
    taken++;
    const ids = [...new Set(stored.rows.map((row) => row.id))];
    expect([seed, changed, clauses.map((clause) => clause.onDelete)]).toEqual([
      seed,
      changed,
      ids.map((id) => stored.rows.find((row) => row.id === id)?.on_delete),
    ]);
  }
  expect(taken).toBeGreaterThan(tables);
});

/** What SQLite keeps of a text, cut where it is read from, and the keys that it sees in it; null where it takes no such table. */
function storedText(
  definition: string,
): { readonly definition: string; readonly rows: readonly PragmaRow[] } | null {
  const database = new Database(':memory:');
  try {
    database.prepare(`CREATE TABLE "the table"${definition}`).run();
    const sql = database.prepare('SELECT sql FROM sqlite_master').pluck().get() as string;
    const start = definitionStart(sql);
    if (start === null) return null;
    const rows = database
      .prepare<[], PragmaRow>("SELECT * FROM pragma_foreign_key_list('the table') ORDER BY id DESC, seq")
      .all();
    return { definition: sql.slice(start), rows };
  } catch {
    return null;
  } finally {
    database.close();
  }
}
