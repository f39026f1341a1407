/** How changed keys change deletes: reach before and after, compared table by table. Pure. */
import { compareTables, compareText, sameTable, tableId, tableText } from '../core/names.ts';
import type { Change, ForeignKey, Snapshot, TableName } from '../core/model.ts';
import { groupBy } from '../core/group-by.ts';
import { isRefusing } from '../core/referential-actions.ts';
import { type Graph, graphOf } from './graph.ts';
import {
  type Difference,
  differences,
  type Graphs,
  inWords,
  type Kind,
  kinds,
  leftOut,
  type Numbers,
  numbersOf,
  type Outcome,
  type Reached,
  reached,
} from './differences.ts';
import {
  type Extent,
  extentOf,
  type ReachEngine,
  type ReachFigures,
  type ReachStep,
  withChanges,
} from './index.ts';
import { pathOf } from './traversal.ts';

export interface ReachDifference {
  readonly table: TableName;
  readonly before: Outcome;
  readonly after: Outcome;
  /** The path after the changes, or the one before where nothing happens any more; of a long one the keys at both ends. */
  readonly path: readonly ReachStep[];
}

/** How a delete in one table changes; holds only the tables for which something differs, the nearest first. */
export interface ReachChange {
  readonly table: TableName;
  /** Rows that were safe and will be deleted. */
  readonly deleted: readonly ReachDifference[];
  /** Rows that were left alone and will be set to NULL or their default. */
  readonly set: readonly ReachDifference[];
  /** Tables whose rows stopped the delete and no longer do; also listed in `deleted` or `set` if that follows. */
  readonly passes: readonly ReachDifference[];
  /** Tables whose rows did not stop the delete and will. */
  readonly refused: readonly ReachDifference[];
  /** Rows that were deleted or set and no longer are. */
  readonly spared: readonly ReachDifference[];
  /**
   * How many tables the lists leave out, because there are too many. One that passes and is deleted or set counts as that alone, one
   * that is spared and refuses as refused.
   */
  readonly more: Numbers;
  /** What stopped the delete and still does: the nearest tables, and how many there are. */
  readonly stillRefused: { readonly tables: readonly TableName[]; readonly count: number };
  readonly before: Extent;
  readonly after: Extent;
}

/** Steps of paths in one comparison: some 20 MB as JSON. Of the worst tables all is told, of the others the nearest tables. */
const mostSteps = 50_000;
/** So many of each kind are told in any case. */
const fewest = 8;

/**
 * @param snapshot the keys as they are
 * @param changes what a plan would change
 * @param figures for the rows before and after; null where nobody reads them
 * @param only the table to look at; null for all
 * @returns the tables whose deletes change, worst first: by how many more tables lose rows
 */
export function compareReach(
  snapshot: Snapshot,
  changes: readonly Change[],
  engine: Pick<ReachEngine, 'cascading'>,
  figures: ReachFigures | null = null,
  only: TableName | null = null,
): readonly ReachChange[] {
  const work = reachComparison(snapshot, changes, engine, figures, only);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** `compareReach` in pieces, one for each table: between two of them something else may be done. */
export function* reachComparison(
  snapshot: Snapshot,
  changes: readonly Change[],
  engine: Pick<ReachEngine, 'cascading'>,
  figures: ReachFigures | null = null,
  only: TableName | null = null,
): Generator<undefined, readonly ReachChange[]> {
  if (changes.length === 0) return [];
  const keys = snapshot.foreignKeys;
  const changed = withChanges(snapshot, changes).foreignKeys;
  const starts = tablesAffected(keys, changes);
  const below = tablesBelow([...keys, ...changed], starts);
  const cascading = engine.cascading(snapshot.server);
  const graphWith = (all: readonly ForeignKey[]): Graph =>
    graphOf({ tables: [], foreignKeys: all.filter(({ parent }) => below.has(tableId(parent))) }, cascading);
  const graphs = { before: graphWith(keys), after: graphWith(changed) };
  const asked = [...starts.values()].filter((table) => only === null || sameTable(table, only));
  // Numbers first: the differences of all tables at once would be the square of a chain.
  const found: { readonly table: TableName; readonly numbers: Numbers }[] = [];
  for (const table of asked) {
    const numbers = numbersOf(differences(reached(graphs, table)));
    if (kinds.some((kind) => numbers[kind] > 0)) found.push({ table, numbers });
    yield;
  }
  found.sort(
    (a, b) =>
      b.numbers.deleted - a.numbers.deleted ||
      b.numbers.set - a.numbers.set ||
      b.numbers.passes - a.numbers.passes ||
      b.numbers.refused - a.numbers.refused ||
      compareTables(a.table, b.table),
  );
  const told: ReachChange[] = [];
  let left = mostSteps;
  for (const { table } of found) {
    const one = reachChange(graphs, table, figures, left);
    for (const kind of kinds) for (const { path } of one[kind]) left -= path.length;
    told.push(one);
    yield;
  }
  return told;
}

/**
 * The parents of changed keys, and what cascades to them: ON DELETE of a key is asked when rows of its parent are deleted, so no other
 * table's deletes can change. Who reaches them over a key that will cascade only then passes its parent, which is among them.
 */
function tablesAffected(
  keys: readonly ForeignKey[],
  changes: readonly Change[],
): ReadonlyMap<string, TableName> {
  const cascades = keys.filter(({ onDelete }) => onDelete === 'CASCADE');
  const parentsOf = groupBy(cascades, ({ child }) => tableId(child));
  const found = new Map(changes.map(({ foreignKey: { parent } }) => [tableId(parent), parent]));
  // A Map also visits what is added during the loop.
  for (const [id] of found)
    for (const { parent } of parentsOf.get(id) ?? []) found.set(tableId(parent), parent);
  return found;
}

/** The tables whose keys a delete in one of these can follow; a key that refuses leads no further. */
function tablesBelow(
  keys: readonly ForeignKey[],
  starts: ReadonlyMap<string, TableName>,
): ReadonlySet<string> {
  const followed = keys.filter(({ onDelete, onUpdate }) => !isRefusing(onDelete) || !isRefusing(onUpdate));
  const childrenOf = groupBy(followed, ({ parent }) => tableId(parent));
  const found = new Set(starts.keys());
  // A Set also visits what is added during the loop.
  for (const id of found) for (const { child } of childrenOf.get(id) ?? []) found.add(tableId(child));
  return found;
}

/** Compares two reaches of one table. @param steps how many steps of paths may be told */
export function reachChange(
  graphs: Graphs,
  table: TableName,
  figures: ReachFigures | null,
  steps = Infinity,
): ReachChange {
  const { before, after } = graphs;
  const traversals = reached(graphs, table);
  const sorted = [...differences(traversals)].sort(
    (a, b) => a.main.depth - b.main.depth || compareText(nameOf(a, before), nameOf(b, before)),
  );
  const told = nearest(sorted, steps);
  const listed = (kind: Kind): readonly ReachDifference[] =>
    sorted.flatMap((one) =>
      told.has(one) && one.kinds.includes(kind) ? [differenceOf(one, kind, before)] : [],
    );
  return {
    table: { schema: table.schema, name: table.name },
    deleted: listed('deleted'),
    set: listed('set'),
    passes: listed('passes'),
    refused: listed('refused'),
    spared: listed('spared'),
    more: leftOut(sorted.filter((one) => !told.has(one))),
    stillRefused: stillRefused(traversals, after),
    before: extentOf(traversals.before, before, figures),
    after: extentOf(traversals.after, after, figures),
  };
}

function stillRefused({ before, after }: Reached, { names }: Graph): ReachChange['stillRefused'] {
  const refused = new Set(before?.refusals.map(({ table }) => table));
  const refusing = [...new Set(after?.refusals.map(({ table }) => table))].filter((table) =>
    refused.has(table),
  );
  const tables = refusing.slice(0, fewest).flatMap((table) => names[table] ?? []);
  return { tables, count: refusing.length };
}

function nameOf({ table }: Difference, { names }: Graph): string {
  const name = names[table];
  return name === undefined ? '' : tableText(name);
}

function differenceOf(one: Difference, kind: Kind, { names }: Graph): ReachDifference {
  const { before, after, main, refusal } = one;
  const visit = kind === 'refused' ? (refusal ?? main) : main;
  const table = names[one.table] ?? { schema: '', name: '' };
  return { table, before, after, path: pathOf(visit) };
}

/** All, or as many of the nearest as there are steps for. */
function nearest(sorted: readonly Difference[], steps: number): ReadonlySet<Difference> {
  let used = 0;
  const told = new Set(
    sorted.filter(({ kinds: own, main }) => {
      used += own.length * main.depth;
      return used <= steps;
    }),
  );
  for (const kind of kinds)
    for (const one of sorted.filter(({ kinds: own }) => inWords(own).includes(kind)).slice(0, fewest))
      told.add(one);
  return told;
}
