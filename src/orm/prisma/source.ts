/** How a Prisma schema writes an edit: onDelete of the field's @relation. Pure. */
import type { ModelSource } from '../source/edits.ts';
import { inCalls } from '../source/in-calls.ts';
import { withMembers } from '../source/splices.ts';

export const prismaSource: ModelSource = {
  language: 'prisma',
  write: (source, line, edit, keys) =>
    inCalls(source, { line, names: ['relation'], keys }, (call) => withMembers(source, call.given, edit)),
};
