/** `ondelete reach`: what deleting a row touches, over every path. */
import type { Source } from '../registry.ts';
import { OndeleteError } from '../core/errors.ts';
import { tableText, type TableName } from '../core/model.ts';
import type { CountedReach } from '../reach/count.ts';
import {
  databaseFlags,
  formatFlag,
  textOf,
  type Arguments,
  type Command,
  type Context,
} from './shared/options.ts';
import { reachFigures } from './shared/row-estimates.ts';
import { configOf, openSource } from './shared/open-source.ts';
import { reachContext, reachFrom, reach } from '../reach/index.ts';
import { summaryOf, worstFirst } from '../reach/summary.ts';
import { assess } from '../plan/plan.ts';
import { compareReach } from '../reach/diff.ts';
import { reachChangeLines, reachText, reachSummaryText } from '../report/text/reach.ts';
import { pageFor } from '../report/layout.ts';
import { literalOf } from '../policy/pattern/ast.ts';
import { parseTablePattern } from '../policy/pattern/parse.ts';
import { tableMatcher } from '../policy/pattern/match.ts';
import { didYouMean } from '../core/suggest.ts';
import { reachJson, reachSummaryJson, reachDiffJson } from '../report/json.ts';
import { compare as decideAll } from './shared/compare.ts';
import { countRows } from './shared/count-rows.ts';

export const reachCommand: Command = {
  flags: {
    ...databaseFlags,
    ...formatFlag,
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
  },
  async run(args, context) {
    if (args['diff'] === true) return reachDiff(args, context);
    const config = await configOf(args, context);
    // A delete does not mind which schemas a policy is about.
    const source = await openSource(args, context, config === null ? null : { ...config, schemas: null });
    try {
      const wanted = textOf(args, 'table');
      if (wanted === null) await printSummary(source, args, context);
      else await printReach(source, tableOf(wanted, source), args, context);
      return 0;
    } finally {
      await source.close();
    }
  },
};

async function printReach(
  source: Source,
  table: TableName,
  args: Arguments,
  context: Context,
): Promise<void> {
  const figures = await reachFigures(source);
  const found = reach(source.snapshot, table, source.engine, figures);
  const report = {
    database: source.label,
    server: source.snapshot.server,
    reach: found,
    counted: await countedFor(source, table, args, context),
  };
  if (args['format'] === 'json') {
    context.stdout(reachJson(report));
  } else {
    context.stdout(reachText(report, context.terminal).join('\n'));
  }
}

async function printSummary(source: Source, args: Arguments, context: Context): Promise<void> {
  if (textOf(args, 'where') !== null) {
    throw new OndeleteError(
      'USAGE',
      '--where picks rows of one table, and none is named',
      'Name it: ondelete reach TABLE --where "id = 42".',
    );
  }
  const { snapshot, schema, engine, label } = source;
  const every = reachContext(schema, engine);
  const figures = await reachFigures(source);
  const summaries = worstFirst(snapshot.tables.map((table) => summaryOf(reachFrom(every, table, figures))));
  const head = { database: label, server: snapshot.server };
  if (args['format'] === 'json') {
    context.stdout(reachSummaryJson(head, summaries));
  } else {
    context.stdout(reachSummaryText({ ...head, summaries }, context.terminal).join('\n'));
  }
}

async function reachDiff(args: Arguments, context: Context): Promise<0 | 1 | 2> {
  const { source, diff, paths } = await decideAll(args, context);
  try {
    const { snapshot, schema, engine: dialect } = source;
    const { possible } = assess(diff.changes, schema, dialect, dialect.capabilities(snapshot.server), {
      allowances: [],
      circumstances: [],
      paths,
    });
    const wanted = textOf(args, 'table');
    const only = wanted === null ? null : tableOf(wanted, source);
    const all = compareReach(snapshot, possible, dialect, await reachFigures(source));
    const changes = all.filter(
      ({ table }) => only === null || (table.schema === only.schema && table.name === only.name),
    );
    const head = { database: source.label, server: snapshot.server };
    if (args['format'] === 'json') {
      context.stdout(reachDiffJson(head, changes));
    } else {
      const page = pageFor(context.terminal);
      const lines =
        changes.length === 0
          ? ['No delete will do anything different.']
          : [
              page.bold('What a delete will do once the policy holds, worst first'),
              '',
              ...reachChangeLines(changes, page),
            ];
      context.stdout(
        [...page.wrap(`${source.label}: ${snapshot.server.product}`, 0, 2), '', ...lines].join('\n'),
      );
    }
    return 0;
  } finally {
    await source.close();
  }
}

/** The one table of the snapshot that a name means. @throws OndeleteError USAGE */
function tableOf(text: string, source: Source): TableName {
  const parsed = parseTablePattern(text);
  const isName =
    parsed.ok &&
    literalOf(parsed.value.name) !== null &&
    (parsed.value.schema === null || literalOf(parsed.value.schema) !== null);
  if (!isName) {
    throw new OndeleteError(
      'USAGE',
      `${JSON.stringify(text)} is not the name of a table`,
      'Write table or schema.table; a name with other signs stands in "double quotes".',
    );
  }
  const { snapshot, engine: dialect } = source;
  const found = snapshot.tables.filter(tableMatcher(parsed.value, dialect.names(snapshot.server)));
  const [first, second] = found;
  if (first === undefined) {
    const known = snapshot.tables.flatMap((table) => [tableText(table), table.name]);
    throw new OndeleteError(
      'USAGE',
      `no foreign key names a table ${text}${didYouMean(text, [...new Set(known)])}`,
      '`ondelete reach` without a name lists the tables that take part in keys.',
    );
  }
  if (second !== undefined) {
    throw new OndeleteError(
      'USAGE',
      `${text} is ${found.slice(0, 4).map(tableText).join(', ')}${found.length > 4 ? ` and ${found.length - 4} more` : ''}`,
      'Write the schema in front of the name.',
    );
  }
  return first;
}

async function countedFor(
  source: Source,
  table: TableName,
  args: Arguments,
  context: Context,
): Promise<CountedReach | null> {
  const where = textOf(args, 'where');
  if (where === null) return null;
  const seconds = args['timeout'];
  if (typeof seconds !== 'number' || !(seconds > 0)) {
    throw new OndeleteError(
      'USAGE',
      '--timeout is a number of seconds above 0',
      'Leave it out for 30 seconds.',
    );
  }
  return countRows(source, table, where, seconds, context);
}
