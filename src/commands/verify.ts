/** `ondelete verify`: the plan, rehearsed on a scratch database. */
import type { Change } from '../core/model.ts';
import type { MigrationFile } from '../core/contracts/template.ts';
import { scratchFlag, type Arguments, type Command, type Context } from './shared/options.ts';
import { compare, type Comparison } from './shared/compare.ts';
import { printRehearsal, receiptOf, rehearseWork } from './shared/rehearsal.ts';
import {
  assessJob,
  filesOf,
  planJob,
  openJob,
  statusesOf,
  jobFlags,
  type MigrationJob,
} from './shared/pipeline.ts';
import { filesOfSets } from '../plan/pending.ts';

export const verify: Command = {
  flags: { ...jobFlags, ...scratchFlag },
  async run(args, context) {
    const decided = await compare(args, context);
    try {
      return await verifyFrom(decided, args, context);
    } finally {
      await decided.source.close();
    }
  },
};

async function verifyFrom(decided: Comparison, args: Arguments, context: Context): Promise<0 | 1> {
  const work = await openJob(decided, args, context);
  const { assessment } = await assessJob(work, args);
  const refused = assessment.refusals.map(({ change, hazards }) => ({
    change,
    why: `refused: ${hazards.map((hazard) => hazard.code).join(', ')}`,
  }));
  const standing = statusesOf(work, assessment);
  const written = standing.flatMap((one) => (one.kind === 'written' ? [one] : []));
  const fresh = standing.flatMap((one) => (one.kind === 'new' ? [one.change] : []));
  const files = [
    ...setsOf(
      work,
      written.flatMap((one) => one.pending),
    ),
    ...(fresh.length === 0 ? [] : filesOf(work, await planJob(work, assessment, fresh), null)),
  ];
  const changes: readonly Change[] = standing.map((one) => one.change);
  const rehearsal = changes.length === 0 ? null : await rehearseWork(work, changes, files, args, context);
  printRehearsal(work, rehearsal, refused, assessment, args, context);
  const isProven = rehearsal === null || receiptOf(rehearsal, context.now) !== null;
  return isProven && refused.length === 0 ? 0 : 1;
}

/** All files, of both directions, of the sets that hold these up files, as they lie in the folder. */
function setsOf(work: MigrationJob, paths: readonly string[]): readonly MigrationFile[] {
  return filesOfSets(paths, work.files, work.template);
}
