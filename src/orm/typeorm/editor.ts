/** How TypeORM's entities write an edit: onDelete in the options of the side that holds the key. Pure. */
import { callsOn } from '../model-files/calls.ts';
import type { ModelEditor } from '../model-files/edits.ts';
import { inCalls, withOptions } from '../model-files/in-calls.ts';

export const typeormEditor: ModelEditor = {
  language: 'javascript',
  write(program, line, edit, keys) {
    if (edit.at !== 'key') return 'what to take away is your choice';
    const [link] = callsOn(program, line, ['ManyToMany']);
    if (link !== undefined)
      return 'a key of a link table takes onDelete from the options of the @ManyToMany in the entity that it points to';
    const names = ['ManyToOne', 'OneToOne', 'ForeignKey'];
    // () => Parent, (parent) => parent.children, { … }
    const options = { first: 1, last: 2 };
    return inCalls(program, { line, names, keys }, (call) => withOptions(program, call, edit, options));
  },
};
