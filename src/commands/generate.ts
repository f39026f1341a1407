/** `ondelete generate`: from what differs to committed up and down migrations. */
import type { Config } from '../config/read.ts';
import { OndeleteError } from '../core/errors.ts';
import { finishWriting, refuseExisting, writeNewFiles } from './shared/atomic-write.ts';
import { breathe } from '../core/pauses.ts';
import type { Plan } from '../core/model.ts';
import { printedEngine } from '../core/unproven.ts';
import { compare, type PolicyDiff } from './shared/compare.ts';
import { folderOf, type MigrationFolder, requireFolder } from './shared/migrations-folder.ts';
import {
  logDone,
  logEdits,
  logConflicts,
  logErrors,
  logRefusals,
  type GenerateResult,
  logBefore,
  logShorter,
  printPreview,
  printWritten,
  refusal,
} from './shared/generate-report.ts';
import {
  editsAfterRequest,
  type LocatedEdits,
  modelsFor,
  patchFlag,
  writePatch,
} from './shared/model-edits.ts';
import { databaseToWriteFor } from './shared/databases.ts';
import { configOf } from './shared/open-schema.ts';
import {
  type Arguments,
  type Context,
  type ExitCode,
  formatFlag,
  isSet,
  numberOf,
  ormFlag,
  textOf,
} from './shared/options.ts';
import {
  assessRequest,
  requestFlags,
  requestOptions,
  type RequestOptions,
  type MigrationRequest,
  openRequest,
} from './shared/migration-request.ts';
import { schemaFilesOf } from './shared/schema-files.ts';
import { changesToWrite, conflictsWith } from './shared/pending.ts';
import { planFor, filesOf, whyNotPlain } from './shared/planning.ts';
import { printWanted } from './shared/printed.ts';
import { rehearsedFiles } from './shared/rehearsal.ts';

interface GenerateOptions extends RequestOptions {
  readonly dryRun: boolean;
  readonly full: boolean;
  readonly again: boolean;
  readonly skipRefused: boolean;
  readonly verify: boolean;
  readonly plain: boolean;
  readonly batch: number | null;
  readonly patch: string | null;
}

export const flags = {
  ...requestFlags,
  ...ormFlag,
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
      'Write the statements alone, for a tool that brings its own retries: no states, retries, orphan counts; PostgreSQL keys that need more (partitioned, half done, disabled triggers) still get it',
  },
  batch: {
    type: 'number',
    describe: 'Cut the change into migrations of at most so many keys, those of one parent together',
  },
  ...patchFlag,
} as const;

export function parseOptions(argv: Arguments): GenerateOptions {
  return {
    ...requestOptions(argv),
    dryRun: isSet(argv, 'dryRun'),
    full: isSet(argv, 'full'),
    again: isSet(argv, 'again'),
    skipRefused: isSet(argv, 'skipRefused'),
    verify: isSet(argv, 'verify'),
    plain: isSet(argv, 'plain'),
    batch: numberOf(argv, 'batch'),
    patch: textOf(argv, 'patch'),
  };
}

export async function run(options: GenerateOptions, context: Context): Promise<ExitCode> {
  const config = await configOf(options, context);
  refuseFlagsWithoutEffect(options, context, config);
  if (options.patch !== null) refuseExisting(options.patch, context);
  const database = await databaseToWriteFor(options, context, config);
  const comparison = await compare({ ...options, database }, context, config);
  try {
    return await generate(comparison, { ...options, database }, context);
  } finally {
    await comparison.source.close();
  }
}

async function generate(
  comparison: PolicyDiff,
  options: GenerateOptions,
  context: Context,
): Promise<ExitCode> {
  const isInterrupted = watchInterrupt(context);
  const folder = await folderOf(comparison.config, context, options);
  const printed = printedEngine(comparison.source.snapshot.server);
  if (printed !== null) return printWanted(printed, comparison, folder, options, context);
  requireFolder(folder);
  if (!options.dryRun) finishKilledRun(folder, context);
  const opened = await openRequest(comparison, folder, options, context);
  await breathe();
  const assessment = await assessRequest(opened);
  const noPlain = whyNotPlain(opened, assessment.hazards);
  if (options.plain && noPlain !== null) throw noPlain;
  const isPart = options.only.length > 0;
  const { changes, settled } = comparison.diff;
  // What --only leaves out may stand in the way of the files all the same.
  const others = isPart ? changes.filter((change) => !opened.changes.includes(change)) : [];
  const conflicts = conflictsWith(opened, [...others, ...settled]);
  if (!isPart) logErrors(opened, context);
  logConflicts(conflicts, context);
  const isComplete = isPart || conflicts.length === 0;
  if (!options.dryRun) logRefusals(assessment, context);
  const possible = changesToWrite(opened, assessment, options, context);
  await breathe();
  const plan = await planFor(comparison, { ...assessment, possible }, opened.template, opened.allowances, {
    batch: options.batch,
    plain: options.plain,
    withOperations: options.dryRun || options.format !== 'text',
  });
  await breathe();
  const request = { ...opened, models: await modelsFor(opened, options, options.patch !== null, context) };
  const files = filesOf(request, plan, { receipt: null, plain: options.plain });
  const edits = editsAfterRequest(request, assessment.possible, context);
  const { flavor } = comparison.source.snapshot.server;
  const result = {
    plan,
    files,
    edits: edits?.report ?? null,
    canBeShorter: !options.plain && noPlain === null && !isBare(plan),
    countsOrphans: (await comparison.source.engine.emitter()).countsOrphans({
      plain: options.plain,
      runner: request.template.runner,
      wraps: request.template.wraps(flavor),
    }),
  };
  const exitCode = plan.refusals.length > 0 || !isComplete ? 1 : 0;
  const isRefused = plan.refusals.length > 0 && !options.skipRefused;
  if (options.dryRun) {
    await printPreview(request, result, options, context);
    logBefore(request, plan, context);
    if (options.format === 'text') logShorter(result, context);
    return isRefused ? 2 : exitCode;
  }
  const proven =
    isRefused || !options.verify ? files : await rehearsedFiles(request, plan, files, options, context);
  if (proven === null) return 1;
  await breathe();
  if (isInterrupted()) return 2;
  const written: GenerateResult = { ...result, files: isRefused ? [] : proven };
  writeAll(request, written, isRefused ? null : edits, options, context);
  await printWritten(request, written, options, context);
  if (isRefused) throw refusal(plan.refusals.length, request.changes.length);
  logDone(request, written, context);
  logEdits(written, options, context);
  return exitCode;
}

/** Files for an engine that was never tried are the statements alone, with and without --plain. */
function isBare({ changes, hazards }: Plan): boolean {
  const bare = hazards.filter(({ code }) => code === 'UNPROVEN_ENGINE');
  return bare.length === changes.length;
}

/** The patch and the files, or none of them. */
function writeAll(
  { out }: MigrationRequest,
  { files }: GenerateResult,
  edits: LocatedEdits | null,
  { patch }: GenerateOptions,
  context: Context,
): void {
  const takeBack = edits === null || patch === null ? null : writePatch(edits, patch, context);
  try {
    writeNewFiles(out, files);
  } catch (error) {
    takeBack?.();
    throw error;
  }
}

/** Such a call would write files that were only to be looked at, or that nobody has proven. */
function refuseFlagsWithoutEffect(
  { batch, dryRun, full, patch, policyFrom, scratch, verify }: GenerateOptions,
  context: Context,
  config: Config | null,
): void {
  if (batch !== null && (!Number.isSafeInteger(batch) || batch < 1))
    throw new OndeleteError(
      'USAGE',
      '--batch wants a whole number of keys, from 1',
      'For example --batch 40.',
    );
  if (dryRun && verify)
    throw new OndeleteError(
      'USAGE',
      '--dry-run writes nothing that --verify could prove',
      'Leave one of them out; `ondelete verify` rehearses and writes nothing.',
    );
  if (dryRun && patch !== null)
    throw new OndeleteError(
      'USAGE',
      '--dry-run writes nothing, and so no patch',
      'Leave one of them out; --dry-run prints the edits.',
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
