/** Where a delete goes from one table: every table once per effect, over a shortest path. Pure. */
import { isRefusing } from '../core/referential-actions.ts';
import { tableText } from '../core/model.ts';
import type { Edge, Graph, ReachStep } from './graph.ts';

export type Effect = 'deleted' | 'nulled' | 'defaulted' | 'refused';
export const effects: readonly Effect[] = ['deleted', 'nulled', 'defaulted', 'refused'];

/** One table, or columns of it, that the delete comes to. */
export interface Visit {
  readonly table: number;
  readonly effect: Effect;
  readonly depth: number;
  readonly columns: readonly string[];
  readonly edge: Edge | null;
  readonly on: 'delete' | 'update';
  readonly from: Visit | null;
  keys: number;
}

export interface Traversal {
  readonly start: number;
  /** By table: the shortest edge to delete rows of it. The start is among them only where deletes come back to it. */
  readonly deleted: ReadonlyMap<number, Visit>;
  readonly writes: readonly Visit[];
  readonly refusals: readonly Visit[];
}

/** Breadth first: everything is first met over a shortest path. */
export function traverseFrom(graph: Graph, start: number): Traversal {
  const root: Visit = {
    table: start,
    effect: 'deleted',
    depth: 0,
    columns: [],
    edge: null,
    on: 'delete',
    from: null,
    keys: 0,
  };
  const deleted = new Map<number, Visit>();
  const writes = new Map<string, Visit>();
  const refusals: Visit[] = [];
  const queue: Visit[] = [root];
  const step = (
    from: Visit,
    edge: Edge,
    on: Visit['on'],
    effect: Effect,
    columns: readonly string[],
  ): Visit => ({
    table: edge.child,
    effect,
    depth: from.depth + 1,
    columns,
    edge,
    on,
    from,
    keys: 1,
  });
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
  const remove = (visit: Visit): void => {
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
        const effect = edge.onDelete === 'SET NULL' ? 'nulled' : 'defaulted';
        write(visit, edge, 'delete', effect, edge.key.onDeleteColumns ?? edge.key.columns);
      }
    }
  };
  const follow = (visit: Visit): void => {
    for (const edge of graph.updating[visit.table] ?? []) {
      const { key } = edge;
      const concerned = key.columns.filter((_, place) =>
        visit.columns.includes(key.parentColumns[place] ?? ''),
      );
      if (concerned.length === 0) continue;
      if (isRefusing(key.onUpdate)) refusals.push(step(visit, edge, 'update', 'refused', []));
      else if (key.onUpdate === 'CASCADE') write(visit, edge, 'update', visit.effect, concerned);
      else write(visit, edge, 'update', key.onUpdate === 'SET NULL' ? 'nulled' : 'defaulted', key.columns);
    }
  };
  for (let place = 0; place < queue.length; place += 1) {
    const visit = queue[place];
    if (visit?.effect === 'deleted') remove(visit);
    else if (visit !== undefined) follow(visit);
  }
  return { start, deleted, writes: [...writes.values()], refusals };
}

/** The steps of a shortest path. */
export function pathOf(visit: Visit): readonly ReachStep[] {
  const steps: ReachStep[] = [];
  for (let at: Visit | null = visit; at?.edge != null; at = at.from) steps.push(at.edge.steps[at.on]);
  return steps.reverse();
}

/** `users ← orders(user_id) CASCADE ← items(order_id) CASCADE`: a path key by key, from the row that is deleted. */
export function pathText(path: readonly ReachStep[]): string {
  const [first] = path;
  if (first === undefined) return '';
  const steps = path.map((step) => {
    const action = step.on === 'update' ? `ON UPDATE ${step.action}` : step.action;
    return `${tableText(step.child)}(${step.columns.join(', ')}) ${action}`;
  });
  return [tableText(first.parent), ...steps].join(' ← ');
}
