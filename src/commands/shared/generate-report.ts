/** What `generate` prints: what it leaves out and refuses, the preview, the files that it wrote, and what is to be done next. */
import { join } from 'node:path';
import type { Commands, MigrationFile } from '../../core/contracts/template.ts';
import { OndeleteError } from '../../core/errors.ts';
import { tableId } from '../../core/names.ts';
import type { Plan } from '../../core/model.ts';
import { type Conflict, conflictText } from '../../plan/pending.ts';
import type { Assessment } from '../../plan/plan.ts';
import { reachComparison } from '../../reach/diff.ts';
import { unhurried } from '../../core/pauses.ts';
import type { Format } from '../../report/formats.ts';
import { previewJson } from '../../report/json.ts';
import { count, pageFor } from '../../report/layout.ts';
import { markdown } from '../../report/markdown/diff.ts';
import { editLines, type EditReport, restLines } from '../../report/text/edits.ts';
import { keysShown } from '../../report/text/keys.ts';
import { type KeyFigures, type PreviewReport, previewText } from '../../report/text/plan.ts';
import { refusalLines } from '../../report/text/refusals.ts';
import { appsIn } from './apps.ts';
import type { PolicyDiff } from './compare.ts';
import { commandsFor } from './migrations-folder.ts';
import type { Context } from './options.ts';
import type { MigrationRequest } from './migration-request.ts';
import { figuresFor, orphanHazards, reachFigures } from './figures.ts';

/** What a run writes, or would. */
export interface GenerateResult {
  readonly plan: Plan;
  readonly files: readonly MigrationFile[];
  /** Of the models; null where none are in sight. */
  readonly edits: EditReport | null;
  /** Whether the files count rows without a parent, and somebody sees it. */
  readonly countsOrphans: boolean;
  /** Whether --plain would write the statements alone. */
  readonly canBeShorter: boolean;
}

/** Errors in the policy: no file will hold what it asks for there. */
export function logErrors({ comparison }: MigrationRequest, context: Context): void {
  const { findings } = comparison.diff;
  const errors = findings.filter(({ code, severity }) => severity === 'error' && code !== 'HALF_DONE');
  if (errors.length === 0) return;
  const codes = [...new Set(errors.map((finding) => finding.code))].join(', ');
  context.log(
    `Not fixed by these migrations: ${count(errors.length, 'error')} (${codes}); \`ondelete diff\` lists them.`,
  );
}

export function logConflicts(conflicts: readonly Conflict[], context: Context): void {
  for (const conflict of conflicts)
    context.log(
      `A pending migration is in conflict: ${conflictText(conflict)}. Delete its files if they were never applied: a tool that runs files in order never reaches those behind it.`,
    );
}

export function logRefusals({ refusals }: Pick<Assessment, 'refusals'>, context: Context): void {
  const page = pageFor({ ...context.terminal, color: false });
  if (refusals.length === 0) return;
  const shown = { most: keysShown, flag: 'ondelete diff --all' };
  context.log(refusalLines(refusals, shown, page).join('\n'));
}

export function refusal(refused: number, all: number): OndeleteError {
  const which =
    refused === all ? (all === 1 ? 'the change' : `all ${all} changes`) : `${refused} of ${all} changes`;
  const others = refused === all ? '' : ', or write the others with --skip-refused or --only';
  return new OndeleteError(
    'REFUSED',
    `${which} cannot be made as the policy asks; nothing was written`,
    `Follow the help named with each${others}.`,
  );
}

export function logDone(request: MigrationRequest, result: GenerateResult, context: Context): void {
  const { plan, files, countsOrphans } = result;
  const { comparison } = request;
  const { connection, label } = comparison.source;
  if (files.length === 0) {
    if (comparison.diff.changes.length === 0) context.log('Nothing to do: every key matches the policy.');
    return;
  }
  const { down, up } = commandsOf(request, files);
  context.log(`Wrote ${count(files.length, 'file')} for ${count(plan.changes.length, 'key')}.`);
  context.log(`Run:  ${up}`);
  context.log(`Back: ${down}`);
  logBefore(request, plan, context);
  const twoFiles = plan.hazards.find(({ code }) => code === oneTransaction);
  if (twoFiles !== undefined) context.log(`Before you run it: ${twoFiles.detail}.`);
  const codes = codesOf(plan);
  if (codes !== '') context.log(`Notices: ${codes}; \`ondelete explain CODE\` says what each means.`);
  const file = countsOrphans ? 'so do the files, before they change a key' : 'the files do not';
  context.log(
    connection === null
      ? `Written from ${label}, so the server was not asked about rights, long transactions and rows without a parent.`
      : `Rows without a parent were not counted. \`generate --dry-run\` counts them; ${file}.`,
  );
  logShorter(result, context);
}

export function logShorter({ plan, countsOrphans, canBeShorter }: GenerateResult, context: Context): void {
  if (!canBeShorter || plan.changes.length === 0) return;
  const orphans = countsOrphans ? ', no orphan count' : '';
  const why = plan.server.flavor === 'postgres' ? '; docs/a-migration.md explains the long form' : '';
  context.log(
    `Shorter: --plain writes the statements alone (no retries, no look at the state of a key${orphans})${why}.`,
  );
}

const noFolder =
  'psql reads no folder of PGlite. Close the application, serve the folder and give psql that address: docs/engines.md#pglite.';

const oneByOne =
  'Run the files one by one. The first begins to validate; the last one stops, with nothing changed, until that is done.';

/** What the tool needs on this engine before it can run the files, and what they need that is not known here. */
export function logBefore(request: MigrationRequest, { changes, steps }: Plan, context: Context): void {
  if (changes.length === 0) return;
  const { comparison, out, template } = request;
  const appOf = appsIn(request);
  const tables = new Map(changes.map(({ foreignKey: { child } }) => [tableId(child), child]));
  const unknown = [...tables.values()].filter((table) => appOf(table) === null);
  const isFolder = /^pglite:/i.test(comparison.source.label);
  const notes = [
    isFolder && template.name === 'sql' ? noFolder : null,
    steps.some(({ waits }) => waits === true) ? oneByOne : null,
    template.description.engineNotes?.[comparison.source.snapshot.server.flavor],
    unknown.length === 0 ? null : template.adviseOnTables?.(unknown, out),
  ];
  for (const note of notes) if (note != null) context.log(`Before you run it: ${note}`);
}

/** How to run the files and how to take them back. */
function commandsOf(request: MigrationRequest, files: readonly MigrationFile[]): Commands {
  const { comparison, existing, template } = request;
  const { flavor } = comparison.source.snapshot.server;
  const names = files.flatMap(({ path }) => template.migrationName(path) ?? []);
  return commandsFor(request, flavor, names.length === 0 ? ['NAME'] : [...new Set(names)], existing);
}

/** Told with the commands, for it is about running them. */
const oneTransaction = 'ONE_TRANSACTION_RUNNER';

/** `CHILD_INDEX_MISSING (2), LOCKS_ADD_UP`: the hazards that did not stop the plan. */
function codesOf({ hazards }: Plan): string {
  const numbers = new Map<string, number>();
  for (const { code } of hazards.filter((one) => one.code !== oneTransaction))
    numbers.set(code, (numbers.get(code) ?? 0) + 1);
  return [...numbers].map(([code, number]) => (number === 1 ? code : `${code} (${number})`)).join(', ');
}

export async function printPreview(
  request: MigrationRequest,
  result: GenerateResult,
  { format, full }: { readonly format: Format; readonly full: boolean },
  context: Context,
): Promise<void> {
  const figures = await figuresFor(result.plan, request.comparison.source, context);
  const report = await reportOf(request, result, figures, format);
  if (format === 'text') context.stdout(previewText(report, context.terminal, full).join('\n'));
  else context.stdout(dataText(report, request.comparison, format));
}

/** For people the paths, for programs the whole report. */
export async function printWritten(
  request: MigrationRequest,
  result: GenerateResult,
  { format }: { readonly format: Format },
  context: Context,
): Promise<void> {
  if (format === 'text') for (const file of result.files) context.stdout(join(request.shownOut, file.path));
  else context.stdout(dataText(await reportOf(request, result, [], format), request.comparison, format));
}

/** The last thing that a person reads: the edits, of a patch those that it leaves out. A program has them in the report. */
export function logEdits(
  { edits }: GenerateResult,
  { format, patch }: { readonly format: Format; readonly patch: string | null },
  context: Context,
): void {
  if (edits === null || format !== 'text') return;
  const page = pageFor({ ...context.terminal, color: false });
  const lines = patch === null ? ['', ...editLines(edits, keysShown, page)] : restLines(edits, page);
  if (lines.length > 0) context.log(lines.join('\n'));
}

function dataText(report: PreviewReport, { policyFile }: PolicyDiff, format: Format): string {
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
  request: MigrationRequest,
  { plan, files, edits }: GenerateResult,
  figures: readonly KeyFigures[],
  format: Format,
): Promise<PreviewReport> {
  const { comparison, shownOut } = request;
  const { label, snapshot, engine } = comparison.source;
  // People read which tables, programs how many rows too.
  const rows = format === 'json' ? await reachFigures(comparison.source) : null;
  return {
    database: label,
    plan: { ...plan, hazards: [...plan.hazards, ...orphanHazards(figures, engine)] },
    figures,
    files: files.map((file) => ({ ...file, path: join(shownOut, file.path) })),
    commands: commandsOf(request, files),
    models: edits,
    reach: await unhurried(reachComparison(snapshot, plan.changes, engine, rows)),
  };
}
