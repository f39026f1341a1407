/** The edits that make SQLAlchemy's models and the database agree, in the order in which they have to be made. Pure. */
import { clauseText } from '../../core/names.ts';
import type { DeleteClause } from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import type { Edit } from '../finding.ts';
import type { WriteAction } from '../adapter.ts';
import type { Relationship } from '../facts.ts';
import { keyEdits, relationshipEdit } from '../lint/key-edits.ts';
import type { RelationshipView } from '../lint/key-views.ts';
import { clauseFor } from '../lint/match-keys.ts';
import { cascadesDelete } from './truth-table.ts';

/** What a delete of a parent should do with the children in the end, and who does it. */
export interface End {
  readonly clause: DeleteClause;
  /** `orm`: SQLAlchemy deletes each child itself, and what it does not see is refused. */
  readonly by: 'database' | 'orm';
}

/**
 * What the policy or the model says; else CASCADE where the model or the database shows that children are to be deleted; else what
 * the database does; else what deletes nothing: SET NULL where the column accepts it, and the guard where it does not.
 */
export function endOf(view: RelationshipView): End {
  const { clause, intended, wanted } = view;
  if (isLeftToOrm(view)) return { clause, by: 'orm' };
  const isDelete = intended === null ? wantsDelete(view) : intended.onDelete === 'CASCADE';
  if (isDelete && reasonsForOrm(view).length > 0)
    return wanted === null ? byOrm(view) : { clause: wanted, by: 'orm' };
  if (intended !== null) return { clause: intended, by: 'database' };
  if (isDelete) return { clause: clauseFor('CASCADE'), by: 'database' };
  return isRefusing(clause.onDelete) ? keeping(view) : { clause, by: 'database' };
}

/** The key refuses what SQLAlchemy does not delete itself. */
export function byOrm({ clause }: RelationshipView): End {
  return { clause: isRefusing(clause.onDelete) ? clause : clauseFor('NO ACTION'), by: 'orm' };
}

/** SET NULL, or the guard where the column does not accept it. */
export function keeping({ clause, refusesNull, inPrimaryKey }: RelationshipView): End {
  const refusing = isRefusing(clause.onDelete) ? clause : clauseFor('NO ACTION');
  return { clause: refusesNull || inPrimaryKey ? refusing : clauseFor('SET NULL'), by: 'database' };
}

/** Some cascade is written for these children, be it on the wrong side, or the database has one. */
function wantsDelete({ relationship, reverse, clause }: RelationshipView): boolean {
  const isMisplaced =
    reverse?.direction === 'many-to-one' && cascadesDelete(reverse) && !reverse.singleParent;
  return cascadesDelete(relationship) || clause.onDelete === 'CASCADE' || isMisplaced;
}

/** Why SQLAlchemy should delete each child itself. */
export function reasonsForOrm({ relationship }: Pick<RelationshipView, 'relationship'>): readonly string[] {
  const { deleteEvents, deletesByOrm, target } = relationship;
  const listeners =
    deleteEvents.length === 0 ? [] : [`${target} has listeners for ${deleteEvents.join(' and ')}`];
  return [...listeners, ...deletesByOrm];
}

/** NO ACTION written beside a cascade and listeners: SQLAlchemy deletes each child, and the key refuses what would pass them by. */
export function isLeftToOrm({ relationship, declaredClause, wanted, clause }: RelationshipView): boolean {
  const isSaid = declaredClause?.onDelete === 'NO ACTION' && wanted === null;
  return (
    isSaid &&
    isRefusing(clause.onDelete) &&
    cascadesDelete(relationship) &&
    reasonsForOrm({ relationship }).length > 0
  );
}

/** Database first, then the model's key, then the relationship: `passive_deletes` before the database cascades would only fail. */
export function editsTowards(view: RelationshipView, end: End): readonly Edit[] {
  return [...keyEdits(view, end.clause, sqlalchemyAction), ...relationshipEdits(view, end)];
}

export const sqlalchemyAction: WriteAction = ({ columns }, target) => {
  const ondelete = JSON.stringify(clauseText(target));
  const call = columns.length === 1 ? 'ForeignKey' : 'ForeignKeyConstraint';
  return { set: { ondelete }, text: `${call}(…, ondelete=${ondelete})` };
};

function relationshipEdits(view: RelationshipView, { clause, by }: End): readonly Edit[] {
  const { relationship } = view;
  const { cascade, passiveDeletes, loading } = relationship;
  const deletes = cascadesDelete(relationship);
  if (clause.onDelete === 'CASCADE' || by === 'orm') {
    const hasOrphan = cascade.includes('delete-orphan');
    const isComplete = deletes && (hasOrphan || !view.refusesNull);
    const isPassive = by === 'database';
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
  const isAlike = clauseText(clause) === 'SET NULL' && !view.actionRefusesNull;
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
  if (Object.keys(set).length === 0 && remove.length === 0) return [];
  const { attribute, byReverse } = relationship;
  // whoever writes the call as it stands here loses nothing that is there about deletes
  const stated: Readonly<Record<string, string>> = { ...writtenAlready(relationship), ...set };
  const given = ['cascade', 'passive_deletes'].flatMap((name) => {
    const value = stated[name];
    return value === undefined || remove.includes(name) ? [] : `${name}=${value}`;
  });
  const call = byReverse
    ? `backref(${[JSON.stringify(attribute), '…', ...given].join(', ')})`
    : `${attribute} = relationship(${['…', ...given].join(', ')})`;
  const text = remove.length === 0 ? call : `${call} without ${remove.join(', ')}`;
  return [relationshipEdit(relationship, text, { set, remove })];
}

function writtenAlready({ written, passiveDeletes }: Relationship): Readonly<Record<string, string>> {
  const cascade = written['cascade'];
  return {
    // Python shows its texts in single quotes
    ...(cascade === undefined ? {} : { cascade: cascade.replaceAll("'", '"') }),
    ...(passiveDeletes === false ? {} : { passive_deletes: passiveDeletes === true ? 'True' : '"all"' }),
  };
}
