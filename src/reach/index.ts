/**
 * Reach: what deleting one row of a table affects, over every path and circle of keys. Pure: it reads keys, not rows, so it
 * says what can happen; `certain` marks what happens as soon as there are rows on the path.
 *
 * Each table is visited once per effect, over the shortest path, so the work grows with the number of keys, not of paths.
 */
import { compareTables, compareText, keyText } from '../core/names.ts';
import type { Change, ForeignKey, Snapshot, TableName } from '../core/model.ts';
import { reachContext, type ReachContext, type ReachEngine } from './context.ts';
import { failuresOf, type ReachFailure } from './failures.ts';
import type { Edge, Graph, ReachStep } from './graph.ts';
import { schemaIndex } from '../core/schema-index.ts';
import { estimateRows, type ReachFigures, type Rows, rowsOver } from './estimates.ts';
import { type Effect, effects, pathOf, type Traversal, traverseFrom, type Visit } from './traversal.ts';

export { reachContext, type ReachContext, type ReachEngine } from './context.ts';
export type { ReachFailure } from './failures.ts';
export type { ReachStep } from './graph.ts';
export { figuresFrom, type ReachFigures, type Rows } from './estimates.ts';
export { effects, pathText, type Effect } from './traversal.ts';

export interface TouchedTable {
  readonly table: TableName;
  readonly effect: Effect;
  /** The columns that are set; empty for `deleted` and `refused`. */
  readonly columns: readonly string[];
  /** The number of keys on the shortest path. */
  readonly depth: number;
  /** The shortest path, from the table whose row is deleted; of a long one the keys at both ends. */
  readonly path: readonly ReachStep[];
  /** How many keys have this effect on the table. */
  readonly keys: number;
  /** A delete can return to this table, so its rows can be deleted at any depth. */
  readonly circular: boolean;
  /** Estimated rows. */
  readonly rows: Rows;
}

/** A table that a delete reaches, without the path to it: what is asked of all tables makes no paths. */
export interface VisitedTable extends Omit<TouchedTable, 'path'> {
  readonly visit: Visit;
}

/** How far a delete goes. */
export interface Extent {
  /** The largest distance, in keys, of a table with deleted or set rows. */
  readonly depth: number;
  /** Estimated deleted rows of all tables, including the first row. */
  readonly rows: Rows;
}

export interface Reach extends Extent {
  readonly table: TableName;
  /** Sorted by effect (deleted, set, refused), depth and name. */
  readonly touched: readonly TouchedTable[];
  readonly failures: readonly ReachFailure[];
}

/**
 * @param snapshot the keys as they are, or as `withChanges` says they will be
 * @param figures rows and children per parent; null where there are no statistics
 * @returns plain data; empty for a table without keys
 */
export function reach(
  snapshot: Snapshot,
  table: TableName,
  engine: ReachEngine,
  figures: ReachFigures | null = null,
): Reach {
  return reachFrom(reachContext(schemaIndex(snapshot), engine), table, figures);
}

/** `reach` for one of many tables: the context is made once for all of them. */
function reachFrom(context: ReachContext, table: TableName, figures: ReachFigures | null = null): Reach {
  const { graph } = context;
  const start = graph.numberOf(table);
  const name = { schema: table.schema, name: table.name };
  if (start === null) return { table: name, touched: [], ...extentOf(null, graph, figures), failures: [] };
  const traversal = traverseFrom(graph, start);
  return {
    table: name,
    touched: visitedOn(traversal, graph, figures).map(({ visit, ...one }) => ({
      ...one,
      path: pathOf(visit),
    })),
    ...extentOf(traversal, graph, figures),
    failures: failuresOf(traversal, context),
  };
}

/** @param traversal null for a table that no key knows */
export function extentOf(traversal: Traversal | null, graph: Graph, figures: ReachFigures | null): Extent {
  if (traversal === null) return { depth: 0, rows: { median: 1, worst: 1 } };
  const { deleted, start, writes } = traversal;
  const depth = [...deleted.values(), ...writes].reduce((most, one) => Math.max(most, one.depth), 0);
  return { depth, rows: estimateRows(graph, deleted, start, figures).total };
}

/** The snapshot as it would be after these changes. */
export function withChanges(snapshot: Snapshot, changes: readonly Change[]): Snapshot {
  if (changes.length === 0) return snapshot;
  const idOf = (key: ForeignKey): string =>
    JSON.stringify([keyText(key), key.halfDone?.temporaryName ?? key.name]);
  const to = new Map(changes.map((change) => [idOf(change.foreignKey), change.to]));
  return {
    ...snapshot,
    foreignKeys: snapshot.foreignKeys.map((key) => {
      const clause = to.get(idOf(key));
      return clause === undefined ? key : { ...key, ...clause, halfDone: null };
    }),
  };
}

/** What a delete touches, sorted by effect (deleted, set, refused), depth and name. */
export function visitedOn(
  traversal: Traversal,
  graph: Graph,
  figures: ReachFigures | null,
): readonly VisitedTable[] {
  const { deleted } = estimateRows(graph, traversal.deleted, traversal.start, figures);
  const rowsOf = ({ effect, table }: Visit, edge: Edge): Rows =>
    (effect === 'deleted' ? deleted.get(table) : undefined) ?? rowsOver(edge, deleted, graph, figures);
  const refusing = new Map<number, Visit>();
  for (const visit of traversal.refusals) {
    const known = refusing.get(visit.table);
    if (known === undefined) refusing.set(visit.table, { ...visit });
    else known.keys += 1;
  }
  return [...traversal.deleted.values(), ...traversal.writes, ...refusing.values()]
    .flatMap((visit): readonly VisitedTable[] =>
      visit.edge === null
        ? []
        : [
            {
              table: graph.names[visit.table] ?? { schema: '', name: '' },
              effect: visit.effect,
              columns: visit.columns,
              depth: visit.depth,
              keys: visit.keys,
              circular: graph.circular[visit.table] ?? false,
              rows: rowsOf(visit, visit.edge),
              visit,
            },
          ],
    )
    .sort(
      (a, b) =>
        effects.indexOf(a.effect) - effects.indexOf(b.effect) ||
        a.depth - b.depth ||
        compareTables(a.table, b.table) ||
        compareText(a.columns.join('\0'), b.columns.join('\0')),
    );
}
