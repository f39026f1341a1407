/** The report of `diff` in the format that is asked for. */
import { diffText, type DiffReport } from '../../report/text/diff.ts';
import type { Plan } from '../../core/model.ts';
import { plan, type Assessment } from '../../plan/plan.ts';
import { reachFigures } from './row-estimates.ts';
import type { Arguments, Context } from './options.ts';
import type { Comparison } from './compare.ts';
import { markdown } from '../../report/markdown/diff.ts';
import { compareReach } from '../../reach/diff.ts';
import { folderOf } from './pipeline.ts';
import { runnerHazards } from '../../plan/migrations.ts';
import { printProblems } from './annotations.ts';
import { diffJson } from '../../report/json.ts';
import { mermaid } from '../../report/graph/mermaid.ts';
import { dot } from '../../report/graph/dot.ts';

/** Loads what the format needs and nothing else, and prints the report. */
export async function printDiff(
  report: DiffReport,
  decided: Comparison,
  assessment: Assessment,
  args: Arguments,
  context: Context,
): Promise<void> {
  const { snapshot } = decided.source;
  const format = args['format'];
  if (format === 'github' || format === 'sarif') {
    const { possible, refusals, diff } = report;
    printProblems({ possible, refusals, findings: diff.findings }, decided.policyFile, args, context);
  } else if (format === 'json') {
    context.stdout(diffJson(report));
  } else if (format === 'markdown') {
    context.stdout(await diffMarkdown(report, decided, assessment, args, context));
  } else if (format === 'mermaid') {
    context.stdout(mermaid(snapshot, report.possible));
  } else if (format === 'dot') {
    context.stdout(dot(snapshot, report.possible));
  } else {
    context.stdout(diffText(report, context.terminal).join('\n'));
  }
}

async function diffMarkdown(
  report: DiffReport,
  decided: Comparison,
  assessment: Assessment,
  args: Arguments,
  context: Context,
): Promise<string> {
  const { source } = decided;
  const { snapshot, engine: dialect } = source;
  return markdown({
    database: report.database,
    server: snapshot.server,
    policyFile: report.policyFile,
    changes: report.possible,
    refusals: report.refusals,
    findings: report.diff.findings,
    known: report.known.length,
    reach: compareReach(snapshot, report.possible, dialect, await reachFigures(source)),
    plan: await planFor(decided, assessment, args, context),
    figures: [],
    files: [],
    howToRun: null,
    wholeList: 'ondelete diff',
  });
}

/** The steps that `generate` would write; null where it could not, because of the tool that the config names. */
export async function planFor(
  decided: Comparison,
  assessment: Assessment,
  args: Arguments,
  context: Context,
): Promise<Plan | null> {
  const folder = await folderOf(decided, args, context).catch(() => null);
  if (folder === null) return null;
  const { snapshot, schema, engine: dialect } = decided.source;
  const made = plan(
    assessment,
    schema,
    (await dialect.emitter()).emit,
    dialect.capabilities(snapshot.server),
    folder.template.runner,
    [],
  );
  return { ...made, hazards: [...made.hazards, ...runnerHazards(made, folder.template)] };
}
