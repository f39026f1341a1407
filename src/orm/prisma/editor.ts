/** How a Prisma schema writes an edit: onDelete of the field's @relation. Pure. */
import type { ModelSource } from '../model-files/edits.ts';
import { inCalls } from '../model-files/in-calls.ts';
import { withMembers } from '../model-files/splices.ts';

export const prismaSource: ModelSource = {
  language: 'prisma',
  write: (source, line, edit, keys) =>
    inCalls(source, { line, names: ['relation'], keys }, (call) => withMembers(source, call.given, edit)),
};
