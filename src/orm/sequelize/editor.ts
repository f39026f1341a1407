/**
 * How Sequelize's models write an edit: onDelete in the options of every association over the key, because the first decides; of a key
 * without one, in its attribute. Pure.
 */
import { keyTarget, type ModelKey } from '../facts.ts';
import { callsOn, type Members, objectIn, unquoted } from '../model-files/calls.ts';
import type { ModelEditor } from '../model-files/edits.ts';
import { inCalls, withOptions } from '../model-files/in-calls.ts';
import { withMembers } from '../model-files/splices.ts';
import type { ProgramText } from '../model-files/tokens.ts';

export const sequelizeEditor: ModelEditor = {
  language: 'javascript',
  placesOf(edit, { relationships }) {
    if (edit.at !== 'key') return edit.place === null ? [] : [edit.place];
    const over = relationships.filter(
      ({ direction, keys }) =>
        direction !== 'many-to-many' && keys.some((key) => keyTarget(key) === edit.target),
    );
    // Without an association it is an attribute of the model that says where it points.
    if (over.length === 0) return edit.place === null ? [] : [edit.place];
    const places = over.flatMap(({ place }) => place ?? []);
    return places.length === over.length ? places : [];
  },
  write(program, line, edit, keys) {
    if (edit.at !== 'key') return 'what to take away is your choice';
    const attributes = attributesOn(program, line, keys);
    const [attribute, ...more] = attributes;
    if (attribute !== undefined)
      return more.length > 0
        ? `${attributes.length} attributes with \`references\` may be meant`
        : withMembers(program, attribute, edit);
    const names = ['belongsTo', 'hasMany', 'hasOne'];
    return inCalls(program, { line, names, keys }, (call) =>
      withOptions(program, call, edit, { first: 1, last: 1 }),
    );
  },
};

/** The objects of attributes that make the keys, in a model that is defined on a line: `orderId: { references: { … } }`. */
function attributesOn(program: ProgramText, line: number, keys: readonly ModelKey[]): readonly Members[] {
  const columns = keys.flatMap((key) => key.columns);
  const objects = callsOn(program, line, ['define', 'init']).flatMap(({ given }) =>
    given.all.flatMap((argument) => objectIn(program, argument)?.all ?? []),
  );
  return objects.flatMap((attribute): readonly Members[] => {
    const members = objectIn(program, attribute);
    if (members?.all.some(({ name }) => name === 'references') !== true) return [];
    const field = members.all.find(({ name }) => name === 'field')?.value ?? [];
    const [own, ...more] = field;
    const column = own === undefined ? attribute.name : more.length === 0 ? unquoted(own) : null;
    return column !== null && columns.includes(column) ? [members] : [];
  });
}
