/** The exact edits that make SQLAlchemy’s models and the database tell one story, in the order in which they have to be made. Pure. */
import { clauseText, type DeleteClause } from '../../core/model.ts';
import type { Declaration, Edit } from '../adapter.ts';
import { relationshipText, type Relationship } from '../facts.ts';
import { cascadesDelete } from './truth-table.ts';
import { keyEdits } from '../key-edits.ts';
import { refuses, saidFor, type RelationshipView } from '../key-views.ts';

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
  return [...keyEdits(view, target, declaration), ...relationshipEdits(view, target)];
}

/** `ForeignKey(…, ondelete="CASCADE")`. */
export const declaration: Declaration = (key, target) => {
  const ondelete = JSON.stringify(clauseText(target));
  const call = key.columns.length === 1 ? 'ForeignKey' : 'ForeignKeyConstraint';
  return { set: { ondelete }, text: `${call}(…, ondelete=${ondelete})` };
};

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
