/** Where a delete goes from one table: every table once per effect, over a shortest path. Pure. */
import { isRefusing } from '../core/referential-actions.ts';
import { keyText, tableText, type ReferentialAction, type TableName } from '../core/model.ts';
import type { Graph, Edge } from './graph.ts';

export type Effect = 'deleted' | 'nulled' | 'defaulted' | 'refused';
export const effects: readonly Effect[] = ['deleted', 'nulled', 'defaulted', 'refused'];

/** One key of a path. `update`: the key follows a parent column that the delete has set. */
export interface ReachStep {
  readonly key: string;
  readonly constraint: string | null;
  readonly child: TableName;
  readonly columns: readonly string[];
  readonly parent: TableName;
  readonly parentColumns: readonly string[];
  readonly on: 'delete' | 'update';
  readonly action: ReferentialAction;
}

/** One table, or columns of it, that the delete comes to. */
export interface Visit {
  readonly table: number;
  readonly effect: Effect;
  readonly depth: number;
  readonly columns: readonly string[];
  readonly way: Edge | null;
  readonly on: 'delete' | 'update';
  readonly from: Visit | null;
  keys: number;
}

export interface Traversal {
  readonly start: number;
  /** By table: the shortest way to delete rows of it. The start is among them only where deletes come back to it. */
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
    way: null,
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
    way: Edge,
    on: Visit['on'],
    effect: Effect,
    columns: readonly string[],
  ): Visit => ({
    table: way.child,
    effect,
    depth: from.depth + 1,
    columns,
    way,
    on,
    from,
    keys: 1,
  });
  const write = (
    from: Visit,
    way: Edge,
    on: Visit['on'],
    effect: Effect,
    columns: readonly string[],
  ): void => {
    const id = `${way.child}\0${effect}\0${columns.join('\0')}`;
    const known = writes.get(id);
    if (known !== undefined) known.keys += 1;
    else {
      const visit = step(from, way, on, effect, columns);
      writes.set(id, visit);
      queue.push(visit);
    }
  };
  const remove = (visit: Visit): void => {
    for (const way of graph.outgoing[visit.table] ?? []) {
      if (way.onDelete === 'CASCADE') {
        const known = deleted.get(way.child);
        if (known !== undefined) known.keys += 1;
        else {
          const next = step(visit, way, 'delete', 'deleted', []);
          deleted.set(way.child, next);
          if (way.child !== start) queue.push(next);
        }
      } else if (isRefusing(way.onDelete)) refusals.push(step(visit, way, 'delete', 'refused', []));
      else {
        const effect = way.onDelete === 'SET NULL' ? 'nulled' : 'defaulted';
        write(visit, way, 'delete', effect, way.key.onDeleteColumns ?? way.key.columns);
      }
    }
  };
  const follow = (visit: Visit): void => {
    for (const way of graph.updating[visit.table] ?? []) {
      const { key } = way;
      const concerned = key.columns.filter((_, place) =>
        visit.columns.includes(key.parentColumns[place] ?? ''),
      );
      if (concerned.length === 0) continue;
      if (isRefusing(key.onUpdate)) refusals.push(step(visit, way, 'update', 'refused', []));
      else if (key.onUpdate === 'CASCADE') write(visit, way, 'update', visit.effect, concerned);
      else write(visit, way, 'update', key.onUpdate === 'SET NULL' ? 'nulled' : 'defaulted', key.columns);
    }
  };
  for (let place = 0; place < queue.length; place += 1) {
    const visit = queue[place];
    if (visit?.effect === 'deleted') remove(visit);
    else if (visit !== undefined) follow(visit);
  }
  return { start, deleted, writes: [...writes.values()], refusals };
}

/** The steps of a shortest path; a key is put into words once. */
export function pathOf(visit: Visit): readonly ReachStep[] {
  const steps: ReachStep[] = [];
  for (let at: Visit | null = visit; at?.way != null; at = at.from) steps.push(stepOf(at.way, at.on));
  return steps.reverse();
}

const known = { delete: new WeakMap<Edge, ReachStep>(), update: new WeakMap<Edge, ReachStep>() };

export function stepOf(way: Edge, on: Visit['on']): ReachStep {
  const there = known[on].get(way);
  if (there !== undefined) return there;
  const { key, onDelete } = way;
  const made: ReachStep = {
    key: keyText(key),
    constraint: key.name,
    child: key.child,
    columns: key.columns,
    parent: key.parent,
    parentColumns: key.parentColumns,
    on,
    action: on === 'delete' ? onDelete : key.onUpdate,
  };
  known[on].set(way, made);
  return made;
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
