/** `ondelete diff`: policy against database. */
import { asConfigured } from '../config/severities.ts';
import type { Change, Finding } from '../core/model.ts';
import type { Diff } from '../diff/diff.ts';
import { migrationStatuses } from '../plan/pending.ts';
import type { Assessment } from '../plan/plan.ts';
import { reachComparison } from '../reach/diff.ts';
import { unhurried } from '../core/pauses.ts';
import { pendingFindings } from '../rehearsal/receipts.ts';
import { standingNotices } from '../report/content.ts';
import { type Format, formats } from '../report/formats.ts';
import { dot } from '../report/graph/dot.ts';
import { mermaid } from '../report/graph/mermaid.ts';
import { diffJson } from '../report/json.ts';
import { count } from '../report/layout.ts';
import { markdown } from '../report/markdown/diff.ts';
import { type DiffReport, diffText } from '../report/text/diff.ts';
import { annotations } from './shared/annotations.ts';
import { failFlags, failOptions, type FailOptions, isFailing, withBaseline } from './shared/baseline.ts';
import { assessOffline, compare, type CompareOptions, type Comparison } from './shared/compare.ts';
import { configOf } from './shared/open-schema.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  type ExitCode,
  formatFlag,
  formatOf,
  isSet,
  policyFlags,
  policyOptions,
  scratchFlag,
  textOf,
} from './shared/options.ts';
import { appliedNames, existingFiles, folderOf, howToRun } from './shared/migrations-folder.ts';
import { refuseUnusedScratch, schemaFilesOf } from './shared/schema-files.ts';
import { narrowed, sinceFlag } from './shared/since.ts';
import { planOffline } from './shared/planning.ts';

interface DiffOptions extends CompareOptions, FailOptions {
  readonly format: Format;
  readonly since: string | null;
  readonly all: boolean;
}

export const flags = {
  ...databaseFlags,
  ...policyFlags,
  ...scratchFlag,
  ...formatFlag(...formats),
  ...failFlags,
  ...sinceFlag,
  all: { type: 'boolean', describe: 'Print every key that differs, not only the first 20 of each rule' },
} as const;

export function parseOptions(argv: Arguments): DiffOptions {
  return {
    ...databaseOptions(argv),
    ...policyOptions(argv),
    ...failOptions(argv),
    format: formatOf(argv),
    since: textOf(argv, 'since'),
    all: isSet(argv, 'all'),
  };
}

export async function run(options: DiffOptions, context: Context): Promise<ExitCode> {
  const config = await configOf(options, context);
  refuseUnusedScratch(options, schemaFilesOf(options.policyFrom, context, config));
  const comparison = await compare(options, context, config);
  const { source, policyFile } = comparison;
  try {
    const pending = await pendingOf(comparison, context);
    const findings = [...comparison.diff.findings, ...pending.findings];
    const whole = { ...comparison.diff, findings };
    const { diff: seen, left } = await narrowed(whole, options.since, comparison, context);
    const { fresh, known, gone } = withBaseline(seen.findings, options, context);
    const diff = { ...seen, findings: fresh };
    const assessment = assessOffline({ ...comparison, diff });
    const { possible, refusals } = assessment;
    const written = possible.filter((change) => pending.changes.has(change)).length;
    const run = written === 0 ? null : pending.howToRun;
    const exitCode = exitCodeOf(diff, options);
    const report = {
      database: source.label,
      policyFile,
      diff,
      possible,
      refusals,
      known,
      gone,
      run,
      written,
      blocking: pending.blocking,
      exitCode,
    };
    if (source.connection?.readOnly != null)
      context.log(`Note: ${source.connection.readOnly}; run the migrations on its primary.`);
    if (left !== null)
      context.log(
        `Only what changed since ${left.since}: ${count(left.changes, 'difference')} and ${count(left.findings, 'finding')} left out.`,
      );
    context.stdout(await printed(report, assessment, comparison, options, context));
    return exitCode;
  } finally {
    await source.close();
  }
}

/** What the folder of the migrations says of the diff. */
interface Pending {
  readonly findings: readonly Finding[];
  /** Changes that a file holds which is not applied yet. */
  readonly changes: ReadonlySet<Change>;
  readonly howToRun: string | null;
  /** Migrations that are in conflict with what is here or with the policy. */
  readonly blocking: readonly string[];
}

/** A tool whose variable is not set and a folder that cannot be read are the business of `generate`. */
export async function pendingOf({ config, diff, source }: Comparison, context: Context): Promise<Pending> {
  const nothing: Pending = { findings: [], changes: new Set(), howToRun: null, blocking: [] };
  if (diff.changes.length === 0) return nothing;
  const found = await folderOf(config, context)
    .then((folder) => ({ ...folder, files: existingFiles(folder) }))
    .catch(() => null);
  if (found === null) return nothing;
  const { template, files } = found;
  const { snapshot, schema, engine } = source;
  const applied = await appliedNames(template, files, source.connection);
  const all = [...diff.changes, ...diff.settled];
  const statuses = migrationStatuses(all, { files, applied }, template, schema, engine);
  const blocking = new Set(statuses.flatMap((status) => (status.kind === 'conflict' ? [status.set] : [])));
  const written = statuses.flatMap((status) => (status.kind === 'pending' ? [status] : []));
  const names = new Set(
    written.flatMap((status) => status.files.map((path) => template.migrationName(path))),
  );
  const [name] = names.size === 1 ? [...names] : [];
  const findings = pendingFindings(statuses, files, template, schema, engine);
  return {
    findings: asConfigured(findings, config.findings, snapshot, engine.names(snapshot.server)),
    changes: new Set(written.map(({ change }) => change)),
    howToRun: howToRun(found, snapshot.server.flavor, name ?? undefined),
    blocking: [...blocking],
  };
}

/** A difference is always 1; a finding from the severity on that --fail-on names. */
export function exitCodeOf(
  { changes, findings }: Pick<Diff, 'changes' | 'findings'>,
  { failOn }: Pick<FailOptions, 'failOn'>,
): 0 | 1 {
  const failing = findings.some((one) => isFailing(one, failOn) && !standingNotices.has(one.code));
  return changes.length > 0 || failing ? 1 : 0;
}

async function printed(
  report: DiffReport,
  assessment: Assessment,
  comparison: Comparison,
  { all, format }: DiffOptions,
  context: Context,
): Promise<string> {
  const { snapshot } = comparison.source;
  const { possible, refusals, diff, policyFile } = report;
  switch (format) {
    case 'json':
      return diffJson(report);
    case 'markdown':
      return diffMarkdown(report, assessment, comparison, context);
    case 'github':
    case 'sarif':
      return annotations({ possible, refusals, findings: diff.findings }, policyFile, format, context);
    case 'mermaid':
      return mermaid(snapshot, possible);
    case 'dot':
      return dot(snapshot, possible);
    case 'text':
      return diffText(context.quiet ? withoutNotices(report) : report, context.terminal, all).join('\n');
  }
}

function withoutNotices({ diff, ...report }: DiffReport): DiffReport {
  return {
    ...report,
    diff: { ...diff, findings: diff.findings.filter(({ code }) => !standingNotices.has(code)) },
  };
}

async function diffMarkdown(
  { database, policyFile, possible, refusals, diff, known }: DiffReport,
  assessment: Assessment,
  comparison: Comparison,
  context: Context,
): Promise<string> {
  const { source } = comparison;
  const { snapshot, engine } = source;
  return markdown({
    database,
    server: snapshot.server,
    policyFile,
    changes: possible,
    refusals,
    findings: diff.findings,
    known: known.length,
    reach: await unhurried(reachComparison(snapshot, possible, engine)),
    plan: await planOffline(comparison, assessment, context),
    figures: [],
    files: [],
    howToRun: null,
    models: null,
    wholeList: 'ondelete diff',
  });
}
