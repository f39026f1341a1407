/** Sequelize's own traps beside the common rules: actions that another association has forestalled, and upward cascades. Pure. */
import type { Declaration, Edit, LintInput, OrmFinding } from '../adapter.ts';
import { commonFindings } from '../common-rules.ts';
import { relationshipText } from '../facts.ts';
import { ormFinding } from '../key-rules.ts';
import { strayCascade } from '../stray-cascades.ts';
import { viewsOf, type RelationshipView } from '../key-views.ts';

export function sequelizeFindings(input: LintInput, declaration: Declaration): readonly OrmFinding[] {
  const { relationships } = viewsOf(input);
  return [...commonFindings(input, declaration), ...relationships.flatMap(ofRelationship)];
}

function ofRelationship(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  return [
    ...(relationship.direction === 'many-to-many' ? [] : forestalled(view)),
    ...(relationship.cascade.length > 0 ? destroying(view) : []),
  ];
}

/** Of several associations over one key the first decides; what the others say, or leave to a default, is dropped. */
function forestalled(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, declared } = view;
  const written = relationship.written['onDelete'];
  if (written === undefined || declared === null || !declared.constrained) return [];
  const decided = declared.onDelete ?? 'NO ACTION';
  if (decided === written) return [];
  const name = relationshipText(relationship);
  const detail = `\`onDelete: '${written}'\` has no effect: another association over this key was declared first, and the key is ${decided}.`;
  const text = `one \`onDelete\` for this key, the same in both associations; or ${name} declared first`;
  const same: Edit = {
    kind: 'model',
    target: name,
    place: relationship.place,
    set: {},
    remove: [`onDelete: '${written}'`],
    text,
  };
  return [
    ormFinding('ORM_ACTION_IGNORED', 'warning', name, detail, {
      place: relationship.place,
      view,
      edits: [same],
    }),
  ];
}

function destroying(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  const name = relationshipText(relationship);
  return strayCascade(view, {
    said: "onDelete: 'CASCADE', hooks: true",
    deletes: 'destroy()',
    which: '',
    edit: {
      kind: 'model',
      target: name,
      place: relationship.place,
      set: {},
      remove: ['hooks: true'],
      text: `${name} without \`hooks: true\``,
    },
  });
}
