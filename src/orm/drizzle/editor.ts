/**
 * How Drizzle's tables write an edit: the second argument of references(), that of onDelete(), or an onDelete() behind foreignKey().
 * Pure.
 */
import type { ModelKey } from '../facts.ts';
import { type Call, callsIn } from '../model-files/calls.ts';
import type { ModelEditor } from '../model-files/edits.ts';
import { inCalls, withOptions } from '../model-files/in-calls.ts';
import { inQuotesOf, isUncertain, type Written } from '../model-files/splices.ts';
import type { ProgramText } from '../model-files/tokens.ts';

export const drizzleEditor: ModelEditor = {
  language: 'javascript',
  write(program, line, edit, keys) {
    const { onDelete: wanted } = edit.set;
    if (wanted === undefined) return 'what to take away is your choice';
    const builders = buildersIn(program, line);
    if (builders.length > 0) return behindBuilders(program, builders, wanted, keys);
    const ofColumn = inCalls(program, { line, names: ['references'], keys }, (call) =>
      withOptions(program, call, edit, { first: 1, last: 1 }),
    );
    const ofKey = inCalls(program, { line, names: ['onDelete'], keys }, ({ given }) => {
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

/** The foreignKey() without an action of the tables that begin on a line: Drizzle tells no place of such a key but its table's. */
function buildersIn(program: ProgramText, line: number): readonly Call[] {
  const calls = callsIn(program);
  const tables = calls.filter(({ name }) => name.line === line);
  return calls.filter(
    (call) =>
      call.name.text === 'foreignKey' &&
      tables.some(({ given }) => given.open.start < call.start && call.given.close.end < given.close.end) &&
      !chainOf(program, call).includes('onDelete'),
  );
}

/** `onUpdate`, `onDelete`: what is called on what a call returns. */
function chainOf(program: ProgramText, { given }: Call): readonly string[] {
  const at = program.tokens.indexOf(given.close);
  const [dot, name] = [program.tokens[at + 1], program.tokens[at + 2]];
  if (dot?.text !== '.' || name === undefined) return [];
  const next = callsIn(program).find((call) => call.name === name);
  return next === undefined ? [name.text] : [name.text, ...chainOf(program, next)];
}

function behindBuilders(
  program: ProgramText,
  builders: readonly Call[],
  wanted: string,
  keys: readonly ModelKey[],
): Written {
  if (builders.length !== keys.length)
    return `${builders.length} foreignKey(…) without onDelete() stand in that table (line ${builders.map(({ name }) => name.line).join(', ')})`;
  const text = `.onDelete(${inQuotesOf(program, [wanted]).join('')})`;
  return builders.map(({ given }) => ({ start: given.close.end, end: given.close.end, text }));
}
