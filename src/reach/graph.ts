/** The keys of a snapshot as ways that a delete takes, gathered once for all questions about it. Pure. */
import { isActive } from '../core/referential-actions.ts';
import type { Cascading } from '../core/contracts/engine.ts';
import {
  tableId,
  type ForeignKey,
  type ReferentialAction,
  type Snapshot,
  type TableName,
} from '../core/model.ts';

export interface Edge {
  readonly key: ForeignKey;
  /** What the key does here: SET DEFAULT is a refusal where the engine does not write defaults. */
  readonly onDelete: ReferentialAction;
  readonly parent: number;
  readonly child: number;
}

/** Tables are numbers here; `names` gives them back. */
export interface Graph {
  readonly names: readonly TableName[];
  numberOf(table: TableName): number | null;
  /** The keys that act when a row of the table goes. */
  readonly outgoing: readonly (readonly Edge[])[];
  /** The keys that act when a row of the table is updated. */
  readonly updating: readonly (readonly Edge[])[];
  /** Tables so that every cascade outside a circle leads to a later one. */
  readonly order: readonly number[];
  /** Whether a delete can come back to the table over keys that cascade. */
  readonly circular: readonly boolean[];
  /** Tables of one circle have one number. */
  readonly circle: readonly number[];
}

export function graphOf(snapshot: Snapshot, cascading: Cascading): Graph {
  const names: TableName[] = [];
  const numbers = new Map<string, number>();
  const numbered = (table: TableName): number => {
    const id = tableId(table);
    const known = numbers.get(id);
    if (known !== undefined) return known;
    numbers.set(id, names.length);
    names.push({ schema: table.schema, name: table.name });
    return names.length - 1;
  };
  for (const table of snapshot.tables) numbered(table);
  const ways = snapshot.foreignKeys.map((key) => ({
    key,
    onDelete:
      key.onDelete === 'SET DEFAULT' && !cascading.writesDefaults ? ('RESTRICT' as const) : key.onDelete,
    parent: numbered(key.parent),
    child: numbered(key.child),
  }));
  const below = byParent(
    ways.filter((way) => isActive(way.key)),
    names.length,
  );
  const circles = circlesOf(below);
  return {
    names,
    numberOf: (table) => numbers.get(tableId(table)) ?? null,
    outgoing: below,
    updating: byParent(
      ways.filter((way) => isActive(way.key, 'update')),
      names.length,
    ),
    ...circles,
  };
}

function byParent(ways: readonly Edge[], tables: number): readonly (readonly Edge[])[] {
  const groups: Edge[][] = Array.from({ length: tables }, () => []);
  for (const way of ways) groups[way.parent]?.push(way);
  return groups;
}

/** Tarjan's strongly connected components over the keys that cascade, without recursion: chains of tables may be long. */
function circlesOf(below: readonly (readonly Edge[])[]): Pick<Graph, 'order' | 'circular' | 'circle'> {
  const cascades = below.map((ways) => ways.filter((way) => way.onDelete === 'CASCADE'));
  const index: number[] = [];
  const low: number[] = [];
  const circle: number[] = [];
  const open: number[] = [];
  const components: number[][] = [];
  let counter = 0;
  for (const start of below.keys()) {
    if (index[start] !== undefined) continue;
    const walk: { readonly table: number; next: number }[] = [{ table: start, next: 0 }];
    index[start] = low[start] = counter++;
    open.push(start);
    for (let frame = walk.at(-1); frame !== undefined; frame = walk.at(-1)) {
      const { table } = frame;
      const way = cascades[table]?.[frame.next];
      frame.next += 1;
      if (way === undefined) {
        walk.pop();
        const up = walk.at(-1)?.table;
        if (up !== undefined) low[up] = Math.min(low[up] ?? 0, low[table] ?? 0);
        if (low[table] === index[table]) components.push(closed(table, open, circle, components.length));
      } else if (index[way.child] === undefined) {
        index[way.child] = low[way.child] = counter++;
        open.push(way.child);
        walk.push({ table: way.child, next: 0 });
      } else if (circle[way.child] === undefined) {
        low[table] = Math.min(low[table] ?? 0, index[way.child] ?? 0);
      }
    }
  }
  const selfReferring = (table: number): boolean =>
    cascades[table]?.some((way) => way.child === table) ?? false;
  return {
    order: components.reverse().flat(),
    circle,
    circular: circle.map((_, table) => {
      const size = components[components.length - 1 - (circle[table] ?? 0)]?.length ?? 0;
      return size > 1 || selfReferring(table);
    }),
  };
}

function closed(table: number, open: number[], circle: number[], number: number): number[] {
  const members: number[] = [];
  for (let member = open.pop(); member !== undefined; member = open.pop()) {
    circle[member] = number;
    members.push(member);
    if (member === table) break;
  }
  return members;
}
