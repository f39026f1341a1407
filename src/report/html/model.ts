/** What the page of `report` holds, as plain data: tables, keys before and after, reach, plan, findings. Pure. */
import { keyText, tableId, tableText } from '../../core/names.ts';
import type { Plan, Snapshot } from '../../core/model.ts';
import { effects, reachContext, type ReachEngine, reachFrom, withChanges } from '../../reach/index.ts';
import { schemaIndex } from '../../core/schema-index.ts';
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
/** Keeps the page of a large schema at a few megabytes. */
const mostReached = 150_000;

export function pageModel(report: DiffReport, plan: Plan | null, engine: ReachEngine): PageModel {
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
  const tables = names.map((table, at) => ({
    name: tableText(table),
    keys: keys.filter((key) => key.child === at || key.parent === at).length,
  }));
  const picture = mostImportant(tables, keys);
  const keyNumber = new Map(keys.map((key, at) => [key.text, at]));
  let left = mostReached;
  const reachOf = (from: Snapshot): readonly (PageReach | null)[] => {
    const context = reachContext(schemaIndex(from), engine);
    const all: (PageReach | null)[] = tables.map(() => null);
    for (const at of [...new Set([...picture, ...tables.keys()])]) {
      const table = names[at];
      if (table === undefined || left <= 0) continue;
      const touched = reachFrom(context, table).touched.map(
        (one) =>
          [
            numberOf.get(tableId(one.table)) ?? 0,
            effects.indexOf(one.effect),
            keyNumber.get(one.path.at(-1)?.key ?? '') ?? -1,
            one.depth,
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
  return [...chosen].sort((a, b) => a - b);
}
