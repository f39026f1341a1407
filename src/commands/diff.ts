/** `ondelete diff`: policy against database. */
import type { Config } from '../config/read.ts';
import { OndeleteError } from '../core/errors.ts';
import type { Assessment } from '../plan/plan.ts';
import { reachComparison } from '../reach/diff.ts';
import { unhurried } from '../core/pauses.ts';
import { leftOut, printedEngine, unprovenEngine } from '../core/unproven.ts';
import { standingNotices } from '../report/content.ts';
import { type Format, formats } from '../report/formats.ts';
import { dot } from '../report/graph/dot.ts';
import { mermaid } from '../report/graph/mermaid.ts';
import { diffJson, diffsJson } from '../report/json.ts';
import { count } from '../report/layout.ts';
import { markdown } from '../report/markdown/diff.ts';
import { type DiffReport, diffText } from '../report/text/diff.ts';
import { annotations } from './shared/annotations.ts';
import { exitCodeOf, failFlags, failOptions, type FailOptions, withBaseline } from './shared/baseline.ts';
import { assessOffline, compare, type SourceOptions, type PolicyDiff } from './shared/compare.ts';
import { alike, askEach, failureOf } from './shared/databases.ts';
import { configOf, databaseUrls } from './shared/open-schema.ts';
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
  const urls = options.snapshot === null ? databaseUrls(options.database, context, config) : [];
  if (urls.length > 1) return diffEach(urls, options, context, config);
  const answer = await answerOf(options, context, config);
  for (const note of answer.notes) context.log(note);
  context.stdout(await printed(answer, options, context));
  return answer.report.exitCode;
}

/** One database and the policy. */
interface Answer {
  readonly report: DiffReport;
  readonly assessment: Assessment;
  /** Its source is closed. */
  readonly comparison: PolicyDiff;
  readonly models: PolicyDiff['models'];
  readonly notes: readonly string[];
}

async function answerOf(
  options: DiffOptions,
  context: Context,
  config: Config | null,
  models: PolicyDiff['models'] = null,
): Promise<Answer> {
  const comparison = await compare(options, context, config, models);
  const { source, policyFile } = comparison;
  try {
    const pending = await pendingOf(comparison, context);
    const findings = [...comparison.diff.findings, ...pending.findings];
    const whole = { ...comparison.diff, changes: pending.named, findings };
    const { diff: seen, left } = await narrowed(whole, options.since, comparison, context);
    const { fresh, known, gone } = withBaseline(seen.findings, options, context);
    const diff = { ...seen, findings: fresh };
    const assessment = assessOffline({ ...comparison, diff });
    const { possible, refusals } = assessment;
    const written = possible.filter((change) => pending.changes.has(change)).length;
    const report = {
      database: source.label,
      policyFile,
      diff,
      possible,
      refusals,
      known,
      gone,
      howToRun: written === 0 ? null : pending.howToRun,
      wayOut: pending.wayOut,
      written,
      blocking: pending.blocking,
      exitCode: exitCodeOf(diff, options),
    };
    const { server } = source.snapshot;
    const engine = unprovenEngine(server) ?? printedEngine(server);
    const notes = [
      source.connection?.readOnly == null
        ? []
        : [
            `Note: ${source.connection.readOnly}; run the migrations where writes are allowed, as on a primary.`,
          ],
      engine === null
        ? []
        : [`Note: ${engine} is read by its documentation; nothing was run there (${leftOut[engine]}).`],
      left === null
        ? []
        : [
            `Only what changed since ${left.since}: ${count(left.changes, 'difference')} and ${count(left.findings, 'finding')} left out.`,
          ],
    ].flat();
    return { report, assessment, comparison, models: comparison.models, notes };
  } finally {
    await source.close();
  }
}

/** Formats whose reports can stand one behind the other. */
const severalFormats: readonly Format[] = ['text', 'json', 'markdown', 'github'];

/** Databases that say the same are one report. What was compared is printed before what could not be. */
async function diffEach(
  urls: readonly string[],
  options: DiffOptions,
  context: Context,
  config: Config | null,
): Promise<ExitCode> {
  if (!severalFormats.includes(options.format))
    throw new OndeleteError(
      'USAGE',
      `--format ${options.format} shows one database, and the config lists ${urls.length}`,
      'Name it with --database URL.',
    );
  const answers = await askEach(urls, context, (database, models) =>
    answerOf({ ...options, database }, context, config, models),
  );
  const reports = alike(answers.flatMap((one) => ('answer' in one ? [one.answer] : [])));
  for (const note of new Set(reports.flatMap(({ notes }) => notes))) context.log(note);
  if (options.format === 'json') context.stdout(diffsJson(reports));
  else
    for (const [at, one] of reports.entries()) {
      const text = await printed(one, options, context);
      context.stdout(at === 0 || options.format === 'github' ? text : `\n${text}`);
    }
  const failure = failureOf(answers);
  if (failure !== null) throw failure;
  return reports.some(({ report }) => report.exitCode === 1) ? 1 : 0;
}

async function printed(
  { assessment, comparison, report }: Answer,
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
