/** Where a file of SQL declares its keys: found in the tokens of CREATE TABLE and ALTER TABLE. Pure. */
import type { NameMatching } from '../../core/contracts/engine.ts';
import type { SchemaStatement, SqlToken } from '../../core/contracts/sql-reader.ts';
import type { ForeignKey, Snapshot } from '../../core/model.ts';
import { foldName } from '../../policy/pattern/match.ts';

interface Name {
  /** Null where none is written. */
  readonly schema: string | null;
  readonly name: string;
}

/** A key as a file declares it. */
export interface DeclaredKey {
  readonly file: string;
  /** Of the words FOREIGN KEY, or REFERENCES beside a column. */
  readonly line: number;
  readonly constraint: string | null;
  readonly child: Name;
  readonly columns: readonly string[];
  readonly parent: Name;
  /** IF NOT EXISTS: it may say something that was not done. */
  readonly doubtful: boolean;
}

/** The keys that one statement declares. */
export function keysIn({ tokens }: SchemaStatement, file: string): readonly DeclaredKey[] {
  const isNew = isOne(tokens[0], 'CREATE');
  const table = find(tokens, 'TABLE');
  if (!(isNew || isOne(tokens[0], 'ALTER')) || table === -1 || table > 3) return [];
  const doubtful = isNew && isOne(tokens[table + 1], 'IF');
  const child = nameAt(tokens, skip(tokens, table + 1, 'IF', 'NOT', 'EXISTS', 'ONLY'));
  if (child === null) return [];
  return itemsOf(tokens, child.behind, isNew).flatMap((item) => {
    const found = keyOf(item);
    return found === null ? [] : [{ ...found, file, child: child.name, doubtful }];
  });
}

/** What stands between the commas: columns and constraints of a new table, changes of an existing one. */
function itemsOf(
  tokens: readonly SqlToken[],
  from: number,
  isNew: boolean,
): readonly (readonly SqlToken[])[] {
  const items: SqlToken[][] = [[]];
  const wanted = isNew ? 1 : 0;
  let depth = 0;
  for (const token of tokens.slice(from)) {
    const isEnd = isOne(token, ')');
    if (isEnd) depth--;
    if (depth < wanted && isNew) {
      if (isEnd) break;
    } else if (isOne(token, ',') && depth === wanted) items.push([]);
    else items.at(-1)?.push(token);
    if (isOne(token, '(')) depth++;
  }
  return items;
}

function keyOf(item: readonly SqlToken[]): Omit<DeclaredKey, 'file' | 'child' | 'doubtful'> | null {
  const references = find(item, 'REFERENCES');
  const parent = references === -1 ? null : nameAt(item, references + 1);
  if (parent === null) return null;
  const named = find(item, 'CONSTRAINT');
  const constraint = named === -1 ? null : (nameAt(item, named + 1)?.name.name ?? null);
  const key = find(item, 'FOREIGN');
  if (key !== -1) {
    const opening = item.findIndex((token, at) => at > key && isOne(token, '('));
    const columns = opening > references ? null : namesAt(item, opening);
    return columns === null ? null : { line: item[key]?.line ?? 1, constraint, columns, parent: parent.name };
  }
  const at = skip(item, 0, 'ADD', 'COLUMN', 'IF', 'NOT', 'EXISTS', '(');
  const column = nameAt(item, at);
  if (column === null || column.name.schema !== null || at >= references) return null;
  return { line: item[references]?.line ?? 1, constraint, columns: [column.name.name], parent: parent.name };
}

/** Whether a token is one of these words and signs. */
function isOne(token: SqlToken | undefined, ...texts: readonly string[]): boolean {
  if (token?.kind !== 'word' && token?.kind !== 'sign') return false;
  return texts.includes(token.value.toUpperCase());
}

/** The first place of a word outside parentheses; -1 where there is none. */
function find(tokens: readonly SqlToken[], word: string): number {
  let depth = 0;
  return tokens.findIndex((token) => {
    if (isOne(token, '(')) depth++;
    else if (isOne(token, ')')) depth--;
    return depth === 0 && isOne(token, word);
  });
}

/** The first place from here on that holds none of these. */
function skip(tokens: readonly SqlToken[], from: number, ...texts: readonly string[]): number {
  let at = from;
  while (isOne(tokens[at], ...texts)) at++;
  return at;
}

function textAt(tokens: readonly SqlToken[], at: number): string | null {
  const token = tokens[at];
  // SQLite takes a name in the quotes of texts
  return token !== undefined && ['word', 'name', 'string'].includes(token.kind) ? token.value : null;
}

function nameAt(
  tokens: readonly SqlToken[],
  at: number,
): { readonly name: Name; readonly behind: number } | null {
  const first = textAt(tokens, at);
  if (first === null) return null;
  if (!isOne(tokens[at + 1], '.')) return { name: { schema: null, name: first }, behind: at + 1 };
  const second = textAt(tokens, at + 2);
  return second === null ? null : { name: { schema: first, name: second }, behind: at + 3 };
}

/** The names in the parentheses that open here. */
function namesAt(tokens: readonly SqlToken[], opening: number): readonly string[] | null {
  if (!isOne(tokens[opening], '(')) return null;
  const names: string[] = [];
  for (let at = opening + 1; ; at += 2) {
    const name = textAt(tokens, at);
    if (name === null) return null;
    names.push(name);
    if (isOne(tokens[at + 1], ')')) return names;
    if (!isOne(tokens[at + 1], ',')) return null;
  }
}

/**
 * Where a key of the loaded schema is declared: null rather than a line that may be another key's.
 * @param names how names compare on the engine
 */
export function placeOf(
  key: ForeignKey,
  declared: readonly DeclaredKey[],
  schema: Snapshot,
  names: NameMatching,
): DeclaredKey | null {
  const table = (name: string): string => foldName(name, names.tablesIgnoreCase);
  const columns = (list: readonly string[]): string =>
    list.map((name) => foldName(name, names.columnsIgnoreCase)).join('\0');
  // where there is one schema alone, a name that is written before a table can only be its; the scratch database has another one
  const isOnlySchema = new Set(schema.tables.map((one) => one.schema)).size === 1;
  const isThat = (written: Name, there: ForeignKey['child']): boolean => {
    if (table(written.name) !== table(there.name)) return false;
    if (isOnlySchema) return true;
    if (written.schema !== null) return table(written.schema) === table(there.schema);
    return schema.tables.filter((one) => table(one.name) === table(there.name)).length === 1;
  };
  const all = declared.filter(
    (one) =>
      isThat(one.child, key.child) &&
      isThat(one.parent, key.parent) &&
      columns(one.columns) === columns(key.columns),
  );
  const sameName = all.filter((one) => one.constraint !== null && one.constraint === key.name);
  const found = sameName.length > 0 ? sameName : all;
  // of two that cannot both have been done nobody knows which was; else the last one made what is there
  if (found.length > 1 && found.some((one) => one.doubtful)) return null;
  const twins = schema.foreignKeys.filter(
    (other) =>
      table(other.child.name) === table(key.child.name) &&
      table(other.parent.name) === table(key.parent.name) &&
      columns(other.columns) === columns(key.columns),
  );
  if (found.length > 1 && sameName.length === 0 && twins.length > 1) return null;
  return found.at(-1) ?? null;
}
