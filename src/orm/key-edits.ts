/** The edits that make a key and its declaration say one action, for every ORM: the database first, then the model. Pure. */
import { actionText } from '../policy/actions.ts';
import { clauseText, type DeleteClause, type TableName } from '../core/model.ts';
import { nameText } from '../policy/pattern/print.ts';
import type { Declaration, Edit } from './adapter.ts';
import { refuses, type KeyView } from './key-views.ts';

const noAction: DeleteClause = { onDelete: 'NO ACTION', onDeleteColumns: null };

/** @param declaration how this ORM's models say an action */
export function keyEdits(view: KeyView, target: DeleteClause, declaration: Declaration): readonly Edit[] {
  return [...databaseEdits(view, target), ...declarationEdits(view, target, declaration)];
}

function databaseEdits(view: KeyView, target: DeleteClause): readonly Edit[] {
  const current = view.live ?? view.declaredClause ?? noAction;
  if (sameText(current, target)) return [];
  const match = patternFor(view);
  const onDelete = actionText(target);
  // `generate` refuses it as it stands
  const needs =
    target.onDelete === 'SET NULL' && target.onDeleteColumns === null && view.refusesNull
      ? `make ${view.reference.columns.join(', ')} nullable, which SET NULL needs; then `
      : '';
  const text = `the database: ${needs}policy rule \`match: '${match}'\` with \`onDelete: ${onDelete}\`; then \`ondelete generate\`, and run the file`;
  return [{ kind: 'database', match, onDelete, text }];
}

function declarationEdits(view: KeyView, target: DeleteClause, declaration: Declaration): readonly Edit[] {
  const { declared, declaredClause } = view;
  if (declared === null) return [];
  const unsaid = declared.onDelete === null;
  if (unsaid ? refuses(target.onDelete) : declaredClause !== null && sameText(declaredClause, target))
    return [];
  const said = declaration(declared, target);
  if (said === null) return [];
  const columns = view.reference.columns.join(', ');
  return [
    {
      kind: 'model',
      target: `${view.reference.child.name}(${columns})`,
      place: declared.place,
      set: said.set,
      remove: [],
      text: `${said.text} on ${columns}, so that the model says the same`,
    },
  ];
}

/** The key as a pattern of a policy that matches it and nothing else. */
export function patternFor(view: Pick<KeyView, 'live' | 'reference'>): string {
  const { live, reference } = view;
  const side = (table: KeyView['reference']['child'] | TableName, columns: readonly string[]): string => {
    const schema = table.schema === null || table.schema === 'main' ? '' : `${nameText(table.schema)}.`;
    return `${schema}${nameText(table.name)}${columns.length === 0 ? '' : `(${columns.map(nameText).join(', ')})`}`;
  };
  return live === null
    ? `${side(reference.child, reference.columns)} -> ${side(reference.parent, [])}`
    : `${side(live.child, live.columns)} -> ${side(live.parent, [])}`;
}

/** `book.author_id`, for messages. */
export function columnsText(view: Pick<KeyView, 'reference'>): string {
  return view.reference.columns.map((column) => `${view.reference.child.name}.${column}`).join(', ');
}

function sameText(a: DeleteClause, b: DeleteClause): boolean {
  return clauseText(a) === clauseText(b);
}
