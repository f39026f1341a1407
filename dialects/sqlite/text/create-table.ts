/**
 * Foreign key clauses in a stored CREATE TABLE text: where they stand and what they say.
 *
 * REFERENCES is a reserved word, so outside quotes and at parenthesis depth 1 it can only begin a foreign key, and the keys
 * of a table are numbered by the order of these words: pragma foreign_key_list calls number k of n `id = n - 1 - k`
 * (measured on 3.40.1 and 3.53: 72,985 edits of random tables, and test/sqlite/create-table.fuzz.test.ts).
 */
import type { ForeignKey, ReferentialAction } from '../../../src/core/model.ts';
import {
  endOf,
  isCharacter,
  isOneOf,
  isWord,
  nameOf,
  startOf,
  textOf,
  tokenize,
  words,
  type Tokens,
} from './tokens.ts';

/** One foreign key clause; all places count from the start of the text that was cut into tokens. */
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

export interface Definition {
  readonly keys: readonly KeyClause[];
  /** The expressions of CHECK constraints, as written between the parentheses. */
  readonly checks: readonly string[];
  readonly autoincrement: boolean;
  /** Collations that columns are declared with, by column name. */
  readonly collations: ReadonlyMap<string, string>;
}

/** A definition with the text that it was read from. */
export interface ReadDefinition extends Definition {
  readonly tokens: Tokens;
}

/** The token of a stored text that ends the table's name, behind which the definition begins; null where the text is no CREATE TABLE (…). */
export function nameInCreateTable(tokens: Tokens): number | null {
  let at = 1;
  if (isWord(tokens, at, words.TEMP) || isWord(tokens, at, words.TEMPORARY)) at++;
  if (!isWord(tokens, 0, words.CREATE) || !isWord(tokens, at++, words.TABLE)) return null;
  if (
    isWord(tokens, at, words.IF) &&
    isWord(tokens, at + 1, words.NOT) &&
    isWord(tokens, at + 2, words.EXISTS)
  )
    at += 3;
  if (isCharacter(tokens, at + 1, '.')) at += 2;
  return isCharacter(tokens, at + 1, '(') ? at : null;
}

/** What decides about keys in a definition, the text behind the table's name. Null where it is not `( … )`. */
export function readDefinition(definition: string): ReadDefinition | null {
  const tokens = tokenize(definition);
  return isCharacter(tokens, 0, '(') ? { ...definitionAt(tokens, 0), tokens } : null;
}

/** The same of a definition that begins with this token, a parenthesis. */
export function definitionAt(tokens: Tokens, open: number): Definition {
  const keys: KeyClause[] = [];
  let checks = none;
  let collations = noCollations;
  let autoincrement = false;
  // Whom a REFERENCES belongs to: the column it stands in, or the FOREIGN KEY (…) before it.
  let owner: number | null = null;
  for (let at = open + 1; at < tokens.count && !isCharacter(tokens, at, ')');) {
    if (isCharacter(tokens, at - 1, ',') || at === open + 1) {
      owner = isOneOf(tokens, at, tableConstraints) ? null : at;
    }
    if (isWord(tokens, at, words.FOREIGN)) {
      owner = isCharacter(tokens, at + 2, '(') ? at : null;
    }
    if (isWord(tokens, at, words.REFERENCES) && owner !== null) {
      at = readClause(tokens, at, owner, keys);
      continue;
    }
    // A deferral clause may stand apart from its key, even behind NOT NULL: it is about the last key before it (build.c).
    if (isWord(tokens, at, words.DEFERRABLE)) defer(keys, tokens, at);
    if (isWord(tokens, at, words.AUTOINCREMENT)) autoincrement = true;
    if (isWord(tokens, at - 1, words.COLLATE) && owner !== null && !isWord(tokens, owner, words.FOREIGN))
      collations = new Map([...collations, [nameOf(tokens, owner), nameOf(tokens, at)]]);
    const next = behindParentheses(tokens, at);
    if (isWord(tokens, at - 1, words.CHECK) && next > at + 1) {
      checks = [...checks, tokens.sql.slice(endOf(tokens, at), startOf(tokens, next - 1)).trim()];
    }
    at = next;
  }
  return { keys, checks, autoincrement, collations };
}

const none: readonly string[] = [];
const noCollations: ReadonlyMap<string, string> = new Map();

/** Words that can only begin a constraint of a table: none is a name unless quoted (parse.y, %fallback ID). */
export const tableConstraints = [words.CONSTRAINT, words.PRIMARY, words.UNIQUE, words.CHECK, words.FOREIGN];

/** The token behind the one at `at`, or behind the parenthesis it opens. */
export function behindParentheses(tokens: Tokens, at: number): number {
  if (!isCharacter(tokens, at, '(')) return at + 1;
  let depth = 0;
  for (let next = at; next < tokens.count; next++) {
    if (isCharacter(tokens, next, '(')) depth++;
    if (isCharacter(tokens, next, ')') && --depth === 0) return next + 1;
  }
  return tokens.count;
}

/** The first token of each entry of a parenthesised list: old texts may carry COLLATE or ASC behind a name. */
function namesAt(tokens: Tokens, open: number): readonly string[] {
  if (isCharacter(tokens, open + 2, ')')) return [nameOf(tokens, open + 1)];
  const names: string[] = [];
  const behind = behindParentheses(tokens, open) - 1;
  for (let at = open + 1; at < behind; at++)
    if (at === open + 1 || isCharacter(tokens, at - 1, ',')) names.push(nameOf(tokens, at));
  return names;
}

/** The name right before a constraint; `CONSTRAINT a CONSTRAINT b` is legal and b is the name. */
function constraintName(tokens: Tokens, before: number): string | null {
  return isWord(tokens, before - 2, words.CONSTRAINT) ? nameOf(tokens, before - 1) : null;
}

/** Adds the key of a REFERENCES to `keys`, and answers the token behind it. */
function readClause(tokens: Tokens, references: number, owner: number, keys: KeyClause[]): number {
  const isOfTable = isWord(tokens, owner, words.FOREIGN);
  const hasColumns = isCharacter(tokens, references + 2, '(');
  let at = hasColumns ? behindParentheses(tokens, references + 2) : references + 2;
  let match: ForeignKey['match'] = 'SIMPLE';
  let onDelete: ReferentialAction = 'NO ACTION';
  let action: KeyClause['action'] = null;
  for (;;) {
    if (isWord(tokens, at, words.MATCH)) {
      match = matchOf(nameOf(tokens, at + 1));
      at += 2;
    } else if (isWord(tokens, at, words.ON) && at + 2 < tokens.count) {
      const named = actionAt(tokens, at + 2);
      const length = named === 'CASCADE' || named === 'RESTRICT' ? 1 : 2;
      if (isWord(tokens, at + 1, words.DELETE)) {
        onDelete = named;
        action = { start: startOf(tokens, at + 2), end: endOf(tokens, at + 1 + length) };
      }
      at += 2 + length;
    } else break;
  }
  keys.push({
    name: constraintName(tokens, isOfTable ? owner : references),
    columns: isOfTable ? namesAt(tokens, owner + 2) : [nameOf(tokens, owner)],
    parent: nameOf(tokens, references + 1),
    parentColumns: hasColumns ? namesAt(tokens, references + 2) : null,
    match,
    deferrability: 'NOT DEFERRABLE',
    onDelete,
    action,
    insertAt: endOf(tokens, at - 1),
    start: startOf(tokens, owner),
    keyword: textOf(tokens, references),
  });
  return at;
}

function actionAt(tokens: Tokens, at: number): ReferentialAction {
  if (isWord(tokens, at, words.SET)) return isWord(tokens, at + 1, words.NULL) ? 'SET NULL' : 'SET DEFAULT';
  if (isWord(tokens, at, words.NO)) return 'NO ACTION';
  return isWord(tokens, at, words.CASCADE) ? 'CASCADE' : 'RESTRICT';
}

function matchOf(name: string): ForeignKey['match'] {
  const spelled = name.toUpperCase();
  return spelled === 'FULL' || spelled === 'PARTIAL' ? spelled : 'SIMPLE';
}

/** `NOT DEFERRABLE INITIALLY DEFERRED` is not deferred, and INITIALLY stands only behind DEFERRABLE (parse.y). */
function defer(keys: KeyClause[], tokens: Tokens, at: number): void {
  const last = keys.pop();
  if (last === undefined) return;
  const deferred = isWord(tokens, at + 1, words.INITIALLY) && isWord(tokens, at + 2, words.DEFERRED);
  const deferrability = isWord(tokens, at - 1, words.NOT)
    ? 'NOT DEFERRABLE'
    : deferred
      ? 'INITIALLY DEFERRED'
      : 'INITIALLY IMMEDIATE';
  keys.push({ ...last, deferrability });
}
