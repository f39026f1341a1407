/** Reach in one line per table, worst first. Pure. */
import type { Code } from '../core/codes/index.ts';
import { groupBy } from '../core/group-by.ts';
import { compareTables } from '../core/names.ts';
import type { TableName } from '../core/model.ts';
import type { ReachContext } from './context.ts';
import { failureCodes } from './failures.ts';
import { extentOf, type ReachFigures, type Rows } from './index.ts';
import { traverseFrom } from './traversal.ts';

export interface ReachSummary {
  readonly table: TableName;
  /** How many tables lose rows. */
  readonly deleted: number;
  /** How many tables have columns set to NULL or a default. */
  readonly set: number;
  /** The largest number of keys on the path to a table that loses rows. */
  readonly depth: number;
  /** A delete can return to a table, so the rows decide how deep it goes. */
  readonly circular: boolean;
  readonly rows: Rows;
  /** Tables whose rows refuse the delete. */
  readonly refusedBy: readonly TableName[];
  /** Other reasons why a delete fails than a refusing key. */
  readonly codes: readonly string[];
}

/** Failures that `refusedBy` shows. */
const refusalCodes: ReadonlySet<string> = new Set<Code>([
  'REFUSES_DELETE',
  'REFUSED_BELOW_CASCADE',
  'REFUSES_ROWS_LEFT',
  'ORDER_DECIDES',
]);

/** `reachFrom` in numbers: for one of many tables. */
function summaryFrom(context: ReachContext, table: TableName, figures: ReachFigures | null): ReachSummary {
  const { graph } = context;
  const start = graph.numberOf(table);
  const traversal = start === null ? null : traverseFrom(graph, start);
  const deleted = [...(traversal?.deleted.values() ?? [])];
  const refusals = groupBy(traversal?.refusals ?? [], (visit) => visit.table);
  const refusedBy = [...refusals]
    .flatMap(([number, [first]]) => {
      const name = graph.names[number];
      return name === undefined || first === undefined ? [] : [{ name, depth: first.depth }];
    })
    .sort((a, b) => a.depth - b.depth || compareTables(a.name, b.name));
  return {
    table: { schema: table.schema, name: table.name },
    deleted: deleted.length,
    set: new Set(traversal?.writes.map((visit) => visit.table)).size,
    depth: deleted.reduce((most, visit) => Math.max(most, visit.depth), 0),
    circular: deleted.some((visit) => graph.circular[visit.table] === true),
    rows: extentOf(traversal, graph, figures).rows,
    refusedBy: refusedBy.map(({ name }) => name),
    codes: traversal === null ? [] : codesOf(failureCodes(traversal, context)),
  };
}

function codesOf(codes: ReadonlySet<string>): readonly string[] {
  return [...codes].filter((code) => !refusalCodes.has(code)).sort();
}

/** Of many tables, one after the other. */
export function* summariesOf(
  context: ReachContext,
  tables: readonly TableName[],
  figures: ReachFigures | null,
): Generator<undefined, readonly ReachSummary[]> {
  const summaries: ReachSummary[] = [];
  for (const table of tables) {
    summaries.push(summaryFrom(context, table, figures));
    yield;
  }
  return summaries;
}

/** Worst first: by tables deleted, rows, depth, tables set. */
export function worstFirst(summaries: readonly ReachSummary[]): readonly ReachSummary[] {
  return [...summaries].sort(
    (a, b) =>
      b.deleted - a.deleted ||
      (b.rows.worst ?? 0) - (a.rows.worst ?? 0) ||
      b.depth - a.depth ||
      b.set - a.set ||
      b.refusedBy.length - a.refusedBy.length ||
      compareTables(a.table, b.table),
  );
}
