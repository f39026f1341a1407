/** Columns of a table: out of pragma table_xinfo, and out of a CREATE TABLE text that is plain enough to say the same. */
import type { Column } from '../../../src/core/model.ts';
import { foldName } from '../checks/capabilities.ts';
import { behindParentheses, tableConstraints } from '../text/create-table.ts';
import {
  endOf,
  isCharacter,
  isName,
  isOneOf,
  isWord,
  nameOf,
  startOf,
  textOf,
  words,
  type Tokens,
} from '../text/tokens.ts';

/** `nullable` is what NOT NULL says: the rowid refuses NULL without it. */
export interface Columns {
  readonly columns: readonly Column[];
  /** In its own order. */
  readonly primaryKey: readonly string[];
}

/** A line of table_xinfo. `hidden`: 2 virtual, 3 stored generated, https://sqlite.org/pragma.html#pragma_table_xinfo */
export type ColumnFacts = readonly [
  name: string,
  type: string | null,
  notNull: number,
  hasDefault: number,
  /** From 1; 0 for columns that are not in it. */
  placeInPrimaryKey: number,
  hidden: number,
];

export function columnsOf(lines: readonly ColumnFacts[]): Columns {
  const primaryKey = lines.filter((facts) => facts[4] > 0).sort((a, b) => a[4] - b[4]);
  return { columns: lines.map(columnOf), primaryKey: primaryKey.map((facts) => facts[0]) };
}

function columnOf([name, type, notNull, hasDefault, , hidden]: ColumnFacts): Column {
  return {
    name,
    type: type ?? '',
    nullable: notNull === 0,
    hasDefault: hasDefault !== 0,
    generated: hidden === 2 ? 'virtual' : hidden === 3 ? 'stored' : null,
    identity: null,
  };
}

/** The column that a name means, as it is spelled in the table. */
export function columnNamed(name: string, columns: readonly Column[]): string | null {
  for (const column of columns) if (column.name === name) return column.name;
  const folded = foldName(name);
  return columns.find((column) => foldName(column.name) === folded)?.name ?? null;
}

/** Words that can only begin a constraint of a column: none is a name unless quoted (parse.y, %fallback ID). */
const columnConstraints = [
  words.AS,
  words.NOT,
  words.NULL,
  words.DEFAULT,
  words.REFERENCES,
  words.COLLATE,
  words.DEFERRABLE,
  ...tableConstraints,
];
/** Names of 16 letters may be GENERATED ALWAYS to SQLite. */
const typeWord = /^[A-Za-z]{1,15}$/;
/** Told in capitals however they are written; SQLite keeps the case of all others (build.c, sqlite3AddColumn). */
const standardTypes: ReadonlySet<string> = new Set(['ANY', 'BLOB', 'INT', 'INTEGER', 'REAL', 'TEXT']);

/**
 * A reader of the definitions of tables with a rowid that are not STRICT, one after the other: columns alike are one object.
 * It answers null unless all is of the plainest: one word for a type, no generated column, no order or ON CONFLICT, no primary key
 * over several columns. What it answers is what table_xinfo says (test/sqlite/columns.test.ts asks both about random tables).
 */
export function plainColumnReader(): (tokens: Tokens, open: number) => Columns | null {
  const known = new Map<string, Column[]>();
  const shared = (name: string, type: string, nullable: boolean, hasDefault: boolean): Column => {
    const alike = known.get(name) ?? [];
    if (alike.length === 0) known.set(name, alike);
    for (const column of alike)
      if (column.type === type && column.nullable === nullable && column.hasDefault === hasDefault)
        return column;
    const column: Column = { name, type, nullable, hasDefault, generated: null, identity: null };
    alike.push(column);
    return column;
  };
  const columns: Column[] = [];
  return (tokens, open) => {
    columns.length = 0;
    let primaryKey: readonly string[] = [];
    let at = open;
    do {
      at++;
      if (columns.length > 0 && isOneOf(tokens, at, tableConstraints))
        return hasPrimaryKey(tokens, at) ? null : { columns: columns.slice(), primaryKey };
      const typeAt = at + 1;
      if (!isName(tokens, at) || typeAt >= tokens.count) return null;
      const behindType = typeEnd(tokens, typeAt);
      const facts = behindType === null ? null : constraintsAt(tokens, behindType);
      if (facts === null) return null;
      const type =
        behindType === typeAt
          ? ''
          : tokens.sql.slice(startOf(tokens, typeAt), endOf(tokens, (behindType ?? 0) - 1));
      const column = shared(nameOf(tokens, at), type, facts.nullable, facts.hasDefault);
      columns.push(column);
      if (facts.primary) primaryKey = [column.name];
      at = facts.behind;
    } while (isCharacter(tokens, at, ','));
    return isCharacter(tokens, at, ')') ? { columns: columns.slice(), primaryKey } : null;
  };
}

function hasPrimaryKey(tokens: Tokens, from: number): boolean {
  for (let at = from; at < tokens.count && !isCharacter(tokens, at, ')'); at = behindParentheses(tokens, at))
    if (isWord(tokens, at, words.PRIMARY)) return true;
  return false;
}

/** The token behind the type, which may be missing; null where it is not one word, with or without a length. */
function typeEnd(tokens: Tokens, at: number): number | null {
  if (isCharacter(tokens, at, ',') || isCharacter(tokens, at, ')') || isOneOf(tokens, at, columnConstraints))
    return at;
  const type = textOf(tokens, at);
  const isStandard = standardTypes.has(type);
  if (!isStandard && !typeWord.test(type)) return null;
  if (isCharacter(tokens, at + 1, '(')) return behindParentheses(tokens, at + 1);
  return !isStandard && standardTypes.has(type.toUpperCase()) ? null : at + 1;
}

interface Constraints {
  readonly nullable: boolean;
  readonly hasDefault: boolean;
  readonly primary: boolean;
  readonly behind: number;
}

/** Words that a name or one word more follows, and nothing else that matters here. */
const behindANameAlone = [words.COLLATE, words.CONSTRAINT, words.INITIALLY];

/** What the constraints of a column say, up to the comma or the end; null where one is not plain. */
function constraintsAt(tokens: Tokens, from: number): Constraints | null {
  let nullable = true;
  let hasDefault = false;
  let primary = false;
  let at = from;
  while (!isCharacter(tokens, at, ',') && !isCharacter(tokens, at, ')')) {
    if (isWord(tokens, at, words.NOT) && isWord(tokens, at + 1, words.NULL)) {
      nullable = false;
      at += 2;
    } else if (
      isWord(tokens, at, words.NULL) ||
      isWord(tokens, at, words.UNIQUE) ||
      isWord(tokens, at, words.DEFERRABLE)
    ) {
      at += 1;
    } else if (isWord(tokens, at, words.PRIMARY)) {
      primary = true;
      at += isWord(tokens, at + 2, words.AUTOINCREMENT) ? 3 : 2;
    } else if (isWord(tokens, at, words.DEFAULT)) {
      hasDefault = true;
      const isSigned = isCharacter(tokens, at + 1, '-') || isCharacter(tokens, at + 1, '+');
      at = behindParentheses(tokens, isSigned ? at + 2 : at + 1);
    } else if (isWord(tokens, at, words.REFERENCES)) {
      at = isCharacter(tokens, at + 2, '(') ? behindParentheses(tokens, at + 2) : at + 2;
      while (isWord(tokens, at, words.ON) || isWord(tokens, at, words.MATCH)) at = behindArgument(tokens, at);
    } else if (isWord(tokens, at, words.CHECK)) {
      at = behindParentheses(tokens, at + 1);
    } else if (isWord(tokens, at, words.NOT) && isWord(tokens, at + 1, words.DEFERRABLE)) {
      at += 2;
    } else if (isOneOf(tokens, at, behindANameAlone)) {
      at += 2;
    } else return null;
  }
  return { nullable, hasDefault, primary, behind: at };
}

/** Behind `MATCH name` or `ON DELETE action`. */
function behindArgument(tokens: Tokens, at: number): number {
  if (isWord(tokens, at, words.MATCH)) return at + 2;
  return at + (isWord(tokens, at + 2, words.SET) || isWord(tokens, at + 2, words.NO) ? 4 : 3);
}
