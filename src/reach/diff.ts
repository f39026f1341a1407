/** What changes of keys mean for deletes: reach before and after, table by table. Pure. */
import {
  compareTables,
  compareText,
  tableText,
  tableId,
  type Change,
  type Snapshot,
  type TableName,
} from '../core/model.ts';
import { schemaIndex } from '../core/schema-index.ts';
import {
  reachContext,
  reachFrom,
  withChanges,
  type Effect,
  type Reach,
  type ReachEngine,
  type ReachFigures,
  type ReachStep,
  type TouchedTable,
} from './index.ts';

/** What becomes of a table's rows, the worst for the rows first. */
export type Outcome = Effect | 'untouched';

export interface ReachDifference {
  readonly table: TableName;
  readonly before: Outcome;
  readonly after: Outcome;
  /** What happens from now on: over which keys, or, where nothing does any more, over which it did. */
  readonly path: readonly ReachStep[];
}

/** What a delete in one table did and will do. Only tables for which something differs are told. */
export interface ReachChange {
  readonly table: TableName;
  /** Rows that were safe and will be deleted. */
  readonly deleted: readonly ReachDifference[];
  /** Rows that will be set to NULL or their default, and were left as they are. */
  readonly set: readonly ReachDifference[];
  /** Tables whose rows stopped the delete and do not any more; they stand in `deleted` or `set` as well where that follows. */
  readonly passes: readonly ReachDifference[];
  /** Tables whose rows will stop the delete and did not. */
  readonly refused: readonly ReachDifference[];
  /** Rows that were deleted or set and are not any more. */
  readonly spared: readonly ReachDifference[];
  readonly before: Pick<Reach, 'depth' | 'rows'>;
  readonly after: Pick<Reach, 'depth' | 'rows'>;
}

/**
 * @param snapshot the keys as they are
 * @param changes what a plan would make of them
 * @returns the tables for whose deletes something differs, the worst first: by how many tables lose rows they did not lose before
 */
export function compareReach(
  snapshot: Snapshot,
  changes: readonly Change[],
  engine: ReachEngine,
  figures: ReachFigures | null = null,
): readonly ReachChange[] {
  if (changes.length === 0) return [];
  const before = reachContext(schemaIndex(snapshot), engine);
  const after = reachContext(schemaIndex(withChanges(snapshot, changes)), engine);
  return concerned(snapshot, changes)
    .map((table) => difference(reachFrom(before, table, figures), reachFrom(after, table, figures)))
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

/** The parents of changed keys, and every table from which keys lead there. */
function concerned(snapshot: Snapshot, changes: readonly Change[]): readonly TableName[] {
  const above = new Map<string, TableName[]>();
  for (const key of snapshot.foreignKeys) {
    const parents = above.get(tableId(key.child));
    if (parents === undefined) above.set(tableId(key.child), [key.parent]);
    else parents.push(key.parent);
  }
  const found = new Map(changes.map(({ foreignKey: { parent } }) => [tableId(parent), parent]));
  for (const [id] of found) for (const parent of above.get(id) ?? []) found.set(tableId(parent), parent);
  return [...found.values()].sort(compareTables);
}

/** Two reaches of one table compared. */
export function difference(before: Reach, after: Reach): ReachChange {
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
    const told = is?.loss ?? is?.refusal ?? was?.loss ?? was?.refusal;
    if (told === undefined) continue;
    const one: ReachDifference = {
      table: told.table,
      before: outcomeOf(was),
      after: outcomeOf(is),
      path: told.path,
    };
    const [lost, loses] = [was?.loss?.effect, is?.loss?.effect];
    if (loses === 'deleted' && lost !== 'deleted') lists.deleted.push(one);
    else if (loses !== undefined && lost === undefined) lists.set.push(one);
    else if (lost === 'deleted' && loses !== 'deleted') lists.spared.push(one);
    else if (lost !== undefined && loses === undefined) lists.spared.push(one);
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
  /** The worst that happens to its rows. */
  loss?: TouchedTable;
  refusal?: TouchedTable;
}

function byTable({ touched }: Reach): ReadonlyMap<string, Effects> {
  const all = new Map<string, Effects>();
  // The worst stands first.
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
