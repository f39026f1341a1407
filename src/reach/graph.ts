/** The keys of a snapshot as a graph of the edges that a delete follows. Pure. */
import { groupBy } from '../core/group-by.ts';
import { isActive } from '../core/referential-actions.ts';
import type { Cascading } from '../core/contracts/engine.ts';
import { keyText, tableId } from '../core/names.ts';
import type { ForeignKey, ReferentialAction, Snapshot, TableName } from '../core/model.ts';

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

export interface Edge {
  readonly key: ForeignKey;
  /** The effective action: SET DEFAULT refuses where the engine does not write defaults. */
  readonly onDelete: ReferentialAction;
  readonly parent: number;
  readonly child: number;
  /** The key as a step of a path; shared by many paths. */
  readonly steps: Readonly<Record<ReachStep['on'], ReachStep>>;
}

/** Tables are numbers: their places in `names`. */
export interface Graph {
  readonly names: readonly TableName[];
  numberOf(table: TableName): number | null;
  /** By parent: the keys that act when a row is deleted. */
  readonly outgoing: readonly (readonly Edge[])[];
  /** By parent: the keys that act when a row is updated. */
  readonly updating: readonly (readonly Edge[])[];
  /** The tables, parents first: every cascade outside a circle points to a later one. */
  readonly order: readonly number[];
  /** Whether a delete can return to the table over cascading keys. */
  readonly circular: readonly boolean[];
  /** Tables of one circle have the same number. */
  readonly circle: readonly number[];
}

export function graphOf(snapshot: Pick<Snapshot, 'foreignKeys' | 'tables'>, cascading: Cascading): Graph {
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
  const edges = snapshot.foreignKeys.map((key): Edge => {
    const onDelete = key.onDelete === 'SET DEFAULT' && !cascading.writesDefaults ? 'RESTRICT' : key.onDelete;
    return {
      key,
      onDelete,
      parent: numbered(key.parent),
      child: numbered(key.child),
      steps: { delete: stepOf(key, 'delete', onDelete), update: stepOf(key, 'update', key.onUpdate) },
    };
  });
  const byParent = (event: 'delete' | 'update'): readonly (readonly Edge[])[] => {
    const groups = groupBy(
      edges.filter((edge) => isActive(edge.key, event)),
      (edge) => edge.parent,
    );
    return names.map((_, table) => groups.get(table) ?? []);
  };
  const outgoing = byParent('delete');
  return {
    names,
    numberOf: (table) => numbers.get(tableId(table)) ?? null,
    outgoing,
    updating: byParent('update'),
    ...circlesOf(outgoing),
  };
}

function stepOf(key: ForeignKey, on: ReachStep['on'], action: ReferentialAction): ReachStep {
  const { name: constraint, child, columns, parent, parentColumns } = key;
  return { key: keyText(key), constraint, child, columns, parent, parentColumns, on, action };
}

/** Tarjan's strongly connected components over the cascading keys; without recursion, because chains of tables may be long. */
function circlesOf(outgoing: readonly (readonly Edge[])[]): Pick<Graph, 'order' | 'circular' | 'circle'> {
  const cascades = outgoing.map((edges) => edges.filter((edge) => edge.onDelete === 'CASCADE'));
  const index: number[] = [];
  const low: number[] = [];
  const circle: number[] = [];
  const open: number[] = [];
  const components: number[][] = [];
  let counter = 0;
  for (const start of outgoing.keys()) {
    if (index[start] !== undefined) continue;
    const walk: { readonly table: number; next: number }[] = [{ table: start, next: 0 }];
    index[start] = low[start] = counter++;
    open.push(start);
    for (let frame = walk.at(-1); frame !== undefined; frame = walk.at(-1)) {
      const { table } = frame;
      const edge = cascades[table]?.[frame.next];
      frame.next += 1;
      if (edge === undefined) {
        walk.pop();
        const up = walk.at(-1)?.table;
        if (up !== undefined) low[up] = Math.min(low[up] ?? 0, low[table] ?? 0);
        if (low[table] === index[table]) components.push(popCircle(table, open, circle, components.length));
      } else if (index[edge.child] === undefined) {
        index[edge.child] = low[edge.child] = counter++;
        open.push(edge.child);
        walk.push({ table: edge.child, next: 0 });
      } else if (circle[edge.child] === undefined) {
        low[table] = Math.min(low[table] ?? 0, index[edge.child] ?? 0);
      }
    }
  }
  const selfReferring = (table: number): boolean =>
    cascades[table]?.some((edge) => edge.child === table) ?? false;
  return {
    order: components.reverse().flat(),
    circle,
    circular: circle.map((_, table) => {
      const size = components[components.length - 1 - (circle[table] ?? 0)]?.length ?? 0;
      return size > 1 || selfReferring(table);
    }),
  };
}

/** Takes the members of one circle from the stack and numbers them. */
function popCircle(table: number, open: number[], circle: number[], number: number): number[] {
  const members: number[] = [];
  for (let member = open.pop(); member !== undefined; member = open.pop()) {
    circle[member] = number;
    members.push(member);
    if (member === table) break;
  }
  return members;
}
