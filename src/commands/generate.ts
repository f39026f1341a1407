/** `ondelete generate`: from what differs to committed up and down migrations. */
import { join } from 'node:path';
import type { Plan } from '../core/model.ts';
import { OndeleteError } from '../core/errors.ts';
import {
  conflictText as contradictionText,
  migrationStatuses as standings,
  type MigrationStatus,
} from '../plan/pending.ts';
import type { Assessment } from '../plan/plan.ts';
import { pageFor, count } from '../report/layout.ts';
import { previewText, type KeyFigures, type PreviewReport } from '../report/text/plan.ts';
import type { MigrationFile } from '../core/contracts/template.ts';
import {
  formatFlagOf,
  scratchFlag,
  textOf,
  textsOf,
  type Arguments,
  type Command,
  type Context,
} from './shared/options.ts';
import { configOf } from './shared/open-source.ts';
import { compare, type Comparison } from './shared/compare.ts';
import { figuresFor, orphanHazards, reachFigures } from './shared/row-estimates.ts';
import { finishWriting, writeNewFiles } from './shared/atomic-write.ts';
import {
  assessJob,
  filesOf,
  folderOf,
  planJob,
  openJob,
  statusesOf,
  jobFlags,
  type MigrationJob,
} from './shared/pipeline.ts';
import { refusalLines } from '../report/text/diff.ts';
import { compareReach } from '../reach/diff.ts';
import { schemaFilesOf } from './shared/schema-files.ts';
import { rehearseWork, receiptOf, printRehearsal } from './shared/rehearsal.ts';
import { previewJson } from '../report/json.ts';
import { markdown } from '../report/markdown/diff.ts';

export const generate: Command = {
  flags: {
    ...jobFlags,
    ...formatFlagOf('text', 'json', 'markdown'),
    'dry-run': {
      type: 'boolean',
      describe: 'Print every statement with its lock, rows, orphans and hazards; write nothing',
    },
    full: { type: 'boolean', describe: 'With --dry-run: print the files themselves as well' },
    again: { type: 'boolean', describe: 'Write a change anew although a file in the folder holds it' },
    'skip-refused': { type: 'boolean', describe: 'Write the rest when some changes are refused (exit 1)' },
    verify: { type: 'boolean', describe: 'Rehearse the files on a scratch database before they are written' },
    ...scratchFlag,
  },
  async run(args, context) {
    refuseHalfMeant(args);
    await refuseIdleScratch(args, context);
    const decided = await compare(args, context);
    try {
      return await generateFrom(decided, args, context);
    } finally {
      await decided.source.close();
    }
  },
};

/** A flag without the one that gives it its meaning would write files that were only to be looked at, or that nobody has proven. */
function refuseHalfMeant(args: Arguments): void {
  const [dryRun, verify] = [args['dryRun'] === true, args['verify'] === true];
  if (dryRun && verify)
    throw new OndeleteError(
      'USAGE',
      '--dry-run writes nothing that --verify could prove',
      'Leave one of them out; `ondelete verify` rehearses and writes nothing.',
    );
  if (args['full'] === true && !dryRun)
    throw new OndeleteError('USAGE', '--full belongs to --dry-run', 'Add --dry-run, or leave --full out.');
}

/** A scratch database is for a rehearsal, or for the file of SQL that is the policy. */
async function refuseIdleScratch(args: Arguments, context: Context): Promise<void> {
  if (textOf(args, 'scratch') === null || args['verify'] === true) return;
  if (schemaFilesOf(args, context, await configOf(args, context)) !== null) return;
  throw new OndeleteError(
    'USAGE',
    '--scratch says where to rehearse, and no rehearsal is asked for',
    'Add --verify, or leave --scratch out.',
  );
}

async function generateFrom(decided: Comparison, args: Arguments, context: Context): Promise<0 | 1 | 2> {
  const interrupted = interruptsOf(context);
  if (args['dryRun'] !== true) await finishOldWork(decided, args, context);
  const work = await openJob(decided, args, context);
  const { changes, assessment } = await assessJob(work, args);
  const left = tellLeftOut(work, args, context);
  if (args['dryRun'] === true) return preview(work, assessment, args, context, left);
  const refused = assessment.refusals.length;
  if (refused > 0) tellRefusals(assessment, context);
  const stop = refused > 0 && args['skipRefused'] !== true;
  const { plan, files } = await freshFiles(work, assessment, args, context);
  const proven =
    stop || args['verify'] !== true ? files : await provenFiles(work, plan, files, args, context);
  if (proven === null) return 1;
  if (interrupted()) return 2;
  const written = stop ? [] : proven;
  writeNewFiles(work.out, written);
  await printData(work, plan, written, [], args, context);
  if (stop) throw refusal(refused, changes.length);
  if (args['format'] === 'text') for (const file of written) context.stdout(join(work.shownOut, file.path));
  tellDone(work, plan, written, context);
  return refused > 0 || left ? 1 : 0;
}

/** Whoever gives up is told that no file was left half written; whole ones must not appear after that either. */
function interruptsOf(context: Context): () => boolean {
  let seen = false;
  context.onInterrupt(null, () => {
    seen = true;
    return Promise.resolve();
  });
  return () => seen;
}

async function finishOldWork(decided: Comparison, args: Arguments, context: Context): Promise<void> {
  const { out } = await folderOf(decided, args, context);
  const missing = finishWriting(out);
  if (missing.length > 0)
    context.log(
      `A run of ondelete was killed while it wrote; its files are complete now: ${missing.join(', ')}.`,
    );
}

/** The files with their receipt, or null with the report printed when the rehearsal did not prove them. */
async function provenFiles(
  work: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  args: Arguments,
  context: Context,
): Promise<readonly MigrationFile[] | null> {
  if (files.length === 0) return files;
  const rehearsal = await rehearseWork(work, plan.changes, files, args, context);
  const receipt = receiptOf(rehearsal, work.now);
  if (receipt === null) {
    printRehearsal(work, rehearsal, [], plan, args, context);
    context.log('Nothing was written, because the rehearsal did not prove the files.');
    return null;
  }
  context.log(`Proven on ${rehearsal.scratch}: up, deletes, down; the receipt is in the files.`);
  for (const note of rehearsal.notes) context.log(`Note: ${note}.`);
  return filesOf(work, plan, receipt);
}

function tellDone(work: MigrationJob, plan: Plan, files: readonly MigrationFile[], context: Context): void {
  const { connection, snapshot, label } = work.comparison.source;
  if (files.length === 0) {
    if (work.comparison.diff.changes.length === 0)
      context.log('Nothing to write: every key that a rule decides is as declared.');
    return;
  }
  const howToRun = work.template.howToRun(snapshot.server.flavor, work.shownOut);
  context.log(
    `Wrote ${count(files.length, 'file')} for ${count(plan.changes.length, 'key')}. Run: ${howToRun}`,
  );
  const told = codesOf(plan);
  if (told !== '')
    context.log(`Worth knowing of these changes: ${told}; \`ondelete explain CODE\` says what each means.`);
  if (connection === null) {
    context.log(`Written from ${label}, so the server was not asked about rights and long transactions.`);
  }
}

/** `CHILD_INDEX_MISSING (2), ONE_TRANSACTION_RUNNER`: what was told and did not stop the plan. */
function codesOf({ hazards }: Plan): string {
  const numbers = new Map<string, number>();
  for (const { code } of hazards) numbers.set(code, (numbers.get(code) ?? 0) + 1);
  return [...numbers].map(([code, number]) => (number === 1 ? code : `${code} (${number})`)).join(', ');
}

/** What the policy wants and generate does not do: keys without a rule, broken rules, pending files that lead elsewhere. */
function tellLeftOut(work: MigrationJob, args: Arguments, context: Context): boolean {
  if (textsOf(args, 'only').length > 0) return false;
  const { source, diff } = work.comparison;
  const policyErrors = diff.findings.filter(
    (finding) => finding.severity === 'error' && finding.code !== 'HALF_DONE',
  );
  if (policyErrors.length > 0) {
    const codes = [...new Set(policyErrors.map((finding) => finding.code))].join(', ');
    context.log(
      `Left out: ${count(policyErrors.length, 'finding that is an error', 'findings that are errors')} (${codes}); \`ondelete diff\` lists them.`,
    );
  }
  const astray = standings(diff.settled, work.files, work.template, source.schema, source.engine).flatMap(
    (one) => (one.kind === 'contradicted' ? [one] : []),
  );
  for (const one of astray)
    context.log(
      `Pending against the policy: ${contradictionText(one)}. Delete its files if they were never applied.`,
    );
  return policyErrors.length > 0 || astray.length > 0;
}

function refusal(refused: number, all: number): OndeleteError {
  const which =
    refused === all ? (all === 1 ? 'the change' : `all ${all} changes`) : `${refused} of ${all} changes`;
  const others = refused === all ? '' : ', write the others with --skip-refused or --only';
  return new OndeleteError(
    'REFUSED',
    `${which} cannot be made as the policy asks; nothing was written`,
    `Follow the way out named with each${others}.`,
  );
}

function tellRefusals(assessment: Assessment, context: Context): void {
  const page = pageFor({ ...context.terminal, color: false });
  for (const one of assessment.refusals) context.log(refusalLines(one, page).join('\n'));
}

/** Plan and files of what is not written yet. @throws OndeleteError PENDING_CONTRADICTION */
async function freshFiles(
  work: MigrationJob,
  assessment: Assessment,
  args: Arguments,
  context: Context,
): Promise<{ readonly plan: Plan; readonly files: readonly MigrationFile[] }> {
  const standing = statusesOf(work, assessment);
  const again = args['again'] === true;
  if (!again) tellWritten(standing, work, context);
  const fresh = standing.flatMap((one) => (again || one.kind === 'new' ? [one.change] : []));
  const plan = await planJob(work, assessment, fresh);
  return { plan, files: filesOf(work, plan, null) };
}

function tellWritten(standing: readonly MigrationStatus[], work: MigrationJob, context: Context): void {
  const paths = new Map<string, number>();
  for (const one of standing) if (one.kind === 'written') paths.set(one.path, (paths.get(one.path) ?? 0) + 1);
  for (const [path, keys] of paths) {
    const what = keys === 1 ? 'One change is' : `${keys} changes are`;
    context.log(
      `${what} written already: ${join(work.shownOut, path)}. Apply it; or, if your tool says that it is applied, the key was changed since, and --again writes the change anew.`,
    );
  }
}

async function preview(
  work: MigrationJob,
  assessment: Assessment,
  args: Arguments,
  context: Context,
  left: boolean,
): Promise<0 | 1 | 2> {
  const { plan, files } = await freshFiles(work, assessment, args, context);
  const figures = await figuresFor(plan, work.comparison.source, context);
  await printData(work, plan, files, figures, args, context);
  if (args['format'] === 'text') {
    const report = await reportOf(work, plan, files, figures);
    const lines = previewText(report, context.terminal, args['full'] === true);
    context.stdout(lines.join('\n'));
  }
  if (plan.refusals.length === 0) return left ? 1 : 0;
  return args['skipRefused'] === true ? 1 : 2;
}

/** JSON and Markdown; text differs between a preview and what was written. */
async function printData(
  work: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  figures: readonly KeyFigures[],
  args: Arguments,
  context: Context,
): Promise<void> {
  const report = await reportOf(work, plan, files, figures);
  if (args['format'] === 'json') {
    context.stdout(previewJson(report));
  }
  if (args['format'] === 'markdown') context.stdout(previewMarkdown(work, report));
}

function previewMarkdown({ comparison: decided }: MigrationJob, report: PreviewReport): string {
  const { plan } = report;
  return markdown({
    ...report,
    server: plan.server,
    policyFile: decided.policyFile,
    changes: plan.changes,
    refusals: plan.refusals,
    findings: [],
    known: 0,
    files: report.files.map((file) => file.path),
    wholeList: 'ondelete generate --dry-run',
  });
}

async function reportOf(
  work: MigrationJob,
  plan: Plan,
  files: readonly MigrationFile[],
  figures: readonly KeyFigures[],
): Promise<PreviewReport> {
  const { source } = work.comparison;
  const estimates = await reachFigures(source);
  return {
    database: source.label,
    plan: { ...plan, hazards: [...plan.hazards, ...orphanHazards(figures, plan.server.flavor)] },
    figures,
    files: files.map((file) => ({ ...file, path: join(work.shownOut, file.path) })),
    howToRun: work.template.howToRun(source.snapshot.server.flavor, work.shownOut),
    reach: compareReach(source.snapshot, plan.changes, source.engine, estimates),
  };
}
