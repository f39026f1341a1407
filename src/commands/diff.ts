/** `ondelete diff`: policy against database. */
import type { Assessment } from '../plan/plan.ts';
import { reachComparison } from '../reach/diff.ts';
import { unhurried } from '../core/pauses.ts';
import { leftOut, unprovenEngine } from '../core/unproven.ts';
import { standingNotices } from '../report/content.ts';
import { type Format, formats } from '../report/formats.ts';
import { dot } from '../report/graph/dot.ts';
import { mermaid } from '../report/graph/mermaid.ts';
import { diffJson } from '../report/json.ts';
import { count } from '../report/layout.ts';
import { markdown } from '../report/markdown/diff.ts';
import { type DiffReport, diffText } from '../report/text/diff.ts';
import { annotations } from './shared/annotations.ts';
import { exitCodeOf, failFlags, failOptions, type FailOptions, withBaseline } from './shared/baseline.ts';
import { assessOffline, compare, type SourceOptions, type PolicyDiff } from './shared/compare.ts';
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
import { pendingOf } from './shared/pending.ts';
import { refuseUnusedScratch, schemaFilesOf } from './shared/schema-files.ts';
import { narrowed, sinceFlag } from './shared/since.ts';
import { planOffline } from './shared/planning.ts';

interface DiffOptions extends SourceOptions, FailOptions {
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
    const howToRun = written === 0 ? null : pending.howToRun;
    const exitCode = exitCodeOf(diff, options);
    const report = {
      database: source.label,
      policyFile,
      diff,
      possible,
      refusals,
      known,
      gone,
      howToRun,
      written,
      blocking: pending.blocking,
      exitCode,
    };
    if (source.connection?.readOnly != null)
      context.log(`Note: ${source.connection.readOnly}; run the migrations on its primary.`);
    const engine = unprovenEngine(source.snapshot.server);
    if (engine !== null)
      context.log(
        `Note: ${engine} is read by its documentation; nothing was run there (${leftOut[engine]}).`,
      );
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

async function printed(
  report: DiffReport,
  assessment: Assessment,
  comparison: PolicyDiff,
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
  comparison: PolicyDiff,
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
    commands: null,
    models: null,
    wholeList: 'ondelete diff',
  });
}
