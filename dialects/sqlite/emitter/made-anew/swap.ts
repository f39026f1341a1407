/**
 * On Cloudflare D1 one column can be replaced instead of its table: a new one with the new action, the values, and the old one's name.
 * It costs one write per row and touches no other table, but the column moves to the end of the table. Only for a key of a single
 * column that is declared with the column; what else SQLite refuses here is said by isSwappable.
 */
import type { Ddl } from '../../../sql/ddl.ts';
import { guard } from '../../../sql/guard.ts';
import type { Change, Statement, Table } from '../../../../src/core/model.ts';
import type { SchemaIndex } from '../../../../src/core/schema-index.ts';
import { mostColumns } from '../../checks/d1.ts';
import { type Definition, type KeyClause, readDefinition } from '../../text/create-table.ts';
import { withDeleteClause } from '../../text/clause-edit.ts';
import { textLiteral } from '../../text/literals.ts';
import { keyText } from '../../../../src/core/names.ts';
import { main, sameName } from '../../text/names.ts';
import { is, tokenize } from '../../text/tokens.ts';
import type { KeyEdit } from '../key-table.ts';
import { group, wholeDatabase } from './statements.ts';

/** One column to replace. */
export interface Swap {
  readonly table: Table;
  readonly column: string;
  readonly parent: string;
  /** What stands behind the column's name, before and after the change. */
  readonly before: string;
  readonly after: string;
}

/** The swap of a change, or null where only a rebuild can make it. */
export function swapOf({ foreignKey }: Change, edit: KeyEdit, schema: SchemaIndex): Swap | null {
  const table = schema.table(foreignKey.child);
  const definition = table?.definition == null ? null : readDefinition(table.definition);
  const [name = ''] = foreignKey.columns;
  const column = table?.columns.find((one) => sameName(one.name, name));
  if (table === null || definition === null || column === undefined) return null;
  const clause = definition.keys[definition.keys.length - 1 - edit.id];
  if (clause === undefined || !isSwappable(table, definition, clause, column.name, schema)) return null;
  if (!column.nullable || column.hasDefault || column.generated !== null) return null;
  return {
    table,
    column: column.name,
    parent: foreignKey.parent.name,
    before: behindName(definition.text, definition, clause),
    after: behindName(withDeleteClause(definition.text, clause, edit.to), definition, clause),
  };
}

/**
 * SQLite drops no column that a key of another kind, an index of the table's own, a CHECK, a trigger or a view uses, and none at all where
 * a view or trigger is broken. A view that names the table may use the column without naming it (`SELECT *`).
 */
function isSwappable(
  table: Table,
  definition: Definition,
  clause: KeyClause,
  column: string,
  schema: SchemaIndex,
): boolean {
  const isNamed = (text: string): boolean => tokenize(text).some((token) => sameName(token.value, column));
  const own = definition.keys.filter((key) => key.columns.some((one) => sameName(one, column)));
  const isOfTable = definition.tokens.some((token) => token.start === clause.start && is(token, 'FOREIGN'));
  const isParent = schema.snapshot.foreignKeys.some(
    ({ parent, parentColumns }) =>
      parent.name === table.name && parentColumns.some((one) => sameName(one, column)),
  );
  const isUnique = table.indexes.some(
    (index) => index.unique && index.columns.some((one) => one !== null && sameName(one, column)),
  );
  const isUsed =
    definition.checks.some(isNamed) ||
    (table.stored ?? []).some(({ kind }) => kind === 'trigger') ||
    table.columns.some(({ generated }) => generated !== null) ||
    (table.readBy ?? []).length > 0 ||
    schema.snapshot.unreadable !== undefined ||
    table.columns.length >= mostColumns;
  return own.length === 1 && !isOfTable && !isParent && !isUnique && !isUsed;
}

/** The text of a column behind its name, to the comma or parenthesis that ends it. */
function behindName(text: string, { tokens }: Definition, clause: KeyClause): string {
  const changed = readDefinition(text);
  const at = tokens.findIndex((token) => token.start === clause.start);
  const all = changed?.tokens ?? [];
  let depth = 0;
  let end = at;
  while (end < all.length && (depth > 0 || !(is(all[end], ',') || is(all[end], ')')))) {
    if (is(all[end], '(')) depth++;
    if (is(all[end], ')')) depth--;
    end++;
  }
  return text.slice(all[at]?.end, all[end - 1]?.end).trim();
}

/** The way back of a swap: the column stays where it is now. */
export function swappedBack(swap: Swap): Swap {
  return { ...swap, before: swap.after, after: swap.before };
}

const guardTable = `CREATE TABLE ondelete_guard (
  ok CONSTRAINT "ondelete: nothing was changed, because the key or a trigger of its table is not what this file was written for" CHECK (ok = 1))`;

export function swapStatements(
  ddl: Ddl,
  { after, column, parent, table }: Swap,
  { child, foreignKey, from, to }: KeyEdit,
  { plain, withOperations }: { readonly plain: boolean; readonly withOperations: boolean },
): readonly Statement[] {
  const [name, old, draft] = [table.name, column, `${column}__ondelete`].map((one) => ddl.text(ddl.id(one)));
  const indexes = (table.stored ?? []).filter(({ sql }) =>
    tokenize(sql).some((token) => sameName(token.value, column)),
  );
  const add = `ALTER TABLE ${name} ADD COLUMN ${draft} ${after}`;
  const comment = `${keyText(foreignKey)}: ${from} becomes ${to}`;
  const purpose = `${comment}; the column moves to the end of ${child}`;
  const operations = withOperations
    ? [{ sql: add, comment: purpose, locks: [wholeDatabase], scans: [main(table.name)] }]
    : [];
  const own = textLiteral(ddl, child);
  const state = `SELECT count(*) FROM pragma_foreign_key_list(${own})
  WHERE "from" = ${textLiteral(ddl, column)} COLLATE NOCASE AND "table" = ${textLiteral(ddl, parent)} COLLATE NOCASE`;
  const guards = plain ? [] : [`${state} AND on_delete IN ('${from}', '${to}')`];
  const done = plain ? [] : [`${state} AND on_delete = '${to}'`];
  return [
    ...guards.flatMap((query) =>
      group('stops unless the key has the old or the new action, and no trigger would fire', [
        guardTable,
        `INSERT INTO ondelete_guard ${query}`,
        `INSERT INTO ondelete_guard SELECT NOT EXISTS (SELECT * FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ${own} COLLATE NOCASE)`,
      ]),
    ),
    { sql: add, comment, operations },
    guard(`UPDATE ${name} SET ${draft} = ${old}`),
    ...indexes.map((index) => guard(`DROP INDEX ${ddl.text(ddl.id(index.name))}`)),
    guard(`ALTER TABLE ${name} DROP COLUMN ${old}`),
    guard(`ALTER TABLE ${name} RENAME COLUMN ${draft} TO ${old}`),
    ...indexes.map(({ sql }) => guard(sql)),
    ...done.map((query) => guard(`INSERT INTO ondelete_guard ${query}`)),
    ...(plain ? [] : [guard('DROP TABLE ondelete_guard')]),
  ];
}
