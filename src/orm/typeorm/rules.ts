/** TypeORM's own traps beside the common rules: what is written on the side that TypeORM does not read. Pure. */
import { commonFindings } from '../common-rules.ts';
import type { Declaration, Edit, LintInput, OrmFinding } from '../adapter.ts';
import { relationshipText, type Relationship } from '../facts.ts';
import { keyEdits } from '../key-edits.ts';
import { ormFinding } from '../key-rules.ts';
import { clauseOf } from '../match-keys.ts';
import { strayCascade } from '../stray-cascades.ts';
import { saidFor, viewsOf, type RelationshipView } from '../key-views.ts';

export function typeormFindings(input: LintInput, declaration: Declaration): readonly OrmFinding[] {
  const { relationships } = viewsOf(input);
  const version = `TypeORM ${input.facts.ormVersion ?? ''}`.trim();
  return [
    ...commonFindings(input, declaration),
    ...relationships.flatMap((view) => ofRelationship(view, version, declaration)),
  ];
}

function ofRelationship(
  view: RelationshipView,
  version: string,
  declaration: Declaration,
): readonly OrmFinding[] {
  const { direction, cascade } = view.relationship;
  const removes = cascade.includes('remove');
  switch (direction) {
    case 'one-to-many':
      return [...ignoredAction(view), ...ignoredCascade(view, version, declaration)];
    default:
      return removes ? stray(view) : [];
  }
}

/** `onDelete` beside the collection: TypeORM reads it on the side that holds the key alone. */
function ignoredAction(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, reverse, clause } = view;
  const written = relationship.written['onDelete'];
  if (written === undefined) return [];
  const meant = clauseOf(written)?.onDelete ?? null;
  const there = reverse === null ? `the other side, in ${relationship.target}` : relationshipText(reverse);
  const holds = view.declaredClause?.onDelete === meant && clause.onDelete === meant;
  const detail = `\`onDelete: '${written}'\` has no effect here; the key says ${clause.onDelete}.`;
  const move: Edit = {
    kind: 'model',
    target: there,
    place: reverse?.place ?? null,
    set: { onDelete: `'${written}'` },
    remove: [],
    text: `\`onDelete: '${written}'\` in the options of ${there}, if it is meant`,
  };
  return [
    ormFinding('ORM_ACTION_IGNORED', holds ? 'info' : 'warning', relationshipText(relationship), detail, {
      place: relationship.place,
      view,
      edits: [...(holds ? [] : [move]), without(relationship, 'onDelete')],
    }),
  ];
}

/** TypeORM before 1.0 never deletes by `cascade`, loaded or not. */
function ignoredCascade(
  view: RelationshipView,
  version: string,
  declaration: Declaration,
): readonly OrmFinding[] {
  const { relationship, clause } = view;
  const written = relationship.written['cascade'];
  if (written === undefined || relationship.cascade.includes('remove') || clause.onDelete === 'CASCADE')
    return [];
  const detail = `\`${written}\` deletes nothing in ${version}; the database says ${clause.onDelete}.`;
  // `true` is mostly written for what is saved
  const severity = written === 'cascade: true' ? 'info' : 'warning';
  const meant = saidFor(view) ?? { onDelete: 'CASCADE', onDeleteColumns: null };
  return [
    ormFinding('ORM_ACTION_IGNORED', severity, relationshipText(relationship), detail, {
      place: relationship.place,
      view,
      edits: [...keyEdits(view, meant, declaration), without(relationship, 'cascade')],
    }),
  ];
}

function stray(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  return strayCascade(view, {
    said: relationship.written['cascade'] ?? 'cascade',
    deletes: 'remove()',
    which: 'if that is loaded',
    edit: without(relationship, 'cascade'),
  });
}

function without(relationship: Relationship, option: 'onDelete' | 'cascade'): Edit {
  const what = option === 'cascade' ? '`remove` in `cascade`' : '`onDelete`';
  const written = relationship.written[option] ?? '';
  return {
    kind: 'model',
    target: relationshipText(relationship),
    place: relationship.place,
    set: {},
    remove: [option === 'cascade' ? written : `onDelete: '${written}'`],
    text: `${relationshipText(relationship)} without ${what}`,
  };
}
