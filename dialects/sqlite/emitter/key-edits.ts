/** From changes to the edits of the stored texts, each in the order in which the texts are edited. */
import type { Ddl } from '../../sql/ddl.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { keyText } from '../../../src/core/names.ts';
import type { Change } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { anchoredEdit, headsOf, withDeleteClause } from '../text/clause-edit.ts';
import { type KeyClause, readDefinition } from '../text/create-table.ts';
import { main, sameName, sameNames } from '../text/names.ts';
import { joined, type KeyEdit, listed } from './key-table.ts';

interface NumberedChange {
  readonly change: Change;
  /** Its place among all changes, from 1. */
  readonly number: number;
}

/** The edits in the order of the changes. */
export function editsOf(ddl: Ddl, changes: readonly Change[], schema: SchemaIndex): readonly KeyEdit[] {
  const numbered = changes.map((change, index): NumberedChange => ({ change, number: index + 1 }));
  const tables = groupBy(numbered, ({ change }) => change.foreignKey.child.name);
  return [...tables]
    .flatMap(([table, own]) => editsOfTable(ddl, table, own, schema))
    .sort((a, b) => a.number - b.number);
}

/** Each edit counts on the text that the ones before it leave. */
function editsOfTable(
  ddl: Ddl,
  table: string,
  changes: readonly NumberedChange[],
  schema: SchemaIndex,
): readonly KeyEdit[] {
  const heads = headsOf(table);
  const edited = new Set<number>();
  let text = schema.table(main(table))?.definition ?? '';
  let clauses = readDefinition(text)?.keys ?? [];
  return changes.map(({ change, number }): KeyEdit => {
    const place = clauses.findIndex((each, k) => isClauseOf(each, change) && !edited.has(k));
    const clause = clauses[place];
    if (clause === undefined)
      throw new OndeleteError(
        'INTERNAL',
        `the clause of ${keyText(change.foreignKey)} is not in the stored text`,
      );
    const to = change.to.onDelete;
    const alike = clauses.filter((other) => other === clause || isAlike(other, clause));
    const changed = withDeleteClause(text, clause, to);
    const edit = anchoredEdit(heads, text, clause, changed);
    const behind = clause.action?.end ?? clause.insertAt;
    const grown = changed.length - text.length;
    edited.add(place);
    text = changed;
    clauses = clauses.map((each, k) => (k > place ? moved(each, behind, grown) : each));
    const { columns, parent, parentColumns } = clause;
    return {
      number,
      child: table,
      foreignKey: change.foreignKey,
      id: clauses.length - 1 - place,
      place: alike.indexOf(clause) + 1,
      alike: alike.length,
      from: change.from.onDelete,
      to,
      text: edit.text,
      was: edit.was,
      becomes: edit.becomes,
      listed: listed(ddl, [table, joined(columns), parent, joined(parentColumns ?? []), edit.text]),
    };
  });
}

/** A clause whose text has grown before it; two keys of one column both start with it. */
function moved(clause: KeyClause, behind: number, grown: number): KeyClause {
  const { action, insertAt, start } = clause;
  return {
    ...clause,
    start: start < behind ? start : start + grown,
    insertAt: insertAt + grown,
    action: action === null ? null : { start: action.start + grown, end: action.end + grown },
  };
}

function isClauseOf(clause: KeyClause, { foreignKey, from }: Change): boolean {
  return (
    clause.name === foreignKey.name &&
    clause.onDelete === from.onDelete &&
    sameNames(clause.columns, foreignKey.columns) &&
    sameName(clause.parent, foreignKey.parent.name) &&
    (clause.parentColumns === null) === foreignKey.parentColumnsImplied &&
    (clause.parentColumns === null || sameNames(clause.parentColumns, foreignKey.parentColumns))
  );
}

/** Whether pragma foreign_key_list says the same of both keys but for their ids and actions. */
function isAlike(a: KeyClause, b: KeyClause): boolean {
  const sameParentColumns =
    a.parentColumns === null || b.parentColumns === null
      ? a.parentColumns === b.parentColumns
      : sameNames(a.parentColumns, b.parentColumns);
  return sameParentColumns && sameName(a.parent, b.parent) && sameNames(a.columns, b.columns);
}
