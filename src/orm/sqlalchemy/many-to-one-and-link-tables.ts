/** Relationships that hold no children: the side with the key, link tables, views. Pure. */
import type { OrmFinding } from '../finding.ts';
import { relationshipText } from '../facts.ts';
import { relationshipFinding } from '../lint/key-findings.ts';
import type { RelationshipView } from '../lint/key-views.ts';
import { argumentEdits } from './edits.ts';
import { cascadesDelete } from './truth-table.ts';

export function manyToOne(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, reverse } = view;
  const { owner, target, passiveDeletes, singleParent } = relationship;
  const found: OrmFinding[] = [];
  const collection = reverse === null ? `the collection of ${target}` : relationshipText(reverse);
  if (cascadesDelete(relationship) && !singleParent) {
    const detail = `Deleting one ${owner} deletes its ${target}. If deleting the ${target} was meant to delete these, the cascade belongs to ${collection}.`;
    const edits = argumentEdits(relationship, {}, ['cascade']);
    found.push(relationshipFinding(view, 'ORM_CASCADE_ON_MANY_TO_ONE', 'error', detail, { edits }));
  }
  if (passiveDeletes !== false) {
    const detail = `It belongs to ${collection}.`;
    const edits = argumentEdits(relationship, {}, ['passive_deletes']);
    found.push(relationshipFinding(view, 'ORM_PASSIVE_DELETES_ON_MANY_TO_ONE', 'warning', detail, { edits }));
  }
  return found;
}

/** One finding for the relationship, not for each of its two keys. */
export function manyToMany(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  const { owner, target, keys, singleParent } = relationship;
  if (!cascadesDelete(relationship) || view.reference !== keys[0]) return [];
  const others = singleParent ? '' : ', even where others are linked to it';
  const detail = `Deleting one ${owner} deletes every linked ${target}${others}.`;
  const edits = argumentEdits(relationship, {}, ['cascade']);
  return [relationshipFinding(view, 'ORM_CASCADE_THROUGH_SECONDARY', 'error', detail, { edits })];
}

export function viewOnly(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  const written = relationship.written['cascade'] ?? '';
  if (!/\b(delete|all)\b/.test(written) || view.reference !== relationship.keys[0]) return [];
  const detail = `It has cascade=${written} and viewonly=True.`;
  const edits = argumentEdits(relationship, {}, ['cascade']);
  return [relationshipFinding(view, 'ORM_VIEWONLY_CASCADE', 'warning', detail, { edits })];
}
