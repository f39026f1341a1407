/** How changed keys change deletes: reach before and after, compared table by table. Pure. */
import { compareTables, compareText, tableId, tableText } from '../core/names.ts';
import type { Change, ForeignKey, Snapshot, TableName } from '../core/model.ts';
import { groupBy } from '../core/group-by.ts';
import { isRefusing } from '../core/referential-actions.ts';
import { type Graph, graphOf } from './graph.ts';
import {
  type Effect,
  type Reach,
  type ReachedTables,
  type ReachEngine,
  type ReachFigures,
  type ReachStep,
  touchedFrom,
  type TouchedTable,
  withChanges,
} from './index.ts';

/** What a delete does to a table's rows. */
export type Outcome = Effect | 'untouched';

export interface ReachDifference {
  readonly table: TableName;
  readonly before: Outcome;
  readonly after: Outcome;
  /** The path after the changes, or the one before where nothing happens any more. */
  readonly path: readonly ReachStep[];
}

/** How a delete in one table changes; holds only the tables for which something differs. */
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
  readonly before: Pick<Reach, 'depth' | 'rows'>;
  readonly after: Pick<Reach, 'depth' | 'rows'>;
}

/**
 * @param snapshot the keys as they are
 * @param changes what a plan would change
 * @returns the tables whose deletes change, worst first: by how many more tables lose rows
 */
export function compareReach(
  snapshot: Snapshot,
  changes: readonly Change[],
  engine: Pick<ReachEngine, 'cascading'>,
  figures: ReachFigures | null = null,
): readonly ReachChange[] {
  if (changes.length === 0) return [];
  const keys = snapshot.foreignKeys;
  const changed = withChanges(snapshot, changes).foreignKeys;
  const starts = tablesAffected(keys, changes);
  const below = tablesBelow([...keys, ...changed], starts);
  const cascading = engine.cascading(snapshot.server);
  const graphWith = (all: readonly ForeignKey[]): Graph =>
    graphOf({ tables: [], foreignKeys: all.filter(({ parent }) => below.has(tableId(parent))) }, cascading);
  const [before, after] = [graphWith(keys), graphWith(changed)];
  return [...starts.values()]
    .map((table) => difference(touchedFrom(before, table, figures), touchedFrom(after, table, figures)))
    .filter((one) =>
      [one.deleted, one.set, one.passes, one.refused, one.spared].some((list) => list.length > 0),
    )
    .sort(
      (a, b) =>
        b.deleted.length - a.deleted.length ||
        b.set.length - a.set.length ||
        b.passes.length - a.passes.length ||
        b.refused.length - a.refused.length ||
        compareTables(a.table, b.table),
    );
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

/** Compares two reaches of one table. */
export function difference(before: ReachedTables, after: ReachedTables): ReachChange {
  const [old, now] = [byTable(before), byTable(after)];
  const lists = {
    deleted: [] as ReachDifference[],
    set: [] as ReachDifference[],
    passes: [] as ReachDifference[],
    refused: [] as ReachDifference[],
    spared: [] as ReachDifference[],
  };
  for (const id of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(id), now.get(id)];
    const main = is?.loss ?? is?.refusal ?? was?.loss ?? was?.refusal;
    if (main === undefined) continue;
    const one: ReachDifference = {
      table: main.table,
      before: outcomeOf(was),
      after: outcomeOf(is),
      path: main.path,
    };
    const [lost, loses] = [was?.loss?.effect, is?.loss?.effect];
    if (loses === 'deleted' && lost !== 'deleted') lists.deleted.push(one);
    else if (loses !== undefined && lost === undefined) lists.set.push(one);
    else if (lost !== undefined && loses !== lost && (lost === 'deleted' || loses === undefined))
      lists.spared.push(one);
    if (was?.refusal !== undefined && is?.refusal === undefined) lists.passes.push(one);
    if (was?.refusal === undefined && is?.refusal !== undefined)
      lists.refused.push({ ...one, path: is.refusal.path });
  }
  for (const list of Object.values(lists)) {
    list.sort((a, b) => a.path.length - b.path.length || compareText(tableText(a.table), tableText(b.table)));
  }
  return {
    table: after.table,
    ...lists,
    before: { depth: before.depth, rows: before.rows },
    after: { depth: after.depth, rows: after.rows },
  };
}

interface Effects {
  /** The worst effect on its rows. */
  loss?: TouchedTable;
  refusal?: TouchedTable;
}

function byTable({ touched }: ReachedTables): ReadonlyMap<string, Effects> {
  const all = new Map<string, Effects>();
  // Sorted: the worst effect comes first.
  for (const one of touched) {
    const ofTable = all.get(tableId(one.table)) ?? {};
    all.set(tableId(one.table), ofTable);
    if (one.effect === 'refused') ofTable.refusal ??= one;
    else ofTable.loss ??= one;
  }
  return all;
}

function outcomeOf(ofTable: Effects | undefined): Outcome {
  return ofTable?.loss?.effect ?? ofTable?.refusal?.effect ?? 'untouched';
}
