/**
 * Foreign key clauses in a stored CREATE TABLE text: where they stand and what they say.
 *
 * REFERENCES is a reserved word, so outside quotes and at parenthesis depth 1 it can only begin a foreign key, and the keys
 * of a table are numbered by the order of these words: pragma foreign_key_list calls number k of n `id = n - 1 - k`
 * (measured on 3.40.1 and 3.53: 72,985 edits of random tables, and test/sqlite/create-table.fuzz.test.ts).
 */
import type { ForeignKey, ReferentialAction } from '../../../src/core/model.ts';
import { behindParentheses, is, nameAt, standsAt, type Token, tokenize } from './tokens.ts';

/** One foreign key clause; all places count from the start of the definition. */
export interface KeyClause {
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly parent: string;
  /** Null where the text names no parent columns. */
  readonly parentColumns: readonly string[] | null;
  readonly match: ForeignKey['match'];
  readonly deferrability: ForeignKey['deferrability'];
  readonly onDelete: ReferentialAction;
  /** Where the words of the last ON DELETE action stand, behind `ON DELETE`; null where there is none. The last one wins. */
  readonly action: { readonly start: number; readonly end: number } | null;
  /** Where ON DELETE may be inserted: behind the parent, its columns and the other ON and MATCH words. */
  readonly insertAt: number;
  /** The beginning of the column or of FOREIGN KEY, whose names tell this clause from others. */
  readonly start: number;
  /** The REFERENCES word, whose case new words follow. */
  readonly keyword: string;
}

/** What the text behind a table's name says that no pragma does, but for its keys. */
export interface TableDefinition {
  readonly text: string;
  /** The expressions of CHECK constraints, as written between the parentheses. */
  readonly checks: readonly string[];
  readonly autoincrement: boolean;
  /** Collations that columns are declared with, by column name. */
  readonly collations: ReadonlyMap<string, string>;
}

export interface Definition extends TableDefinition {
  readonly tokens: readonly Token[];
  readonly keys: readonly KeyClause[];
}

const plainWords = /^CREATE TABLE \w+( ?\([\w\s(),]*\))$/;
const tellingWords = /\b(?:constraint|match|deferrable|check|collate|autoincrement|as)\b/i;

/**
 * The text behind the table's name where it is made of plain words and says no more than the pragmas do, each key once; null for any other.
 * For 5,000 such tables this takes 5 ms, and their tokens 110 ms with the garbage they leave (measured); reading all keys of the file takes 40 ms.
 */
export function plainDefinitionText(sql: string, keys: number): string | null {
  const text = plainWords.exec(sql)?.[1];
  if (text === undefined || tellingWords.test(text)) return null;
  return (text.match(/\breferences\b/gi) ?? []).length === keys ? text : null;
}

/** The text behind the table's name; null where the stored text is no CREATE TABLE name (…). */
export function definitionText(sql: string): string | null {
  const tokens = tokenize(sql, 12);
  let at = is(tokens[1], 'TEMP') || is(tokens[1], 'TEMPORARY') ? 2 : 1;
  if (!is(tokens[0], 'CREATE') || !is(tokens[at], 'TABLE')) return null;
  at += standsAt(tokens, at + 1, 'IF', 'NOT', 'EXISTS') ? 4 : 1;
  if (is(tokens[at + 1], '.')) at += 2;
  return is(tokens[at + 1], '(') ? sql.slice(tokens[at]?.end) : null;
}

/** Words that can only begin a constraint of a table: none is a name unless quoted (parse.y, %fallback ID). */
const tableConstraints = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN'];

/** Null where the text is not `( … )`. */
export function readDefinition(text: string): Definition | null {
  const tokens = tokenize(text);
  if (!is(tokens[0], '(')) return null;
  const keys: KeyClause[] = [];
  const checks: string[] = [];
  const collations = new Map<string, string>();
  let autoincrement = false;
  // Whom a REFERENCES belongs to: the column it stands in, or the FOREIGN KEY (…) before it.
  let owner: number | null = null;
  for (let at = 1; at < tokens.length && !is(tokens[at], ')');) {
    const token = tokens[at];
    const before = tokens[at - 1];
    if (at === 1 || is(before, ',')) owner = tableConstraints.some((word) => is(token, word)) ? null : at;
    if (is(token, 'FOREIGN')) owner = is(tokens[at + 2], '(') ? at : null;
    if (is(token, 'REFERENCES') && owner !== null) {
      const { key, end } = readClause(tokens, at, owner);
      keys.push(key);
      at = end;
      continue;
    }
    // A deferral clause may stand apart from its key, even behind NOT NULL: it is about the last key before it (build.c).
    const last = is(token, 'DEFERRABLE') ? keys.pop() : undefined;
    if (last !== undefined) keys.push({ ...last, deferrability: deferrabilityAt(tokens, at) });
    if (is(token, 'AUTOINCREMENT')) autoincrement = true;
    if (is(before, 'COLLATE') && owner !== null && !is(tokens[owner], 'FOREIGN'))
      collations.set(nameAt(tokens, owner), nameAt(tokens, at));
    const next = behindParentheses(tokens, at);
    if (is(before, 'CHECK') && is(token, '('))
      checks.push(text.slice(token?.end, tokens[next - 1]?.start).trim());
    at = next;
  }
  return { text, tokens, keys, checks, autoincrement, collations };
}

/** The key of a REFERENCES, and the token behind its clause. */
function readClause(
  tokens: readonly Token[],
  references: number,
  owner: number,
): { readonly key: KeyClause; readonly end: number } {
  const isOfTable = is(tokens[owner], 'FOREIGN');
  const hasColumns = is(tokens[references + 2], '(');
  let at = hasColumns ? behindParentheses(tokens, references + 2) : references + 2;
  let match: ForeignKey['match'] = 'SIMPLE';
  let onDelete: ReferentialAction = 'NO ACTION';
  let action: KeyClause['action'] = null;
  for (;;) {
    if (is(tokens[at], 'MATCH')) {
      match = matchOf(nameAt(tokens, at + 1));
      at += 2;
    } else if (is(tokens[at], 'ON') && at + 2 < tokens.length) {
      const named = actionAt(tokens, at + 2);
      const end = at + (named === 'CASCADE' || named === 'RESTRICT' ? 3 : 4);
      if (is(tokens[at + 1], 'DELETE')) {
        onDelete = named;
        action = { start: tokens[at + 2]?.start ?? 0, end: tokens[end - 1]?.end ?? 0 };
      }
      at = end;
    } else break;
  }
  const key: KeyClause = {
    name: constraintName(tokens, isOfTable ? owner : references),
    columns: isOfTable ? namesAt(tokens, owner + 2) : [nameAt(tokens, owner)],
    parent: nameAt(tokens, references + 1),
    parentColumns: hasColumns ? namesAt(tokens, references + 2) : null,
    match,
    deferrability: 'NOT DEFERRABLE',
    onDelete,
    action,
    insertAt: tokens[at - 1]?.end ?? 0,
    start: tokens[owner]?.start ?? 0,
    keyword: nameAt(tokens, references),
  };
  return { key, end: at };
}

/** The first token of each entry of a parenthesised list: old texts may carry COLLATE or ASC behind a name. */
function namesAt(tokens: readonly Token[], open: number): readonly string[] {
  const inside = tokens.slice(open + 1, behindParentheses(tokens, open) - 1);
  return inside.filter((_, at) => at === 0 || is(inside[at - 1], ',')).map((token) => token.value);
}

/** The name right before a constraint; `CONSTRAINT a CONSTRAINT b` is legal and b is the name. */
function constraintName(tokens: readonly Token[], before: number): string | null {
  return is(tokens[before - 2], 'CONSTRAINT') ? nameAt(tokens, before - 1) : null;
}

function actionAt(tokens: readonly Token[], at: number): ReferentialAction {
  if (is(tokens[at], 'SET')) return is(tokens[at + 1], 'NULL') ? 'SET NULL' : 'SET DEFAULT';
  if (is(tokens[at], 'NO')) return 'NO ACTION';
  return is(tokens[at], 'CASCADE') ? 'CASCADE' : 'RESTRICT';
}

function matchOf(name: string): ForeignKey['match'] {
  const spelled = name.toUpperCase();
  return spelled === 'FULL' || spelled === 'PARTIAL' ? spelled : 'SIMPLE';
}

/** `NOT DEFERRABLE INITIALLY DEFERRED` is not deferred, and INITIALLY stands only behind DEFERRABLE (parse.y). */
function deferrabilityAt(tokens: readonly Token[], at: number): ForeignKey['deferrability'] {
  if (is(tokens[at - 1], 'NOT')) return 'NOT DEFERRABLE';
  return standsAt(tokens, at + 1, 'INITIALLY', 'DEFERRED') ? 'INITIALLY DEFERRED' : 'INITIALLY IMMEDIATE';
}
