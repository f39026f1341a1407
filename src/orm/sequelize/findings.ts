/** Sequelize's own traps: an action that an earlier association overrides, and cascades that go up or through a link table. Pure. */
import type { OrmFinding } from '../finding.ts';
import type { WriteAction } from '../adapter.ts';
import { commonFindings } from '../lint/common-findings.ts';
import { relationshipText } from '../facts.ts';
import { relationshipEdit } from '../lint/key-edits.ts';
import { relationshipFinding } from '../lint/key-findings.ts';
import type { RelationshipView, Views } from '../lint/key-views.ts';
import { strayCascade } from '../lint/stray-cascades.ts';

export function sequelizeFindings(views: Views): readonly OrmFinding[] {
  return [
    ...commonFindings(views, sequelizeAction),
    ...views.relationships.flatMap((view) => [...overridden(view), ...destroying(view)]),
  ];
}

/** The options of every association over the key, because the first one that Sequelize meets decides. */
const sequelizeAction: WriteAction = (_, { onDelete, onDeleteColumns }) => {
  if (onDeleteColumns !== null) return null;
  return {
    set: { onDelete: `'${onDelete}'` },
    text: `\`onDelete: '${onDelete}'\` in the options of both belongsTo and hasMany, hasOne`,
  };
};

/** Of several associations over one key the first decides; what the others say, or leave to a default, is dropped. */
function overridden(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, declared } = view;
  const written = relationship.written['onDelete'];
  const isKey = relationship.direction !== 'many-to-many' && declared?.constrained === true;
  if (written === undefined || !isKey) return [];
  const decided = declared.onDelete ?? 'NO ACTION';
  if (decided === written) return [];
  const option = `onDelete: '${written}'`;
  const detail = `\`${option}\` has no effect: another association over this key is declared first, and makes it ${decided}.`;
  const text = `give both associations over this key the same \`onDelete\`, or declare ${relationshipText(relationship)} first`;
  const edits = [relationshipEdit(relationship, text, { remove: [option] })];
  return [relationshipFinding(view, 'ORM_ACTION_IGNORED', 'warning', detail, { edits })];
}

function destroying(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  if (relationship.cascade.length === 0) return [];
  const text = `${relationshipText(relationship)} without \`hooks: true\``;
  return strayCascade(view, {
    written: "onDelete: 'CASCADE', hooks: true",
    deletes: 'destroy()',
    ifLoaded: false,
    edit: relationshipEdit(relationship, text, { remove: ['hooks: true'] }),
  });
}
