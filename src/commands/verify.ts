/** `ondelete verify`: the plan, rehearsed on a scratch database. */
import { filesOfSets } from '../plan/pending.ts';
import { compare, type Comparison } from './shared/compare.ts';
import { configOf } from './shared/open-source.ts';
import { type Context, type ExitCode, formatFlag } from './shared/options.ts';
import {
  assessJob,
  filesOf,
  folderOf,
  jobFlags,
  type JobOptions,
  openJob,
  planFor,
  statusesOf,
} from './shared/pipeline.ts';
import { printRehearsal, receiptOf, rehearseJob } from './shared/rehearsal.ts';

export const flags = { ...jobFlags, ...formatFlag('text', 'json') };
export { jobOptions as parseOptions } from './shared/pipeline.ts';

export async function run(options: JobOptions, context: Context): Promise<ExitCode> {
  const comparison = await compare(options, context, await configOf(options, context));
  try {
    return await verify(comparison, options, context);
  } finally {
    await comparison.source.close();
  }
}

async function verify(comparison: Comparison, options: JobOptions, context: Context): Promise<0 | 1> {
  const folder = await folderOf(comparison.config, context, options);
  const job = openJob(comparison, folder, options, context);
  const assessment = await assessJob(job);
  const statuses = statusesOf(job, assessment);
  const pending = statuses.flatMap((status) => (status.kind === 'pending' ? status.files : []));
  const fresh = statuses.flatMap((status) => (status.kind === 'new' ? [status.change] : []));
  const plan = await planFor(comparison, { ...assessment, possible: fresh }, job.template, job.allowances);
  const files = [
    ...filesOfSets(pending, job.existing, job.template),
    ...filesOf(job, plan, { receipt: null, plain: false }),
  ];
  const changes = statuses.map((status) => status.change);
  const rehearsal =
    changes.length === 0 ? null : await rehearseJob(job, changes, files, options.scratch, context);
  const notRehearsed = assessment.refusals.map(({ change, hazards }) => ({
    change,
    why: `refused: ${hazards.map((hazard) => hazard.code).join(', ')}`,
  }));
  const { hazards } = assessment;
  printRehearsal(
    { database: comparison.source.label, rehearsal, notRehearsed, hazards },
    options.format,
    context,
  );
  const isProven = rehearsal === null || receiptOf(rehearsal, context.now) !== null;
  return isProven && notRehearsed.length === 0 ? 0 : 1;
}
