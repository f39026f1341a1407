/** MikroORM's own traps: cascades that go up or through a link table. Pure. */
import type { OrmFinding } from '../finding.ts';
import type { WriteAction } from '../adapter.ts';
import { commonFindings } from '../lint/common-findings.ts';
import { relationshipText } from '../facts.ts';
import { relationshipEdit } from '../lint/key-edits.ts';
import type { Views } from '../lint/key-views.ts';
import { strayCascade } from '../lint/stray-cascades.ts';

export function mikroOrmFindings(views: Views): readonly OrmFinding[] {
  return [
    ...commonFindings(views, mikroOrmAction),
    ...views.relationships.flatMap((view) => {
      const { relationship } = view;
      const written = relationship.written['cascade'] ?? 'cascade';
      const text = `${relationshipText(relationship)} without ${written}`;
      const edit = relationshipEdit(relationship, text, { remove: [written] });
      return strayCascade(view, { written, deletes: 'em.remove()', ifLoaded: true, edit });
    }),
  ];
}

/** The option of the side that holds the key; MikroORM has words for whole keys only. */
const mikroOrmAction: WriteAction = (_, { onDelete, onDeleteColumns }) => {
  if (onDeleteColumns !== null) return null;
  const value = `'${onDelete.toLowerCase()}'`;
  return { set: { deleteRule: value }, text: `\`deleteRule: ${value}\` in the options of the relation` };
};
