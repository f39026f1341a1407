/** Cascades that leave the way from a parent to its children: up to the parent, or through a link table. Pure. */
import type { Edit, OrmFinding } from './adapter.ts';
import { relationshipText } from './facts.ts';
import { ormFinding } from './key-rules.ts';
import type { RelationshipView } from './key-views.ts';

/** How an ORM speaks of such a cascade. */
export interface StrayWords {
  /** As the model writes it. */
  readonly said: string;
  /** `remove()`. */
  readonly deletes: string;
  /** Which of them go: `that is loaded`; empty for all. */
  readonly which: string;
  readonly edit: Edit;
}

/** Told once for the relationship, though it has a view for each key of a link table; nothing about collections of children. */
export function strayCascade(view: RelationshipView, words: StrayWords): readonly OrmFinding[] {
  const { relationship } = view;
  const { owner, target, direction, place } = relationship;
  const { said, deletes, edit } = words;
  const which = words.which === '' ? '' : ` ${words.which}`;
  if (direction === 'one-to-many' || view.reference !== relationship.keys[0]) return [];
  const upwards = direction === 'many-to-one';
  const what = upwards
    ? `its ${target}${which}`
    : `every ${target} it is linked to${which}, whoever else is linked to it`;
  return [
    ormFinding(
      upwards ? 'ORM_CASCADE_ON_MANY_TO_ONE' : 'ORM_CASCADE_THROUGH_SECONDARY',
      'error',
      relationshipText(relationship),
      `\`${said}\`: ${deletes} of one ${owner} deletes ${what}.`,
      { place, view, edits: [edit] },
    ),
  ];
}
