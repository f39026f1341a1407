/** The exact edits that make models and database tell one story, in the order in which they have to be made. Pure. */
import { actionText } from '../action.ts';
import { clauseText, type DeleteClause, type TableName } from '../model.ts';
import { nameText } from '../pattern.ts';
import type { Edit } from './adapter.ts';
import { relationshipText, type Relationship } from './facts.ts';
import { refuses, saidFor, viewText, type KeyView, type RelationshipView } from './subjects.ts';
import { cascadesDelete } from './fates.ts';

export type Target = DeleteClause;
const all = (onDelete: Target['onDelete']): Target => ({ onDelete, onDeleteColumns: null });

/**
 * What the key should do in the end: what the policy or the model says; else CASCADE where either side deletes children already;
 * else what the database does; else what deletes nothing: SET NULL where the column accepts it, and the guard where it does not.
 */
export function targetOf(view: RelationshipView): Target {
  const said = saidFor(view);
  if (said !== null) return said;
  const { clause, relationship } = view;
  if (cascadesDelete(relationship) || clause.onDelete === 'CASCADE') return all('CASCADE');
  if (!refuses(clause.onDelete)) return clause;
  return view.refusesNull || view.inPrimaryKey ? clause : all('SET NULL');
}

/** Database first, then the model's key, then the relationship: `passive_deletes` before the database cascades would only fail. */
export function editsTowards(view: RelationshipView, target: Target): readonly Edit[] {
  return [...keyEdits(view, target), ...relationshipEdits(view, target)];
}

/** The edits of a key alone. */
export function keyEdits(view: KeyView, target: Target): readonly Edit[] {
  return [...databaseEdits(view, target), ...declarationEdits(view, target)];
}

function databaseEdits(view: KeyView, target: Target): readonly Edit[] {
  const current = view.live ?? view.declaredClause ?? all('NO ACTION');
  if (sameText(current, target)) return [];
  const match = patternFor(view);
  const onDelete = actionText(target);
  const text = `the database: policy rule \`match: '${match}'\` with \`onDelete: ${onDelete}\`; then \`ondelete generate\`, and run the file`;
  return [{ kind: 'database', match, onDelete, text }];
}

function declarationEdits(view: KeyView, target: Target): readonly Edit[] {
  const { declared, declaredClause } = view;
  if (declared === null) return [];
  const unsaid = declared.onDelete === null;
  if (unsaid ? refuses(target.onDelete) : declaredClause !== null && sameText(declaredClause, target))
    return [];
  const value = JSON.stringify(clauseText(target));
  const columns = view.reference.columns.join(', ');
  const call = view.reference.columns.length === 1 ? 'ForeignKey' : 'ForeignKeyConstraint';
  return [
    {
      kind: 'model',
      target: `${view.reference.child.name}(${columns})`,
      place: declared.place,
      set: { ondelete: value },
      remove: [],
      text: `${call}(…, ondelete=${value}) on ${columns}, so that the model says the same`,
    },
  ];
}

function relationshipEdits(view: RelationshipView, target: Target): readonly Edit[] {
  const { relationship } = view;
  const deletes = cascadesDelete(relationship);
  if (target.onDelete === 'CASCADE') {
    const orphan = relationship.cascade.includes('delete-orphan') || view.refusesNull;
    // with listeners on the child's deletes SQLAlchemy has to delete each child itself
    const passive = relationship.deleteEvents.length === 0;
    const cascade = orphan ? '"all, delete-orphan"' : '"all, delete"';
    const complete = deletes && (!orphan || relationship.cascade.includes('delete-orphan'));
    const set = {
      ...(complete ? {} : { cascade }),
      ...(passive && relationship.passiveDeletes !== true ? { passive_deletes: 'True' } : {}),
    };
    const remove = !passive && relationship.passiveDeletes !== false ? ['passive_deletes'] : [];
    return modelEdit(relationship, set, remove);
  }
  // ORM and database both set every column of the key to NULL: there is nothing to keep apart
  const alike = target.onDelete === 'SET NULL' && target.onDeleteColumns === null && !view.actionRefusesNull;
  const needed =
    relationship.loading === 'write_only' && relationship.passiveDeletes === false ? 'True' : null;
  const passive = alike ? needed : '"all"';
  const set = passive === null || relationship.passiveDeletes === 'all' ? {} : { passive_deletes: passive };
  return modelEdit(relationship, set, deletes ? ['cascade'] : []);
}

/** One edit of a relationship's arguments; nothing where there is nothing to change. */
export function modelEdit(
  relationship: Relationship,
  set: Readonly<Record<string, string>>,
  remove: readonly string[],
): readonly Edit[] {
  const given = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  if (given.length === 0 && remove.length === 0) return [];
  const inside = ['…', ...given].join(', ');
  const call = relationship.byReverse
    ? `backref(${[JSON.stringify(relationship.attribute), ...given].join(', ')})`
    : `${relationship.attribute} = relationship(${inside})`;
  const text = remove.length === 0 ? call : `${call} without ${remove.join(', ')}`;
  return [
    {
      kind: 'model',
      target: relationshipText(relationship),
      place: relationship.place,
      set,
      remove,
      text,
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

export { viewText };
