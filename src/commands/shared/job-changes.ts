/** Which changes of a job are still to be written, in view of the files that are there. */
import { join } from 'node:path';
import type { Change } from '../../core/model.ts';
import type { Assessment } from '../../plan/plan.ts';
import type { Context } from './options.ts';
import { type MigrationRequest, statusesOf } from './pipeline.ts';

/** The changes that no pending file holds, or all with --again. @throws OndeleteError PENDING_CONTRADICTION */
export function changesToWrite(
  job: MigrationRequest,
  assessment: Assessment,
  { again }: { readonly again: boolean },
  context: Context,
): readonly Change[] {
  const statuses = statusesOf(job, assessment);
  if (again) return statuses.map((status) => status.change);
  const keysByFile = new Map<string, number>();
  for (const status of statuses)
    if (status.kind === 'pending') keysByFile.set(status.path, (keysByFile.get(status.path) ?? 0) + 1);
  for (const [path, keys] of keysByFile) {
    const what = keys === 1 ? 'One change is' : `${keys} changes are`;
    context.log(
      `${what} written already: ${join(job.shownOut, path)}. Apply it. If your tool says that it is applied, the key was changed since then, and --again writes the change anew.`,
    );
  }
  return statuses.flatMap((status) => (status.kind === 'new' ? [status.change] : []));
}
