/** How TypeORM's entities write an edit: onDelete in the options of the side that holds the key. Pure. */
import { callsOn } from '../model-files/calls.ts';
import type { ModelSource } from '../model-files/edits.ts';
import { inCalls, withOptions } from '../model-files/in-calls.ts';

export const typeormSource: ModelSource = {
  language: 'javascript',
  write(source, line, edit, keys) {
    if (edit.at !== 'key') return 'what to take away is your choice';
    const [link] = callsOn(source, line, ['ManyToMany']);
    if (link !== undefined)
      return 'a key of a link table takes onDelete from the options of the @ManyToMany in the entity that it points to';
    const names = ['ManyToOne', 'OneToOne', 'ForeignKey'];
    // () => Parent, (parent) => parent.children, { … }
    const options = { first: 1, last: 2 };
    return inCalls(source, { line, names, keys }, (call) => withOptions(source, call, edit, options));
  },
};
