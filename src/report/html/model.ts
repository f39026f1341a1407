/** What the page of `report` holds, as plain data: tables, keys before and after, reach, plan, findings. Pure. */
import { keyText, tableId, tableText } from '../../core/names.ts';
import type { Plan, Snapshot } from '../../core/model.ts';
import { graphOf } from '../../reach/graph.ts';
import { effects, type ReachEngine, visitedOn, withChanges } from '../../reach/index.ts';
import { traverseFrom } from '../../reach/traversal.ts';
import type { DiffReport } from '../text/diff.ts';
import { type DrawnKey, drawnKeys, drawnTables } from '../graph/graph.ts';

interface PageTable {
  readonly name: string;
  /** How many keys it has a part in. */
  readonly keys: number;
}

export interface PageKey {
  readonly drawn: DrawnKey;
  readonly child: number;
  readonly parent: number;
  readonly text: string;
  readonly refused: boolean;
}

/** `[table, effect, key, depth]`: the key is the last of the shortest path, so the way back leads over its parent. */
type PageReach = readonly (readonly [number, number, number, number])[];

export interface PageModel {
  readonly report: DiffReport;
  readonly plan: Plan | null;
  readonly tables: readonly PageTable[];
  readonly keys: readonly PageKey[];
  /** By table; null where the page would grow too large. */
  readonly before: readonly (PageReach | null)[];
  readonly after: readonly (PageReach | null)[];
  /** The tables that are drawn. */
  readonly picture: readonly number[];
}

/** More tables than this in one picture are a hairball. */
const mostDrawn = 80;
/** The layout takes the square of their number: a second for so many. */
const mostKeysDrawn = 250;
/** Keeps the page of a large schema at a few megabytes. */
const mostReached = 150_000;

export function pageModel(
  report: DiffReport,
  plan: Plan | null,
  engine: Pick<ReachEngine, 'cascading'>,
): PageModel {
  const { snapshot } = report.diff;
  const changes = [...report.possible, ...report.refusals.map(({ change }) => change)];
  const drawn = drawnKeys(snapshot, changes);
  const refused = new Set(report.refusals.map(({ change }) => change.foreignKey));
  const names = drawnTables(drawn);
  const numberOf = new Map(names.map((table, at) => [tableId(table), at]));
  const keys = drawn.map((one) => ({
    drawn: one,
    child: numberOf.get(tableId(one.key.child)) ?? 0,
    parent: numberOf.get(tableId(one.key.parent)) ?? 0,
    text: keyText(one.key),
    refused: refused.has(one.key),
  }));
  const numbers = names.map(() => 0);
  for (const { child, parent } of keys)
    for (const at of new Set([child, parent])) numbers[at] = (numbers[at] ?? 0) + 1;
  const tables = names.map((table, at) => ({ name: tableText(table), keys: numbers[at] ?? 0 }));
  const picture = mostImportant(tables, keys);
  const keyNumber = new Map(keys.map((key, at) => [key.text, at]));
  let left = mostReached;
  const reachOf = (from: Snapshot): readonly (PageReach | null)[] => {
    const graph = graphOf(from, engine.cascading(from.server));
    const all: (PageReach | null)[] = tables.map(() => null);
    for (const at of [...new Set([...picture, ...tables.keys()])]) {
      const table = names[at];
      const start = table === undefined ? null : graph.numberOf(table);
      if (start === null || left <= 0) continue;
      const touched = visitedOn(traverseFrom(graph, start), graph, null).map(
        ({ depth, effect, table: reached, visit }) =>
          [
            numberOf.get(tableId(reached)) ?? 0,
            effects.indexOf(effect),
            keyNumber.get(visit.edge?.steps[visit.on].key ?? '') ?? -1,
            depth,
          ] as const,
      );
      left -= touched.length;
      all[at] = touched;
    }
    return all;
  };
  const before = reachOf(snapshot);
  left = mostReached;
  const after = reachOf(withChanges(snapshot, report.possible));
  return { report, plan, tables, keys, before, after, picture };
}

/** Tables of keys that change, then their neighbours, then those with the most keys; all of them where there are few. */
function mostImportant(tables: readonly PageTable[], keys: readonly PageKey[]): readonly number[] {
  const chosen = new Set<number>();
  const add = (found: readonly number[]): void => {
    const sorted = [...found].sort((a, b) => (tables[b]?.keys ?? 0) - (tables[a]?.keys ?? 0) || a - b);
    for (const one of sorted) if (chosen.size < mostDrawn) chosen.add(one);
  };
  add(keys.flatMap((key) => (key.drawn.change === null ? [] : [key.child, key.parent])));
  if (chosen.size > 0 || tables.length > mostDrawn) {
    add(
      keys.flatMap((key) => (chosen.has(key.child) || chosen.has(key.parent) ? [key.child, key.parent] : [])),
    );
  }
  if (chosen.size === 0 || tables.length <= mostDrawn) add([...tables.keys()]);
  return [...withFewKeys([...chosen], keys)].sort((a, b) => a - b);
}

/** The first of the tables, as many as the keys among them can be drawn. */
function withFewKeys(chosen: readonly number[], keys: readonly PageKey[]): ReadonlySet<number> {
  const placeOf = new Map(chosen.map((table, place) => [table, place]));
  const added = chosen.map(() => 0);
  for (const { child, parent } of keys) {
    const [one, other] = [placeOf.get(child), placeOf.get(parent)];
    if (one === undefined || other === undefined) continue;
    const last = Math.max(one, other);
    added[last] = (added[last] ?? 0) + 1;
  }
  let drawn = 0;
  return new Set(chosen.filter((_, place) => (drawn += added[place] ?? 0) <= mostKeysDrawn));
}
