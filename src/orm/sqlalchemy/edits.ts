/** The edits that make SQLAlchemy's models and the database agree, in the order in which they have to be made. Pure. */
import { clauseText } from '../../core/names.ts';
import type { DeleteClause } from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import type { Edit } from '../findings.ts';
import type { WriteAction } from '../adapter.ts';
import type { Relationship } from '../facts.ts';
import { keyEdits, relationshipEdit } from '../key-edits.ts';
import type { RelationshipView } from '../key-views.ts';
import { clauseFor } from '../match-keys.ts';
import { cascadesDelete } from './truth-table.ts';

/**
 * What the key should do in the end: what the policy or the model says; else CASCADE where either side deletes children already;
 * else what the database does; else what deletes nothing: SET NULL where the column accepts it, and the guard where it does not.
 */
function targetOf(view: RelationshipView): DeleteClause {
  const { clause, relationship, intended } = view;
  if (intended !== null) return intended;
  if (cascadesDelete(relationship) || clause.onDelete === 'CASCADE') return clauseFor('CASCADE');
  const isKept = !isRefusing(clause.onDelete) || view.refusesNull || view.inPrimaryKey;
  return isKept ? clause : clauseFor('SET NULL');
}

/** Database first, then the model's key, then the relationship: `passive_deletes` before the database cascades would only fail. */
export function agreeingEdits(view: RelationshipView): readonly Edit[] {
  const target = targetOf(view);
  return [...keyEdits(view, target, sqlalchemyAction), ...relationshipEdits(view, target)];
}

export const sqlalchemyAction: WriteAction = ({ columns }, target) => {
  const ondelete = JSON.stringify(clauseText(target));
  const call = columns.length === 1 ? 'ForeignKey' : 'ForeignKeyConstraint';
  return { set: { ondelete }, text: `${call}(…, ondelete=${ondelete})` };
};

function relationshipEdits(view: RelationshipView, target: DeleteClause): readonly Edit[] {
  const { relationship } = view;
  const { cascade, passiveDeletes, deleteEvents, loading } = relationship;
  const deletes = cascadesDelete(relationship);
  if (target.onDelete === 'CASCADE') {
    const hasOrphan = cascade.includes('delete-orphan');
    const isComplete = deletes && (hasOrphan || !view.refusesNull);
    // with listeners on the child's deletes SQLAlchemy has to delete each child itself
    const isPassive = deleteEvents.length === 0;
    const all = hasOrphan || view.refusesNull ? '"all, delete-orphan"' : '"all, delete"';
    const set = {
      ...(isComplete ? {} : { cascade: all }),
      ...(isPassive && passiveDeletes !== true ? { passive_deletes: 'True' } : {}),
    };
    return argumentEdits(
      relationship,
      set,
      !isPassive && passiveDeletes !== false ? ['passive_deletes'] : [],
    );
  }
  // ORM and database both set every column of the key to NULL: they may do it together
  const isAlike = clauseText(target) === 'SET NULL' && !view.actionRefusesNull;
  const needed = loading === 'write_only' && passiveDeletes === false ? 'True' : null;
  const passive = isAlike ? needed : '"all"';
  const set = passive === null || passiveDeletes === 'all' ? {} : { passive_deletes: passive };
  return argumentEdits(relationship, set, deletes ? ['cascade'] : []);
}

/** One edit of a relationship's arguments; none where nothing changes. */
export function argumentEdits(
  relationship: Relationship,
  set: Readonly<Record<string, string>>,
  remove: readonly string[],
): readonly Edit[] {
  const given = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  if (given.length === 0 && remove.length === 0) return [];
  const { attribute, byReverse } = relationship;
  const call = byReverse
    ? `backref(${[JSON.stringify(attribute), ...given].join(', ')})`
    : `${attribute} = relationship(${['…', ...given].join(', ')})`;
  const text = remove.length === 0 ? call : `${call} without ${remove.join(', ')}`;
  return [relationshipEdit(relationship, text, { set, remove })];
}
