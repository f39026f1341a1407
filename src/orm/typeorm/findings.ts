/** TypeORM's own traps: what is written on the side that TypeORM does not read, and cascades that go up or through a link table. Pure. */
import type { Edit, OrmFinding } from '../finding.ts';
import type { WriteAction } from '../adapter.ts';
import { commonFindings } from '../lint/common-findings.ts';
import { type Relationship, relationshipText } from '../facts.ts';
import { keyEdits, relationshipEdit } from '../lint/key-edits.ts';
import { relationshipFinding } from '../lint/key-findings.ts';
import type { RelationshipView, Views } from '../lint/key-views.ts';
import { clauseFor, clauseOf } from '../lint/match-keys.ts';
import { strayCascade } from '../lint/stray-cascades.ts';

export function typeormFindings(views: Views): readonly OrmFinding[] {
  const version = `TypeORM ${views.facts.ormVersion ?? ''}`.trim();
  return [
    ...commonFindings(views, typeormAction),
    ...views.relationships.flatMap((view) => {
      const { direction, cascade, written } = view.relationship;
      if (direction === 'one-to-many') return [...ignoredAction(view), ...ignoredCascade(view, version)];
      if (!cascade.includes('remove')) return [];
      return strayCascade(view, {
        written: written['cascade'] ?? 'cascade',
        deletes: 'remove()',
        ifLoaded: true,
        edit: without(view.relationship, 'cascade'),
      });
    }),
  ];
}

/** The options of the side that holds the key; TypeORM has words for whole keys only, and none for SET DEFAULT. */
const typeormAction: WriteAction = (_, { onDelete, onDeleteColumns }) => {
  if (onDelete === 'SET DEFAULT' || onDeleteColumns !== null) return null;
  const option = `onDelete: '${onDelete}'`;
  return { set: { onDelete: `'${onDelete}'` }, text: `\`${option}\` in the options of the relation` };
};

/** `onDelete` beside the collection: TypeORM reads it only on the side that holds the key. */
function ignoredAction(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, reverse, clause } = view;
  const written = relationship.written['onDelete'];
  if (written === undefined) return [];
  const meant = clauseOf(written)?.onDelete ?? null;
  const isSo = view.declaredClause?.onDelete === meant && clause.onDelete === meant;
  const detail = `\`onDelete: '${written}'\` has no effect on this side; the key is ${clause.onDelete}.`;
  const edits = [...(isSo ? [] : [moved(written, relationship, reverse)]), without(relationship, 'onDelete')];
  return [relationshipFinding(view, 'ORM_ACTION_IGNORED', isSo ? 'info' : 'warning', detail, { edits })];
}

function moved(written: string, { target }: Relationship, reverse: Relationship | null): Edit {
  const side = reverse === null ? `the other side, in ${target}` : relationshipText(reverse);
  const text = `\`onDelete: '${written}'\` in the options of ${side}, if it is meant`;
  const set = { onDelete: `'${written}'` };
  return {
    kind: 'model',
    at: 'relationship',
    target: side,
    place: reverse?.place ?? null,
    set,
    remove: [],
    text,
  };
}

/** TypeORM before 1.0 never deletes by `cascade`, loaded or not. */
function ignoredCascade(view: RelationshipView, version: string): readonly OrmFinding[] {
  const { relationship, clause } = view;
  const written = relationship.written['cascade'];
  const isUsed = relationship.cascade.includes('remove') || clause.onDelete === 'CASCADE';
  if (written === undefined || isUsed) return [];
  const detail = `\`${written}\` deletes nothing in ${version}; the database has ${clause.onDelete}.`;
  // `true` is mostly written for what is saved
  const severity = written === 'cascade: true' ? 'info' : 'warning';
  const meant = view.intended ?? clauseFor('CASCADE');
  const edits = [...keyEdits(view, meant, typeormAction), without(relationship, 'cascade')];
  return [relationshipFinding(view, 'ORM_ACTION_IGNORED', severity, detail, { edits })];
}

function without(relationship: Relationship, option: 'onDelete' | 'cascade'): Edit {
  const what = option === 'cascade' ? '`remove` in `cascade`' : '`onDelete`';
  const written = relationship.written[option] ?? '';
  const remove = [option === 'cascade' ? written : `onDelete: '${written}'`];
  return relationshipEdit(relationship, `${relationshipText(relationship)} without ${what}`, { remove });
}
