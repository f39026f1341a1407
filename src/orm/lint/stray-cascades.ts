/** Cascades that do not go from a parent to its children: up to the parent, or through a link table. Pure. */
import type { Edit, OrmFinding } from '../finding.ts';
import { relationshipFinding } from './key-findings.ts';
import type { RelationshipView } from './key-views.ts';

/** An ORM's words for such a cascade. */
interface StrayCascade {
  /** As the model writes it. */
  readonly written: string;
  /** `remove()`. */
  readonly deletes: string;
  /** The ORM cascades to what is loaded, not to all. */
  readonly ifLoaded: boolean;
  readonly edit: Edit;
}

/** One finding for the relationship, though a link table gives it two views; none for collections of children. */
export function strayCascade(
  view: RelationshipView,
  { written, deletes, ifLoaded, edit }: StrayCascade,
): readonly OrmFinding[] {
  const { owner, target, direction, keys } = view.relationship;
  if (direction === 'one-to-many' || view.reference !== keys[0]) return [];
  const which = `${target}${ifLoaded ? ' if it is loaded' : ''}`;
  const [code, what] =
    direction === 'many-to-one'
      ? (['ORM_CASCADE_ON_MANY_TO_ONE', `its ${which}`] as const)
      : ([
          'ORM_CASCADE_THROUGH_SECONDARY',
          `every linked ${which}, even where others are linked to it`,
        ] as const);
  const detail = `\`${written}\`: ${deletes} of one ${owner} deletes ${what}.`;
  return [relationshipFinding(view, code, 'error', detail, { edits: [edit] })];
}
