/** What the page of `report` holds, as plain data: tables, keys, and what a delete in each table does before and after. Pure. */
import { clauseText, compareTables, keyText, tableId, tableText } from '../../core/names.ts';
import type { ForeignKey, Snapshot, TableName } from '../../core/model.ts';
import { type Graph, graphOf } from '../../reach/graph.ts';
import { effects, type ReachEngine, type ReachFigures, visitedOn, withChanges } from '../../reach/index.ts';
import type { ReachChange } from '../../reach/diff.ts';
import { traverseFrom } from '../../reach/traversal.ts';
import type { DiffReport } from '../text/diff.ts';
import { type DrawnKey, drawnKeys, drawnTables } from '../graph/graph.ts';

export interface PageKey {
  readonly drawn: DrawnKey;
  readonly child: number;
  readonly parent: number;
  readonly refused: boolean;
}

/**
 * A table that a delete touches: its number, the effect, the key that leads there, the place in the list that the key leads on from
 * (-1: the deleted row), how many keys have this effect, 1 where ON UPDATE is followed, rows for a typical parent and at worst.
 */
type PageVisit = readonly [
  table: number,
  effect: number,
  key: number,
  from: number,
  keys: number,
  onUpdate: 0 | 1,
  median: number | null,
  worst: number | null,
];

/** What a delete in one table touches; null where the page would grow too large. */
type PageReach = readonly PageVisit[] | null;

export interface PageModel {
  readonly tables: readonly string[];
  readonly keys: readonly PageKey[];
  /** The number of a table with keys. */
  readonly numberOf: (table: TableName) => number;
  /** By table. */
  readonly before: readonly PageReach[];
  /** By table; 'same' where nothing changes. */
  readonly after: readonly (PageReach | 'same')[];
  /** The table that the page begins with: the one whose deletes change most, else the one with the most keys. */
  readonly first: number;
}

/** Keeps the page of a large schema at a few megabytes. */
const mostVisits = 150_000;

export function pageModel(
  report: DiffReport,
  reach: readonly ReachChange[],
  engine: Pick<ReachEngine, 'cascading'>,
  figures: ReachFigures | null,
): PageModel {
  const { snapshot } = report.diff;
  const refused = new Set(report.refusals.map(({ change }) => change.foreignKey));
  const drawn = drawnKeys(snapshot, [...report.possible, ...report.refusals.map(({ change }) => change)]);
  const names = drawnTables(drawn);
  const numbers = new Map(names.map((table, at) => [tableId(table), at]));
  const numberOf = (table: TableName): number => numbers.get(tableId(table)) ?? -1;
  const keys = drawn.map((one) => ({
    drawn: one,
    child: numberOf(one.key.child),
    parent: numberOf(one.key.parent),
    refused: refused.has(one.key),
  }));
  const busiest = byKeys(names, keys);
  const order = [...new Set([...reach.map(({ table }) => numberOf(table)), ...busiest])];
  const visitsIn = (from: Snapshot): readonly PageReach[] => {
    const graph = graphOf(from, engine.cascading(from.server));
    const keyNumbers = new Map(from.foreignKeys.map((key, at) => [key, at]));
    const all: PageReach[] = names.map(() => null);
    let left = mostVisits;
    for (const at of order) {
      const table = names[at];
      if (table === undefined || left <= 0) continue;
      const visits = visitsFrom(graph, table, { numberOf, keyNumbers, figures });
      left -= visits.length;
      all[at] = visits;
    }
    return all;
  };
  const before = visitsIn(snapshot);
  const after = visitsIn(withChanges(snapshot, report.possible));
  return {
    tables: names.map(tableText),
    keys,
    numberOf,
    before,
    after: after.map((one, at) => (JSON.stringify(one) === JSON.stringify(before[at]) ? 'same' : one)),
    first: order[0] ?? 0,
  };
}

function visitsFrom(
  graph: Graph,
  table: TableName,
  {
    numberOf,
    keyNumbers,
    figures,
  }: {
    readonly numberOf: (table: TableName) => number;
    readonly keyNumbers: ReadonlyMap<ForeignKey, number>;
    readonly figures: ReachFigures | null;
  },
): readonly PageVisit[] {
  const start = graph.numberOf(table);
  if (start === null) return [];
  const visited = visitedOn(traverseFrom(graph, start), graph, figures);
  const places = new Map(visited.map(({ visit }, at) => [visit, at]));
  return visited.map(({ effect, keys, rows, table: touched, visit: { edge, from, on } }) => [
    numberOf(touched),
    effects.indexOf(effect),
    edge === null ? -1 : (keyNumbers.get(edge.key) ?? -1),
    from === null ? -1 : (places.get(from) ?? -1),
    keys,
    on === 'update' ? 1 : 0,
    rows.median,
    rows.worst,
  ]);
}

/** The tables that most keys have a part in first. */
function byKeys(names: readonly TableName[], keys: readonly PageKey[]): readonly number[] {
  const counts = names.map(() => 0);
  for (const { child, parent } of keys)
    for (const at of new Set([child, parent])) counts[at] = (counts[at] ?? 0) + 1;
  return [...names.entries()]
    .sort(([a, one], [b, other]) => (counts[b] ?? 0) - (counts[a] ?? 0) || compareTables(one, other))
    .map(([at]) => at);
}

/** What the page's script reads. */
export function pageData({ tables, keys, before, after, first }: PageModel): unknown {
  return {
    tables,
    keys: keys.map(({ drawn: { key, change }, child, parent, refused }) => [
      child,
      parent,
      key.columns.join(', '),
      clauseText(key),
      change === null ? null : clauseText(change.to),
      refused ? 1 : 0,
      keyText(key),
    ]),
    before,
    after,
    first,
  };
}
