/** `ondelete reach`: what deleting a row touches, over every path. */
import { OndeleteError } from '../core/errors.ts';
import { reachComparison } from '../reach/diff.ts';
import { unhurried } from '../core/pauses.ts';
import { reach, reachContext } from '../reach/index.ts';
import { summariesOf, worstFirst } from '../reach/summary.ts';
import type { SchemaSource } from '../schema-source.ts';
import type { Format } from '../report/formats.ts';
import { reachDiffJson, reachJson, reachSummaryJson } from '../report/json.ts';
import { pageFor, type Terminal } from '../report/layout.ts';
import { reachChangeLines, reachSummaryText, reachText } from '../report/text/reach.ts';
import { assessOffline, compare, type SourceOptions, type PolicyDiff } from './shared/compare.ts';
import { countRows } from './shared/count-rows.ts';
import { configOf, openSchema } from './shared/open-schema.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  type ExitCode,
  formatFlag,
  formatOf,
  isSet,
  numberOf,
  policyOptions,
  requireSeconds,
  textOf,
} from './shared/options.ts';
import { reachFigures } from './shared/figures.ts';
import { tableNamed } from './shared/table-named.ts';

interface ReachOptions extends SourceOptions {
  readonly table: string | null;
  readonly where: string | null;
  readonly seconds: number;
  readonly diff: boolean;
  readonly format: Format;
}

export const flags = {
  ...databaseFlags,
  ...formatFlag('text', 'json'),
  where: {
    type: 'string',
    requiresArg: true,
    describe: 'Count exactly on the live rows that this expression picks, such as "id = 42"; read-only',
  },
  timeout: {
    type: 'number',
    default: 30,
    requiresArg: true,
    describe: 'With --where: seconds after which the count ends with what it has',
  },
  diff: {
    type: 'boolean',
    describe: 'Before and after: what the changes that the policy asks for mean for deletes',
    conflicts: 'where',
  },
} as const;

export function parseOptions(argv: Arguments): ReachOptions {
  const options = {
    ...databaseOptions(argv),
    ...policyOptions(argv),
    table: textOf(argv, 'table'),
    where: textOf(argv, 'where'),
    seconds: numberOf(argv, 'timeout') ?? 30,
    diff: isSet(argv, 'diff'),
    format: formatOf(argv),
  };
  if (options.where !== null) requireSeconds(options.seconds, 30);
  if (options.where !== null && options.table === null)
    throw new OndeleteError(
      'USAGE',
      '--where picks rows of one table, and none is named',
      'Name it: ondelete reach TABLE --where "id = 42".',
    );
  return options;
}

export async function run(options: ReachOptions, context: Context): Promise<ExitCode> {
  const config = await configOf(options, context);
  if (options.diff) {
    const comparison = await compare(options, context, config);
    return closing(comparison.source, reachChanges(comparison, options, context.terminal), context);
  }
  // A delete does not mind which schemas a policy is about.
  const source = await openSchema(options, context, config === null ? null : { ...config, schemas: null });
  const text =
    options.table === null
      ? summary(source, options, context.terminal)
      : reachOf(source, options.table, options, context);
  return closing(source, text, context);
}

async function closing(source: SchemaSource, text: Promise<string>, context: Context): Promise<ExitCode> {
  try {
    context.stdout(await text);
    return 0;
  } finally {
    await source.close();
  }
}

async function reachOf(
  source: SchemaSource,
  name: string,
  { where, seconds, format }: ReachOptions,
  context: Context,
): Promise<string> {
  const { engine, label, snapshot } = source;
  const table = tableNamed(name, source);
  const report = {
    database: label,
    server: snapshot.server,
    reach: reach(snapshot, table, engine, await reachFigures(source)),
    counted: where === null ? null : await countRows(source, table, where, seconds, context),
  };
  return format === 'json' ? reachJson(report) : reachText(report, context.terminal).join('\n');
}

/** Every table, worst first. */
async function summary(source: SchemaSource, { format }: ReachOptions, terminal: Terminal): Promise<string> {
  const { snapshot, schema, engine, label } = source;
  const shared = reachContext(schema, engine);
  const figures = await reachFigures(source);
  const summaries = worstFirst(await unhurried(summariesOf(shared, snapshot.tables, figures)));
  const head = { database: label, server: snapshot.server };
  return format === 'json'
    ? reachSummaryJson(head, summaries)
    : reachSummaryText({ ...head, summaries }, terminal).join('\n');
}

/** Deletes before and after the changes that the policy asks for. */
async function reachChanges(
  comparison: PolicyDiff,
  { table, format }: ReachOptions,
  terminal: Terminal,
): Promise<string> {
  const { source } = comparison;
  const { snapshot, engine, label } = source;
  const { possible } = assessOffline(comparison);
  const only = table === null ? null : tableNamed(table, source);
  const figures = format === 'json' ? await reachFigures(source) : null;
  const changes = await unhurried(reachComparison(snapshot, possible, engine, figures, only));
  if (format === 'json') return reachDiffJson({ database: label, server: snapshot.server }, changes);
  const page = pageFor(terminal);
  const heading = 'What a delete will do once the policy holds, worst first';
  const lines =
    changes.length === 0
      ? ['No delete will do anything different.']
      : [page.bold(heading), '', ...reachChangeLines(changes, page)];
  return [...page.wrap(`${label}: ${snapshot.server.product}`, 0, 2), '', ...lines].join('\n');
}
