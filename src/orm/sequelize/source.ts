/** How Sequelize's models write an edit: onDelete in the options of every association over the key, because the first decides. Pure. */
import { keyTarget } from '../facts.ts';
import type { ModelSource } from '../source/edits.ts';
import { inCalls, withOptions } from '../source/in-calls.ts';

export const sequelizeSource: ModelSource = {
  language: 'javascript',
  placesOf(edit, { relationships }) {
    if (edit.at !== 'key') return edit.place === null ? [] : [edit.place];
    const over = relationships.filter(
      ({ direction, keys }) =>
        direction !== 'many-to-many' && keys.some((key) => keyTarget(key) === edit.target),
    );
    const places = over.flatMap(({ place }) => place ?? []);
    return places.length === over.length ? places : [];
  },
  write(source, line, edit, keys) {
    if (edit.at !== 'key') return 'what to take away is your choice';
    const names = ['belongsTo', 'hasMany', 'hasOne'];
    return inCalls(source, { line, names, keys }, (call) =>
      withOptions(source, call, edit, { first: 1, last: 1 }),
    );
  },
};
