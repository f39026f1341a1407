/** The edits that make a key and its model agree on an action, for every ORM: the database first, then the model. Pure. */
import { clauseText } from '../../core/names.ts';
import type { DeleteClause, TableName } from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import { actionText } from '../../policy/actions.ts';
import { nameText } from '../../policy/pattern/print.ts';
import type { Edit } from '../finding.ts';
import type { WriteAction } from '../adapter.ts';
import { type KeyReference, keyTarget, type Relationship, relationshipText } from '../facts.ts';
import type { KeyView } from './key-views.ts';

export function keyEdits(view: KeyView, target: DeleteClause, writeAction: WriteAction): readonly Edit[] {
  return [...databaseEdits(view, target), ...modelEdits(view, target, writeAction)];
}

function databaseEdits(view: KeyView, target: DeleteClause): readonly Edit[] {
  // a key that is not there comes with the migration that makes it
  if (view.live === null || clauseText(view.live) === clauseText(target)) return [];
  const match = patternFor(view);
  const onDelete = actionText(target);
  // `generate` refuses SET NULL on a NOT NULL column
  const isBlocked = clauseText(target) === 'SET NULL' && view.refusesNull;
  const first = isBlocked ? `first make ${view.reference.columns.join(', ')} nullable, then ` : '';
  const text = `in the database: ${first}add the policy rule \`match: '${match}'\` with \`onDelete: ${onDelete}\`, run \`ondelete generate\` and apply the migration`;
  return [{ kind: 'database', match, onDelete, text }];
}

/** Whether a model that says nothing means this action. */
export function isUnsaid({ mustSayRestrict }: KeyView, { onDelete }: DeleteClause): boolean {
  return onDelete === 'NO ACTION' || (isRefusing(onDelete) && !mustSayRestrict);
}

function modelEdits(view: KeyView, target: DeleteClause, writeAction: WriteAction): readonly Edit[] {
  const { declared, declaredClause, reference } = view;
  if (declared === null) return [];
  const isSaid =
    declared.onDelete === null
      ? isUnsaid(view, target)
      : declaredClause !== null && clauseText(declaredClause) === clauseText(target);
  const written = isSaid ? null : writeAction(declared, target);
  if (written === null) return [];
  const columns = reference.columns.join(', ');
  const text = `${written.text} on ${columns}, so that the model says the same`;
  const { place } = declared;
  return [
    {
      kind: 'model',
      at: 'key',
      target: keyTarget(reference),
      place,
      set: written.set,
      remove: [],
      text,
    },
  ];
}

/** An edit of what a model says of a relationship. */
export function relationshipEdit(
  relationship: Relationship,
  text: string,
  { set = {}, remove = [] }: { set?: Readonly<Record<string, string>>; remove?: readonly string[] },
): Edit {
  return {
    kind: 'model',
    at: relationship.byReverse ? 'backref' : 'relationship',
    target: relationshipText(relationship),
    place: relationship.place,
    set,
    remove,
    text,
  };
}

/** A pattern of the policy that matches this key and nothing else. */
export function patternFor({ live, reference }: Pick<KeyView, 'live' | 'reference'>): string {
  const { child, columns, parent } = live ?? reference;
  return `${tablePattern(child)}(${columns.map(nameText).join(', ')}) -> ${tablePattern(parent)}`;
}

function tablePattern({ schema, name }: TableName | KeyReference['child']): string {
  return schema === null || schema === 'main' ? nameText(name) : `${nameText(schema)}.${nameText(name)}`;
}

/** `book.author_id`, for messages. */
export function columnsText({ reference: { child, columns } }: Pick<KeyView, 'reference'>): string {
  return columns.map((column) => `${child.name}.${column}`).join(', ');
}
