/** `ondelete report`: one page for people, with what deletes will do, the delete and neighbours of each table, the keys, the plan and the findings. */
import { reachComparison } from '../reach/diff.ts';
import { breathe, unhurried } from '../core/pauses.ts';
import { generatorMark, reportHtml } from '../report/html/index.ts';
import { replaceOwn } from './shared/atomic-write.ts';
import { assessOffline, compare, type SourceOptions } from './shared/compare.ts';
import { configOf } from './shared/open-schema.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  type ExitCode,
  policyFlags,
  policyOptions,
  textOf,
} from './shared/options.ts';
import { planOffline } from './shared/planning.ts';
import { reachFigures } from './shared/figures.ts';

interface ReportOptions extends SourceOptions {
  readonly output: string;
}

const defaultFile = 'ondelete-report.html';

export const flags = {
  ...databaseFlags,
  ...policyFlags,
  output: {
    type: 'string',
    requiresArg: true,
    default: defaultFile,
    describe: 'The page to write; an older report is replaced, any other file is not',
  },
} as const;

export function parseOptions(argv: Arguments): ReportOptions {
  return {
    ...databaseOptions(argv),
    ...policyOptions(argv),
    output: textOf(argv, 'output') ?? defaultFile,
  };
}

export async function run(options: ReportOptions, context: Context): Promise<ExitCode> {
  const comparison = await compare(options, context, await configOf(options, context));
  const { source, diff, policyFile } = comparison;
  try {
    const assessment = assessOffline(comparison);
    const report = {
      database: source.label,
      policyFile,
      diff,
      possible: assessment.possible,
      refusals: assessment.refusals,
      exitCode: diff.changes.length > 0 ? (1 as const) : (0 as const),
      known: [],
      gone: [],
      howToRun: null,
      wayOut: null,
      written: 0,
      blocking: [],
    };
    context.progress('comparing deletes before and after');
    const plan = await planOffline(comparison, assessment, context);
    const figures = await reachFigures(source);
    const { engine, snapshot } = source;
    const reach = await unhurried(reachComparison(snapshot, assessment.possible, engine, figures));
    const content = reportHtml(report, plan, reach, engine, figures);
    context.progress('');
    const isOurs = (text: string): boolean => text.includes(generatorMark);
    await breathe();
    replaceOwn(context.cwd, { path: options.output, content }, isOurs, 'report');
    context.log(`Wrote ${options.output}: open it in a browser; it needs no network.`);
    return 0;
  } finally {
    await source.close();
  }
}
