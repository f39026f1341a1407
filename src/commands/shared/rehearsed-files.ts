/** Files of a migration that a rehearsal has proven before they are written. */
import type { MigrationFile } from '../../core/contracts/template.ts';
import type { Plan } from '../../core/model.ts';
import { keyText } from '../../core/names.ts';
import { templateFor } from '../../registry.ts';
import { gapCode, isProven } from '../../rehearsal/results.ts';
import type { Context } from './options.ts';
import { filesOf, type RequestOptions, type MigrationRequest } from './pipeline.ts';
import { acceptedGaps, printRehearsal, receiptOf, rehearseRequest } from './rehearsal.ts';

/** The files with their receipt, or null with the report printed when the rehearsal did not prove them. */
export async function rehearsedFiles(
  job: MigrationRequest,
  plan: Plan,
  files: readonly MigrationFile[],
  { format, plain, scratch }: RequestOptions & { readonly plain: boolean },
  context: Context,
): Promise<readonly MigrationFile[] | null> {
  if (files.length === 0) return files;
  const isRunHere = job.template.replay !== null;
  const rehearsed = isRunHere ? job : { ...job, template: await templateFor('sql') };
  const tried = isRunHere ? files : filesOf(rehearsed, plan, { receipt: null, plain });
  const rehearsal = await rehearseRequest(rehearsed, plan.changes, tried, scratch, context);
  const accepted = acceptedGaps(rehearsal, job.allowances);
  if (!isProven(rehearsal, (change) => accepted.includes(change))) {
    const database = job.comparison.source.label;
    const report = { database, rehearsal, notRehearsed: [], accepted, hazards: plan.hazards };
    printRehearsal(report, format, false, context);
    context.log('Nothing was written, because the rehearsal did not prove the files.');
    return null;
  }
  const receipt = receiptOf(rehearsal, job.now);
  if (receipt === null) {
    const keys = accepted.map(({ foreignKey }) => keyText(foreignKey)).join('; ');
    context.log(
      `Not proven, and accepted with --allow ${gapCode}: ${keys}. The other keys are proven on ${rehearsal.scratch}; the files carry no receipt.`,
    );
  } else context.log(`Proven on ${rehearsal.scratch}: up, deletes, down; the receipt is in the files.`);
  for (const note of rehearsal.notes) context.log(`Note: ${note}.`);
  const allowed = accepted.length === 0 ? plan.allowed : [...plan.allowed, gapCode].sort();
  return filesOf(job, { ...plan, allowed }, { receipt, plain });
}
