/** How a Prisma schema writes an edit: onDelete of the field's @relation. Pure. */
import type { ModelEditor } from '../model-files/edits.ts';
import { inCalls } from '../model-files/in-calls.ts';
import { withMembers } from '../model-files/splices.ts';

export const prismaEditor: ModelEditor = {
  language: 'prisma',
  write: (program, line, edit, keys) =>
    inCalls(program, { line, names: ['relation'], keys }, (call) => withMembers(program, call.given, edit)),
};
