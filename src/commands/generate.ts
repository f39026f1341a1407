/** `ondelete generate`: from what differs to committed up and down migrations. */
import { join } from 'node:path';
import type { Config } from '../config/read.ts';
import type { MigrationFile } from '../core/contracts/template.ts';
import { OndeleteError } from '../core/errors.ts';
import type { Change, Plan } from '../core/model.ts';
import { keyText } from '../core/names.ts';
import { conflictText, migrationStatuses } from '../plan/pending.ts';
import type { Assessment } from '../plan/plan.ts';
import { compareReach } from '../reach/diff.ts';
import { gapCode, isProven } from '../rehearsal/results.ts';
import { previewJson } from '../report/json.ts';
import { count, pageFor } from '../report/layout.ts';
import { markdown } from '../report/markdown/diff.ts';
import { keysShown } from '../report/text/keys.ts';
import { type KeyFigures, type PreviewReport, previewText } from '../report/text/plan.ts';
import { refusalLines } from '../report/text/refusals.ts';
import { finishWriting, writeNewFiles } from './shared/atomic-write.ts';
import { compare, type Comparison } from './shared/compare.ts';
import { templateFor } from '../registry.ts';
import { folderOf, howToRun, type MigrationFolder } from './shared/folder.ts';
import { configOf } from './shared/open-source.ts';
import { type Arguments, type Context, type ExitCode, formatFlag, isSet } from './shared/options.ts';
import {
  assessJob,
  filesOf,
  jobFlags,
  jobOptions,
  type JobOptions,
  type MigrationJob,
  openJob,
  planFor,
  statusesOf,
} from './shared/pipeline.ts';
import { acceptedGaps, printRehearsal, receiptOf, rehearseJob } from './shared/rehearsal.ts';
import { figuresFor, orphanHazards, reachFigures } from './shared/row-estimates.ts';
import { schemaFilesOf } from './shared/schema-files.ts';

interface GenerateOptions extends JobOptions {
  readonly dryRun: boolean;
  readonly full: boolean;
  readonly again: boolean;
  readonly skipRefused: boolean;
  readonly verify: boolean;
  readonly plain: boolean;
}

export const flags = {
  ...jobFlags,
  ...formatFlag('text', 'json', 'markdown'),
  'dry-run': {
    type: 'boolean',
    describe: 'Print every statement with its lock, rows, orphans and hazards; write nothing',
  },
  full: { type: 'boolean', describe: 'With --dry-run: print the files themselves as well' },
  again: { type: 'boolean', describe: 'Write a change anew although a file in the folder holds it' },
  'skip-refused': { type: 'boolean', describe: 'Write the rest when some changes are refused (exit 1)' },
  verify: { type: 'boolean', describe: 'Rehearse the files on a scratch database before they are written' },
  plain: {
    type: 'boolean',
    describe:
      'Write the statements alone, for a tool that brings its own retries: no states, retries, orphan counts',
  },
} as const;

export function parseOptions(argv: Arguments): GenerateOptions {
  return {
    ...jobOptions(argv),
    dryRun: isSet(argv, 'dryRun'),
    full: isSet(argv, 'full'),
    again: isSet(argv, 'again'),
    skipRefused: isSet(argv, 'skipRefused'),
    verify: isSet(argv, 'verify'),
    plain: isSet(argv, 'plain'),
  };
}

export async function run(options: GenerateOptions, context: Context): Promise<ExitCode> {
  const config = await configOf(options, context);
  refuseFlagsWithoutEffect(options, context, config);
  const comparison = await compare(options, context, config);
  try {
    return await generate(comparison, options, context);
  } finally {
    await comparison.source.close();
  }
}

async function generate(
  comparison: Comparison,
  options: GenerateOptions,
  context: Context,
): Promise<ExitCode> {
  const isInterrupted = watchInterrupt(context);
  const folder = await folderOf(comparison.config, context, options);
  if (!options.dryRun) finishKilledRun(folder, context);
  const job = await openJob(comparison, folder, options, context);
  const assessment = await assessJob(job);
  const isComplete = options.only.length > 0 || !logLeftOut(job, context);
  if (!options.dryRun) logRefusals(assessment, context);
  const possible = changesToWrite(job, assessment, options, context);
  const plan = await planFor(
    comparison,
    { ...assessment, possible },
    job.template,
    job.allowances,
    options.plain,
  );
  const files = filesOf(job, plan, { receipt: null, plain: options.plain });
  const exitCode = plan.refusals.length > 0 || !isComplete ? 1 : 0;
  const isRefused = plan.refusals.length > 0 && !options.skipRefused;
  if (options.dryRun) {
    await printPreview(job, plan, files, options, context);
    return isRefused ? 2 : exitCode;
  }
  const proven =
    isRefused || !options.verify ? files : await rehearsedFiles(job, plan, files, options, context);
  if (proven === null) return 1;
  if (isInterrupted()) return 2;
  const written = isRefused ? [] : proven;
  writeNewFiles(job.out, written);
  await printWritten(job, plan, written, options, context);
  if (isRefused) throw refusal(plan.refusals.length, job.changes.length);
  logDone(job, plan, written, options, context);
  return exitCode;
}

/** Such a call would write files that were only to be looked at, or that nobody has proven. */
function refuseFlagsWithoutEffect(
  { dryRun, full, policyFrom, scratch, verify }: GenerateOptions,
  context: Context,
  config: Config | null,
): void {
  if (dryRun && verify)
    throw new OndeleteError(
      'USAGE',
      '--dry-run writes nothing that --verify could prove',
      'Leave one of them out; `ondelete verify` rehearses and writes nothing.',
    );
  if (full && !dryRun)
    throw new OndeleteError(
      'USAGE',
      '--full has no effect without --dry-run',
      'Add --dry-run, or leave --full out.',
    );
  if (scratch !== null && !verify && schemaFilesOf(policyFrom, context, config) === null)
    throw new OndeleteError(
      'USAGE',
      '--scratch has no effect without --verify',
      'Add --verify, or leave --scratch out.',
    );
}

/** After an interrupt the user has read that nothing was written: no file may appear after that. */
function watchInterrupt(context: Context): () => boolean {
  let seen = false;
  context.onInterrupt(null, () => {
    seen = true;
    return Promise.resolve();
  });
  return () => seen;
}

function finishKilledRun({ out }: MigrationFolder, context: Context): void {
  const missing = finishWriting(out);
  if (missing.length > 0)
    context.log(
      `A run of ondelete was killed while it wrote; its files are complete now: ${missing.join(', ')}.`,
    );
}

/**
 * Logs what the policy asks for and no file will hold: errors in the policy, and pending files in conflict with settled keys.
 * @returns whether a pending file is in conflict, so that what is written is not all that is missing
 */
function logLeftOut({ applied, comparison, existing, template }: MigrationJob, context: Context): boolean {
  const { source, diff } = comparison;
  const errors = diff.findings.filter(({ code, severity }) => severity === 'error' && code !== 'HALF_DONE');
  if (errors.length > 0) {
    const codes = [...new Set(errors.map((finding) => finding.code))].join(', ');
    context.log(
      `Not fixed by these migrations: ${count(errors.length, 'error')} (${codes}); \`ondelete diff\` lists them.`,
    );
  }
  const statuses = migrationStatuses(
    diff.settled,
    { files: existing, applied },
    template,
    source.schema,
    source.engine,
  );
  const conflicts = statuses.flatMap((status) => (status.kind === 'conflict' ? [status] : []));
  for (const conflict of conflicts)
    context.log(
      `A pending migration is in conflict with the policy: ${conflictText(conflict)}. Delete its files if they were never applied.`,
    );
  return conflicts.length > 0;
}

function logRefusals({ refusals }: Assessment, context: Context): void {
  const page = pageFor({ ...context.terminal, color: false });
  if (refusals.length === 0) return;
  const shown = { most: keysShown, flag: 'ondelete diff --all' };
  context.log(refusalLines(refusals, shown, page).join('\n'));
}

/** The changes that no pending file holds, or all with --again. @throws OndeleteError PENDING_CONTRADICTION */
function changesToWrite(
  job: MigrationJob,
  assessment: Assessment,
  { again }: GenerateOptions,
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

/** The files with their receipt, or null with the report printed when the rehearsal did not prove them. */
async function rehearsedFiles(
  job: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  { format, plain, scratch }: GenerateOptions,
  context: Context,
): Promise<readonly MigrationFile[] | null> {
  if (files.length === 0) return files;
  const isRunHere = job.template.replay !== null;
  const rehearsed = isRunHere ? job : { ...job, template: await templateFor('sql') };
  const tried = isRunHere ? files : filesOf(rehearsed, plan, { receipt: null, plain });
  const rehearsal = await rehearseJob(rehearsed, plan.changes, tried, scratch, context);
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

function refusal(refused: number, all: number): OndeleteError {
  const which =
    refused === all ? (all === 1 ? 'the change' : `all ${all} changes`) : `${refused} of ${all} changes`;
  const others = refused === all ? '' : ', or write the others with --skip-refused or --only';
  return new OndeleteError(
    'REFUSED',
    `${which} cannot be made as the policy asks; nothing was written`,
    `Follow the help named with each${others}.`,
  );
}

function logDone(
  job: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  { plain }: GenerateOptions,
  context: Context,
): void {
  const { comparison } = job;
  const { connection, snapshot, label } = comparison.source;
  if (files.length === 0) {
    if (comparison.diff.changes.length === 0) context.log('Nothing to do: every key matches the policy.');
    return;
  }
  context.log(
    `Wrote ${count(files.length, 'file')} for ${count(plan.changes.length, 'key')}. Run: ${howToRun(job, snapshot.server.flavor)}`,
  );
  const codes = codesOf(plan);
  if (codes !== '') context.log(`Notices: ${codes}; \`ondelete explain CODE\` says what each means.`);
  const file = plain ? 'the files do not' : 'so do the files, before they change anything';
  context.log(
    connection === null
      ? `Written from ${label}, so the server was not asked about rights, long transactions and rows without a parent.`
      : `Rows without a parent were not counted. \`generate --dry-run\` counts them; ${file}.`,
  );
}

/** `CHILD_INDEX_MISSING (2), ONE_TRANSACTION_RUNNER`: the hazards that did not stop the plan. */
function codesOf({ hazards }: Plan): string {
  const numbers = new Map<string, number>();
  for (const { code } of hazards) numbers.set(code, (numbers.get(code) ?? 0) + 1);
  return [...numbers].map(([code, number]) => (number === 1 ? code : `${code} (${number})`)).join(', ');
}

async function printPreview(
  job: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  { format, full }: GenerateOptions,
  context: Context,
): Promise<void> {
  const figures = await figuresFor(plan, job.comparison.source, context);
  const report = await reportOf(job, plan, files, figures);
  if (format === 'text') context.stdout(previewText(report, context.terminal, full).join('\n'));
  else context.stdout(dataText(report, job.comparison, format));
}

/** For people the paths, for programs the whole report. */
async function printWritten(
  job: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  { format }: GenerateOptions,
  context: Context,
): Promise<void> {
  if (format === 'text') for (const file of files) context.stdout(join(job.shownOut, file.path));
  else context.stdout(dataText(await reportOf(job, plan, files, []), job.comparison, format));
}

function dataText(
  report: PreviewReport,
  { policyFile }: Comparison,
  format: GenerateOptions['format'],
): string {
  if (format === 'json') return previewJson(report);
  const { plan, files } = report;
  return markdown({
    ...report,
    server: plan.server,
    policyFile,
    changes: plan.changes,
    refusals: plan.refusals,
    findings: [],
    known: 0,
    files: files.map((file) => file.path),
    wholeList: 'ondelete generate --dry-run',
  });
}

async function reportOf(
  job: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  figures: readonly KeyFigures[],
): Promise<PreviewReport> {
  const { comparison, shownOut } = job;
  const { label, snapshot, engine } = comparison.source;
  return {
    database: label,
    plan: { ...plan, hazards: [...plan.hazards, ...orphanHazards(figures, plan.server.flavor)] },
    figures,
    files: files.map((file) => ({ ...file, path: join(shownOut, file.path) })),
    howToRun: howToRun(job, snapshot.server.flavor),
    reach: compareReach(snapshot, plan.changes, engine, await reachFigures(comparison.source)),
  };
}
