/** The tables that a delete reaches: each once per effect, over a shortest path. Pure. */
import { isRefusing } from '../core/referential-actions.ts';
import { sameTable, tableText } from '../core/names.ts';
import type { ReferentialAction } from '../core/model.ts';
import type { Edge, Graph, ReachStep } from './graph.ts';

export type Effect = 'deleted' | 'nulled' | 'defaulted' | 'refused';
export const effects: readonly Effect[] = ['deleted', 'nulled', 'defaulted', 'refused'];

/** What an action does to the child's rows when the parent's row is deleted. */
export function deleteEffect(action: ReferentialAction): Effect {
  if (action === 'CASCADE') return 'deleted';
  if (isRefusing(action)) return 'refused';
  return action === 'SET NULL' ? 'nulled' : 'defaulted';
}

/** A table, or columns of it, that the delete reaches. */
export interface Visit {
  readonly table: number;
  readonly effect: Effect;
  readonly depth: number;
  readonly columns: readonly string[];
  readonly edge: Edge | null;
  readonly on: 'delete' | 'update';
  readonly from: Visit | null;
  /** How many keys have this effect on the table. */
  keys: number;
}

export interface Traversal {
  readonly start: number;
  /** By table: the first visit that deletes rows of it. Contains the start only if a delete returns to it. */
  readonly deleted: ReadonlyMap<number, Visit>;
  readonly writes: readonly Visit[];
  readonly refusals: readonly Visit[];
}

/** Breadth first, so the first visit of a table is over a shortest path. */
export function traverseFrom(graph: Graph, start: number): Traversal {
  const root = { table: start, effect: 'deleted', depth: 0, columns: [], keys: 0 } as const;
  const deleted = new Map<number, Visit>();
  const writes = new Map<string, Visit>();
  const refusals: Visit[] = [];
  const queue: Visit[] = [{ ...root, edge: null, on: 'delete', from: null }];
  const step = (
    from: Visit,
    edge: Edge,
    on: Visit['on'],
    effect: Effect,
    columns: readonly string[],
  ): Visit => ({ table: edge.child, effect, depth: from.depth + 1, columns, edge, on, from, keys: 1 });
  const write = (
    from: Visit,
    edge: Edge,
    on: Visit['on'],
    effect: Effect,
    columns: readonly string[],
  ): void => {
    const id = `${edge.child}\0${effect}\0${columns.join('\0')}`;
    const known = writes.get(id);
    if (known !== undefined) known.keys += 1;
    else {
      const visit = step(from, edge, on, effect, columns);
      writes.set(id, visit);
      queue.push(visit);
    }
  };
  const followDelete = (visit: Visit): void => {
    for (const edge of graph.outgoing[visit.table] ?? []) {
      if (edge.onDelete === 'CASCADE') {
        const known = deleted.get(edge.child);
        if (known !== undefined) known.keys += 1;
        else {
          const next = step(visit, edge, 'delete', 'deleted', []);
          deleted.set(edge.child, next);
          if (edge.child !== start) queue.push(next);
        }
      } else if (isRefusing(edge.onDelete)) refusals.push(step(visit, edge, 'delete', 'refused', []));
      else {
        const columns = edge.key.onDeleteColumns ?? edge.key.columns;
        write(visit, edge, 'delete', deleteEffect(edge.onDelete), columns);
      }
    }
  };
  const followUpdate = (visit: Visit): void => {
    for (const edge of graph.updating[visit.table] ?? []) {
      const { key } = edge;
      const updated = key.columns.filter((_, index) =>
        visit.columns.includes(key.parentColumns[index] ?? ''),
      );
      if (updated.length === 0) continue;
      if (isRefusing(key.onUpdate)) refusals.push(step(visit, edge, 'update', 'refused', []));
      else if (key.onUpdate === 'CASCADE') write(visit, edge, 'update', visit.effect, updated);
      else write(visit, edge, 'update', deleteEffect(key.onUpdate), key.columns);
    }
  };
  // An array also visits what is pushed during the loop.
  for (const visit of queue) {
    if (visit.effect === 'deleted') followDelete(visit);
    else followUpdate(visit);
  }
  return { start, deleted, writes: [...writes.values()], refusals };
}

/** Of a longer path half as many keys at each end are told: with all of them a chain would be told in the square of its length. */
const mostSteps = 40;

/** The keys from the start to the visit; of a long path those at both ends, and the visit's depth says how many there are. */
export function pathOf(visit: Visit): readonly ReachStep[] {
  return shortened(wholePathOf(visit));
}

/** Every key from the start to the visit. */
export function wholePathOf(visit: Visit): readonly ReachStep[] {
  const steps: ReachStep[] = [];
  for (let at: Visit | null = visit; at?.edge != null; at = at.from) steps.push(at.edge.steps[at.on]);
  return steps.reverse();
}

function shortened(path: readonly ReachStep[]): readonly ReachStep[] {
  return path.length <= mostSteps ? path : [...path.slice(0, mostSteps / 2), ...path.slice(-mostSteps / 2)];
}

/**
 * `users ← orders(user_id) CASCADE ← items(order_id) CASCADE`: a path key by key, from the deleted row.
 * @param depth how many keys it has, where not all are there
 */
export function pathText(path: readonly ReachStep[], depth = path.length): string {
  const [first] = path;
  if (first === undefined) return '';
  const told = shortened(path);
  const steps = told.flatMap((step, at) => {
    const action = step.on === 'update' ? `ON UPDATE ${step.action}` : step.action;
    const text = `${tableText(step.child)}(${step.columns.join(', ')}) ${action}`;
    const before = told[at - 1];
    const isNext = before === undefined || sameTable(before.child, step.parent);
    return isNext ? [text] : [`… ${(depth - told.length).toLocaleString('en-US')} more keys …`, text];
  });
  return [tableText(first.parent), ...steps].join(' ← ');
}
