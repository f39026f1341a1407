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
  const reader = readerOf(tokens);
  const isNew = reader.isWord(0, 'CREATE');
  if (!isNew && !reader.isWord(0, 'ALTER')) return [];
  const table = reader.behind('TABLE');
  if (table === null || table > 4) return [];
  let at = table;
  const doubtful = isNew && reader.isWord(at, 'IF');
  while (['IF', 'NOT', 'EXISTS', 'ONLY'].some((word) => reader.isWord(at, word))) at++;
  const child = reader.nameAt(at);
  if (child === null) return [];
  return itemsOf(tokens, child.behind, isNew).flatMap((item) => {
    const found = keyOf(item);
    return found === null ? [] : [{ ...found, file, child: child.name, doubtful }];
  });
}

/** What stands between the commas: columns and constraints of a new table, changes of one that is there. */
function itemsOf(
  tokens: readonly SqlToken[],
  from: number,
  isNew: boolean,
): readonly (readonly SqlToken[])[] {
  const items: SqlToken[][] = [[]];
  const wanted = isNew ? 1 : 0;
  let depth = 0;
  for (const token of tokens.slice(from)) {
    const sign = token.kind === 'sign' ? token.value : '';
    if (sign === ')') depth--;
    if (depth < wanted && isNew) {
      if (sign === ')') break;
    } else if (sign === ',' && depth === wanted) items.push([]);
    else items.at(-1)?.push(token);
    if (sign === '(') depth++;
  }
  return items;
}

function keyOf(item: readonly SqlToken[]): Omit<DeclaredKey, 'file' | 'child' | 'doubtful'> | null {
  const reader = readerOf(item);
  const references = reader.find('REFERENCES');
  if (references === null) return null;
  const parent = reader.nameAt(references + 1);
  if (parent === null) return null;
  const named = reader.find('CONSTRAINT');
  const constraint = named === null ? null : (reader.nameAt(named + 1)?.name.name ?? null);
  const key = reader.find('FOREIGN');
  if (key !== null) {
    const opening = item.findIndex((token, at) => at > key && token.kind === 'sign' && token.value === '(');
    const columns = reader.listAt(opening);
    const line = item[key]?.line ?? 1;
    return columns === null || opening > references
      ? null
      : { line, constraint, columns, parent: parent.name };
  }
  let at = 0;
  while (
    ['ADD', 'COLUMN', 'IF', 'NOT', 'EXISTS', '('].some(
      (word) => reader.isWord(at, word) || reader.isSign(at, word),
    )
  )
    at++;
  const column = reader.nameAt(at);
  if (column === null || column.name.schema !== null || at >= references) return null;
  return { line: item[references]?.line ?? 1, constraint, columns: [column.name.name], parent: parent.name };
}

interface Reader {
  isWord(at: number, word: string): boolean;
  isSign(at: number, sign: string): boolean;
  /** The first place of a word outside parentheses. */
  find(word: string): number | null;
  behind(word: string): number | null;
  nameAt(at: number): { readonly name: Name; readonly behind: number } | null;
  /** The names in the parentheses that open here. */
  listAt(at: number): readonly string[] | null;
}

function readerOf(tokens: readonly SqlToken[]): Reader {
  const isWord = (at: number, word: string): boolean =>
    tokens[at]?.kind === 'word' && tokens[at].value.toUpperCase() === word;
  const isSign = (at: number, sign: string): boolean =>
    tokens[at]?.kind === 'sign' && tokens[at].value === sign;
  const textAt = (at: number): string | null => {
    const token = tokens[at];
    // SQLite takes a name in the quotes of texts
    return token !== undefined && ['word', 'name', 'string'].includes(token.kind) ? token.value : null;
  };
  const find = (word: string): number | null => {
    let depth = 0;
    for (let at = 0; at < tokens.length; at++) {
      if (isSign(at, '(')) depth++;
      else if (isSign(at, ')')) depth--;
      else if (depth === 0 && isWord(at, word)) return at;
    }
    return null;
  };
  return {
    isWord,
    isSign,
    find,
    behind: (word) => {
      const at = find(word);
      return at === null ? null : at + 1;
    },
    nameAt(at) {
      const first = textAt(at);
      if (first === null) return null;
      if (!isSign(at + 1, '.')) return { name: { schema: null, name: first }, behind: at + 1 };
      const second = textAt(at + 2);
      return second === null ? null : { name: { schema: first, name: second }, behind: at + 3 };
    },
    listAt(at) {
      if (!isSign(at, '(')) return null;
      const names: string[] = [];
      for (let next = at + 1; ; next += 2) {
        const name = textAt(next);
        if (name === null) return null;
        names.push(name);
        if (isSign(next + 1, ')')) return names;
        if (!isSign(next + 1, ',')) return null;
      }
    },
  };
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
