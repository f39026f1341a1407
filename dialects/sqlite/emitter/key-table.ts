/** The keys to change as rows of a temporary table: all that is particular to a file. */
import type { Ddl } from '../../sql/ddl.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import type { ForeignKey, ReferentialAction } from '../../../src/core/model.ts';
import { filled, textLiteral } from '../text/literals.ts';

/** One clause to edit, and how to know its key from the others at the time the file runs. */
export interface KeyEdit {
  /** In the order in which the texts are edited, from 1. */
  readonly number: number;
  readonly foreignKey: ForeignKey;
  readonly child: string;
  /** As pragma foreign_key_list numbers it. */
  readonly id: number;
  /** Which of the keys with these very columns and parent, in the order of the text, from 1, and how many there are. */
  readonly place: number;
  readonly alike: number;
  readonly from: ReferentialAction;
  readonly to: ReferentialAction;
  /** Behind `text`, `was` becomes `becomes` in the stored text. */
  readonly text: string;
  readonly was: string;
  readonly becomes: string;
  /** What a row of the table says of it in both directions: child, columns, parent, its columns and `text`, as literals. */
  readonly listed: string;
}

/** The way back, last edit first. */
export function reversed(edits: readonly KeyEdit[]): readonly KeyEdit[] {
  return edits.toReversed().map((edit, at) => ({
    ...edit,
    number: at + 1,
    from: edit.to,
    to: edit.from,
    was: edit.becomes,
    becomes: edit.was,
  }));
}

/** Names are compared as SQLite compares them. `id` and `action` are what the database says of a key when the file runs. */
export const createKeys = `CREATE TEMP TABLE ondelete_key (number INTEGER PRIMARY KEY, child COLLATE NOCASE, columns COLLATE NOCASE, parent COLLATE NOCASE,
  parent_columns COLLATE NOCASE, old, new, text, was, becomes, before AS (text || was), after AS (text || becomes), place DEFAULT 1, alike DEFAULT 1,
  id, action, key AS (child || '(' || columns || ') -> ' || parent), UNIQUE (child, number), UNIQUE (child, id))`;

/** What changes is said once for all keys that change alike; a row for each of them says which. */
export function insertKeys(ddl: Ddl, edits: readonly KeyEdit[]): readonly string[] {
  const alike = groupBy(edits, ({ from, to, was, becomes }) => `${from}\0${to}\0${was}\0${becomes}`);
  return [...alike.values()].flatMap((group) => {
    const rows = group.map(({ listed, number }) => `  (${number}, ${listed})`).join(',\n');
    return group.slice(0, 1).map(({ from, to, was, becomes }) => {
      const change = [from, to, was, becomes].map((text) => `${textLiteral(ddl, text)},`);
      return `${insertInto}\n${filled(['SELECT', ...change, '* FROM (VALUES'], '  ')}\n${rows})`;
    });
  });
}

const insertInto =
  'INSERT INTO ondelete_key (old, new, was, becomes, number, child, columns, parent, parent_columns, text)';

export function listed(ddl: Ddl, values: readonly string[]): string {
  const literals = values.map((value) => textLiteral(ddl, value));
  const pieces = literals.map((literal, at) => (at === literals.length - 1 ? literal : `${literal},`));
  return filled(pieces, '    ', '  (00000, )'.length);
}

/** For the few keys that have the same columns and parent as another one of their table. */
export function placesOfKeys(edits: readonly KeyEdit[]): readonly string[] {
  return edits.flatMap(({ alike, number, place }) =>
    alike === 1
      ? []
      : [`UPDATE ondelete_key SET place = ${place}, alike = ${alike} WHERE number = ${number}`],
  );
}

/** One text for a list of names; a comma within a name is doubled, so that no two lists have the same text. */
export function joined(names: readonly string[]): string {
  return names.map((name) => name.replaceAll(',', ',,')).join(', ');
}
