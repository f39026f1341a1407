/** How Drizzle's tables write an edit: the second argument of references(), or that of onDelete(). Pure. */
import type { ModelSource } from '../source/edits.ts';
import { inCalls, withOptions } from '../source/in-calls.ts';
import { isUncertain } from '../source/splices.ts';

export const drizzleSource: ModelSource = {
  language: 'javascript',
  write(source, line, edit, keys) {
    const { onDelete: wanted } = edit.set;
    if (wanted === undefined) return 'what to take away is your choice';
    const ofColumn = inCalls(source, { line, names: ['references'], keys }, (call) =>
      withOptions(source, call, edit, { first: 1, last: 1 }),
    );
    const ofKey = inCalls(source, { line, names: ['onDelete'], keys }, ({ given }) => {
      const [only, ...more] = given.all;
      const [value, ...rest] = only?.value ?? [];
      if (value?.kind !== 'text' || rest.length + more.length > 0)
        return 'its action is no plain value there';
      return [
        {
          start: value.start,
          end: value.end,
          text: `${value.text.charAt(0)}${wanted.slice(1, -1)}${value.text.charAt(0)}`,
        },
      ];
    });
    if (isUncertain(ofKey)) return ofColumn;
    return isUncertain(ofColumn) ? ofKey : 'references() and onDelete() stand on one line';
  },
};
