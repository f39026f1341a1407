/** How Django's models write an edit: on_delete of the field, by its name or as the second argument. Pure. */
import type { Call, Member } from '../model-files/calls.ts';
import { callsIn } from '../model-files/calls.ts';
import type { ModelEditor } from '../model-files/edits.ts';
import type { Written } from '../model-files/splices.ts';
import type { ProgramText } from '../model-files/tokens.ts';

export const djangoEditor: ModelEditor = {
  language: 'python',
  note: ({ ormVersion }) => {
    const [major = 0, minor = 0] = (ormVersion ?? '').split('.').map(Number);
    // by its source code; up to 6.0 that was tried
    const makesKeys = major > 6 || (major === 6 && minor > 0);
    const state =
      ' Put its AlterField into SeparateDatabaseAndState(state_operations=[…]): run against the database, it makes the key anew.';
    return `Django keeps on_delete in its own migrations too: run \`python manage.py makemigrations\` after the edits.${makesKeys ? state : ' Its AlterField does nothing in the database.'}`;
  },
  write(program, line, { set }) {
    const { on_delete: wanted } = set;
    const field = fieldOn(program, line);
    if (field === null || wanted === undefined) return 'no field with an on_delete stands on that line';
    return withWord(field.onDelete, wanted);
  },
};

/** `author = models.ForeignKey(Author, models.CASCADE)`: the outermost call of the statement that begins on a line. */
function fieldOn(
  program: ProgramText,
  line: number,
): { readonly call: Call; readonly onDelete: Member } | null {
  const first = program.tokens.findIndex((token) => token.line === line);
  const sign = program.tokens.findIndex(({ text }, at) => at > first && text === '=');
  const begins = program.tokens[sign + 1]?.start;
  const call = callsIn(program).find(({ start }) => start === begins);
  if (first === -1 || call === undefined || call.name.line !== line) return null;
  const onDelete =
    call.given.all.find(({ name }) => name === 'on_delete') ??
    call.given.all.filter(({ name }) => name === null)[1];
  return onDelete === undefined ? null : { call, onDelete };
}

/** `models.CASCADE` becomes `models.PROTECT`: whatever stands before the point stays. */
function withWord({ value }: Member, wanted: string): Written {
  const last = value.at(-1);
  const word = wanted.slice(wanted.lastIndexOf('.') + 1);
  const isDotted = value.length > 1 && value.every(({ kind, text }) => kind === 'name' || text === '.');
  if (last === undefined || !/^[A-Z_]+$/.test(last.text)) return 'its on_delete is no plain word there';
  if (!isDotted) return `its on_delete is imported by name, and ${word} may not be`;
  return last.text === word ? [] : [{ start: last.start, end: last.end, text: word }];
}
