/** Sequelize's own traps beside the common rules: actions that another association has forestalled, and upward cascades. Pure. */
import type { Declaration, Edit, LintInput, OrmFinding } from './adapter.ts';
import { commonFindings } from './common-rules.ts';
import { relationshipText, type Relationship } from './facts.ts';
import { ormFinding } from './key-rules.ts';
import { viewsOf, type RelationshipView } from './subjects.ts';

export function sequelizeFindings(input: LintInput, declaration: Declaration): readonly OrmFinding[] {
  const { relationships } = viewsOf(input);
  return [...commonFindings(input, declaration), ...relationships.flatMap(ofRelationship)];
}

function ofRelationship(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  const isFirst = view.reference === relationship.keys[0];
  return [
    ...(relationship.direction === 'many-to-many' ? [] : forestalled(view)),
    ...(relationship.cascade.length > 0 && isFirst ? destroying(view) : []),
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
  const { owner, target, direction } = relationship;
  const said = "`onDelete: 'CASCADE', hooks: true`";
  switch (direction) {
    case 'one-to-many':
      return [];
    case 'many-to-one': {
      const detail = `${said}: destroy() of one ${owner} destroys its ${target}.`;
      return [told('ORM_CASCADE_ON_MANY_TO_ONE', relationship, detail, view)];
    }
    case 'many-to-many': {
      const detail = `${said}: destroy() of one ${owner} destroys every ${target} it is linked to, whoever else is linked to it.`;
      return [told('ORM_CASCADE_THROUGH_SECONDARY', relationship, detail, view)];
    }
  }
}

function told(
  code: 'ORM_CASCADE_ON_MANY_TO_ONE' | 'ORM_CASCADE_THROUGH_SECONDARY',
  relationship: Relationship,
  detail: string,
  view: RelationshipView,
): OrmFinding {
  const name = relationshipText(relationship);
  const { place } = relationship;
  const edit: Edit = {
    kind: 'model',
    target: name,
    place,
    set: {},
    remove: ['hooks: true'],
    text: `${name} without \`hooks: true\``,
  };
  return ormFinding(code, 'error', name, detail, { place, view, edits: [edit] });
}
