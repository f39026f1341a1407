/** Rows of our own making around one key: a parent, its children, and every row they have to point to. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import type { ScratchRow } from '../core/contracts/scratch.ts';
import { sameTable, tableId, type DeleteClause, type ForeignKey, type TableName } from '../core/model.ts';
import { isActive, isRefusing } from '../core/referential-actions.ts';

/** Rows with numbers for values; equal numbers are equal values. The first rows are those to delete. */
export interface Fixture {
  readonly rows: readonly ScratchRow[];
  /** How many of the first rows are the parents to delete. */
  readonly parents: number;
  /** There is more below than was made rows for. */
  readonly cut: boolean;
}

/** How far the rows go below the children of the key. */
export type Depth =
  /** No further. */
  | 'children'
  /** On over every key that carries the delete on; at their end those that write NULL or a default. */
  | 'chains'
  /** On to the first key that refuses. */
  | 'refusal';

const mostRows = 80;

interface Node {
  readonly table: TableName;
  /** By column: where the cell stands in the list of classes. */
  readonly cells: Map<string, number>;
  readonly nulls: Set<string>;
}

/**
 * @param clauseOf what each key does on a delete, as promised
 * @param parents how many parents with children of their own
 * @returns null where there is no such family: no key that refuses below, for instance
 */
export function fixtureFor(
  key: ForeignKey,
  schema: SchemaIndex,
  clauseOf: (key: ForeignKey) => DeleteClause,
  depth: Depth,
  parents: number,
): Fixture | null {
  const build = builder(schema);
  const heads = Array.from({ length: parents }, () => build.row(key.parent));
  let refusals = 0;
  let cut = false;
  for (const head of heads) {
    const children = build.roomFor(key) ? [1, 2] : [1];
    for (const child of children.map(() => build.row(key.child))) {
      build.link(child, key, head);
      if (depth !== 'children') refusals += extend(child, [key]);
    }
  }
  if (depth === 'refusal' && refusals === 0) return null;
  return { rows: build.rows(), parents, cut };

  /** @returns how many refusing keys were met */
  function extend(row: Node, path: readonly ForeignKey[]): number {
    const last = path.at(-1);
    if (last === undefined || clauseOf(last).onDelete !== 'CASCADE' || !isActive(last)) return 0;
    let met = 0;
    for (const next of keysTo(schema, row.table)) {
      const again = path.filter((one) => one === next).length;
      if (again > (sameTable(next.child, next.parent) ? 1 : 0)) continue;
      const action = clauseOf(next).onDelete;
      const refuses = isRefusing(action);
      if (!isActive(next) || action === 'SET DEFAULT') continue;
      if (depth === 'chains' ? refuses : action !== 'CASCADE' && (!refuses || met > 0)) continue;
      if (build.size() >= mostRows) {
        cut = true;
        continue;
      }
      const child = build.row(next.child);
      build.link(child, next, row);
      met += refuses ? 1 : extend(child, [...path, next]);
    }
    return met;
  }
}

function keysTo(schema: SchemaIndex, parent: TableName): readonly ForeignKey[] {
  return schema.snapshot.foreignKeys.filter((key) => sameTable(key.parent, parent));
}

interface Builder {
  /** A new row, and whatever it has to point to. */
  row(table: TableName): Node;
  link(child: Node, key: ForeignKey, parent: Node): void;
  /** Whether a parent may have more than one child over this key. */
  roomFor(key: ForeignKey): boolean;
  size(): number;
  rows(): readonly ScratchRow[];
}

/** Cells that have to be equal are put into one class; each class gets a number of its own in the end. */
function builder(schema: SchemaIndex): Builder {
  const nodes: Node[] = [];
  const classes: number[] = [];
  /** Rows whose own parents are still to be made. */
  const waiting: Node[] = [];
  const find = (n: number): number => {
    const up = classes[n] ?? n;
    return up === n ? n : find(up);
  };
  const cell = (node: Node, column: string): number => {
    const known = node.cells.get(column);
    if (known !== undefined) return known;
    const made = classes.length;
    classes.push(made);
    node.cells.set(column, made);
    node.nulls.delete(column);
    return made;
  };
  const join = (child: Node, key: ForeignKey, parent: Node): void => {
    for (const [index, column] of key.columns.entries()) {
      const parentColumn = key.parentColumns[index];
      if (parentColumn !== undefined) classes[find(cell(child, column))] = find(cell(parent, parentColumn));
    }
  };
  const nullable = (table: TableName, column: string): boolean =>
    schema.table(table)?.columns.find((one) => one.name === column)?.nullable ?? true;
  /** Whether the row has to point to a parent: all columns of the key hold a value, or, with MATCH FULL, one of them. */
  const mustPoint = (node: Node, key: ForeignKey): boolean => {
    const holds = (column: string): boolean => node.cells.has(column) || !nullable(node.table, column);
    return key.match === 'FULL' ? key.columns.some(holds) : key.columns.every(holds);
  };
  const pointsTo = (node: Node, key: ForeignKey, parent: Node): boolean =>
    sameTable(parent.table, key.parent) &&
    key.columns.every((column, index) => {
      const [mine, theirs] = [node.cells.get(column), parent.cells.get(key.parentColumns[index] ?? '')];
      return mine !== undefined && theirs !== undefined && find(mine) === find(theirs);
    });
  /** Whether a parent may have more than one child over this key. */
  const roomFor = (key: ForeignKey): boolean => {
    const held = new Set(key.columns);
    const indexes = schema.table(key.child)?.indexes ?? [];
    return !indexes.some(
      (index) => index.unique && index.columns.every((column) => column !== null && held.has(column)),
    );
  };
  /** Whether the key's columns are its own: then any parent will do, else it has to fit what other keys and unique indexes ask of them. */
  const standsAlone = (key: ForeignKey): boolean => {
    const overlaps = (columns: readonly (string | null)[]): boolean =>
      columns.some((column) => column !== null && key.columns.includes(column));
    const indexes = schema.table(key.child)?.indexes ?? [];
    return (
      !schema.keysOn(key.child).some((other) => other !== key && overlaps(other.columns)) &&
      !indexes.some((index) => index.unique && overlaps(index.columns))
    );
  };
  /** A row of each table that others may point to as they please. */
  const backdrop = new Map<string, Node>();
  /** Gives the row parents; `above` are the rows that wait for this one, so that a circle closes instead of going on for ever. */
  const satisfy = (node: Node, above: readonly Node[]): void => {
    for (const key of schema.keysOn(node.table)) {
      if (!key.enforced || !mustPoint(node, key)) continue;
      if (nodes.some((other) => pointsTo(node, key, other))) continue;
      const shared = standsAlone(key);
      const free = (parent: Node): boolean =>
        roomFor(key) ||
        !nodes.some((other) => sameTable(other.table, key.child) && pointsTo(other, key, parent));
      const known = shared
        ? backdrop.get(tableId(key.parent))
        : [node, ...above].find((other) => sameTable(other.table, key.parent) && free(other));
      const parent = known ?? bare(key.parent);
      if (shared) backdrop.set(tableId(key.parent), parent);
      join(node, key, parent);
      if (known === undefined) satisfy(parent, [node, ...above]);
    }
  };
  const bare = (table: TableName): Node => {
    const node: Node = { table, cells: new Map(), nulls: new Set() };
    const found = schema.table(table);
    for (const key of schema.keysOn(table)) for (const column of key.columns) node.nulls.add(column);
    const distinct = new Set(
      (found?.indexes ?? [])
        .filter((index) => index.unique)
        .flatMap((index) => index.columns)
        .filter((column) => column !== null),
    );
    for (const column of found?.columns ?? []) {
      const inKey = node.nulls.has(column.name);
      if (column.generated !== null) continue;
      if (!column.nullable && (inKey || distinct.has(column.name))) cell(node, column.name);
      else if (!inKey && distinct.has(column.name)) cell(node, column.name);
    }
    nodes.push(node);
    return node;
  };
  return {
    row(table) {
      const node = bare(table);
      waiting.push(node);
      return node;
    },
    link(child, key, parent) {
      join(child, key, parent);
    },
    roomFor,
    size: () => nodes.length,
    rows() {
      for (const node of waiting) satisfy(node, []);
      const numbers = new Map<number, number>();
      const numberOf = (n: number): number => {
        const root = find(n);
        const known = numbers.get(root) ?? numbers.size + 1;
        numbers.set(root, known);
        return known;
      };
      return nodes.map((node) => ({
        table: { schema: node.table.schema, name: node.table.name },
        cells: Object.fromEntries([
          ...[...node.cells].map(([column, n]) => [column, numberOf(n)] as const),
          ...[...node.nulls].map((column) => [column, null] as const),
        ]),
      }));
    },
  };
}
