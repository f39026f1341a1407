/** How TypeORM's entities write an edit: onDelete in the options of the side that holds the key. Pure. */
import type { ModelEdit } from '../finding.ts';
import { type Call, callsOn } from '../model-files/calls.ts';
import type { ModelEditor } from '../model-files/edits.ts';
import { inCalls, withOptions } from '../model-files/in-calls.ts';
import { objectAt } from '../model-files/in-objects.ts';
import { withMembers, type Written } from '../model-files/splices.ts';
import type { ProgramText } from '../model-files/tokens.ts';

export const typeormEditor: ModelEditor = {
  language: 'javascript',
  write(program, line, edit, keys) {
    if (edit.at !== 'key') return 'what to take away is your choice';
    const [path = []] = keys.map(({ within }) => within);
    if (path.length > 0)
      return inCalls(program, { line, names: ['EntitySchema'], keys: [] }, (call) =>
        inSchema(program, call, path, edit),
      );
    if (callsOn(program, line, ['ManyToMany']).length > 0) return ofLinkTable('@ManyToMany');
    const names = ['ManyToOne', 'OneToOne', 'ForeignKey'];
    // () => Parent, (parent) => parent.children, { … }
    const options = { first: 1, last: 2 };
    return inCalls(program, { line, names, keys }, (call) => withOptions(program, call, edit, options));
  },
};

/** `new EntitySchema({ relations: { order: { type: 'many-to-one', target: 'Order' } } })`. */
function inSchema(program: ProgramText, { given }: Call, path: readonly string[], edit: ModelEdit): Written {
  const object = objectAt(program, given.all[0] ?? { value: [] }, path);
  if (typeof object === 'string') return object;
  const type = object.all.find(({ name }) => name === 'type')?.value[0]?.text;
  if (type?.slice(1, -1) === 'many-to-many') return ofLinkTable('many-to-many relation');
  return withMembers(program, object, edit);
}

function ofLinkTable(relation: string): string {
  return `a key of a link table takes onDelete from the options of the ${relation} in the entity that it points to`;
}
