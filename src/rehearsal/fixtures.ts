/** Test rows for one key: parents, their children, and every row that these must reference. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import type { ScratchRow } from '../core/contracts/scratch.ts';
import { sameTable, tableId } from '../core/names.ts';
import type { DeleteClause, ForeignKey, TableName } from '../core/model.ts';
import { isActive, isRefusing } from '../core/referential-actions.ts';
import { type Refused, type RowKind, variationOf } from './variations.ts';

/** Rows with numbers as values; equal numbers are equal values. */
export interface Fixture {
  readonly rows: readonly ScratchRow[];
  /** Of each row. */
  readonly kinds: readonly RowKind[];
  /** The first so many rows are the parents to delete. */
  readonly parents: number;
  /** More tables follow than rows were made for. */
  readonly cut: boolean;
}

/** Which rows are made below the children of the key. */
type Depth =
  /** None. */
  | 'children'
  /** Rows over every key that cascades, and over those at the end that write NULL. */
  | 'chains'
  /** Rows up to the first key that refuses. */
  | 'refusal';

const mostRows = 80;

interface Node {
  readonly table: TableName;
  /** By column: the place of the cell in the list of classes. */
  readonly cells: Map<string, number>;
  readonly nulls: Set<string>;
  kind: RowKind;
}

/**
 * @param clauseOf the expected clause of each key
 * @param parents how many parents, each with its own children
 * @param refused what the CHECKs have refused of rows that were made before
 * @returns null where no such rows exist, for instance without a refusing key below
 */
export function fixtureFor(
  key: ForeignKey,
  schema: SchemaIndex,
  clauseOf: (key: ForeignKey) => DeleteClause,
  depth: Depth,
  parents: number,
  refused: Refused = new Map(),
): Fixture | null {
  const build = builder(schema, refused);
  const parentRows = Array.from({ length: parents }, () => build.row(key.parent));
  let refusals = 0;
  let cut = false;
  for (const parent of parentRows) {
    const children = Array.from({ length: allowsSeveral(schema, key) ? 2 : 1 }, () => build.row(key.child));
    for (const child of children) {
      build.link(child, key, parent);
      if (depth !== 'children') refusals += extend(child, [key]);
    }
  }
  if (depth === 'refusal' && refusals === 0) return null;
  return { ...build.rows(), parents, cut };

  /** @returns how many refusing keys were reached */
  function extend(row: Node, path: readonly ForeignKey[]): number {
    const last = path.at(-1);
    if (last === undefined || clauseOf(last).onDelete !== 'CASCADE' || !isActive(last)) return 0;
    let reached = 0;
    for (const next of schema.snapshot.foreignKeys.filter((one) => sameTable(one.parent, row.table))) {
      const repeats = path.filter((one) => one === next).length;
      if (repeats > (sameTable(next.child, next.parent) ? 1 : 0)) continue;
      const action = clauseOf(next).onDelete;
      const refuses = isRefusing(action);
      if (!isActive(next) || action === 'SET DEFAULT') continue;
      if (depth === 'chains' ? refuses : action !== 'CASCADE' && (!refuses || reached > 0)) continue;
      if (build.size() >= mostRows) {
        cut = true;
        continue;
      }
      const child = build.row(next.child);
      build.link(child, next, row);
      reached += refuses ? 1 : extend(child, [...path, next]);
    }
    return reached;
  }
}

interface Builder {
  /** A new row; the rows that it must reference are made at the end. */
  row(table: TableName): Node;
  link(child: Node, key: ForeignKey, parent: Node): void;
  size(): number;
  rows(): Pick<Fixture, 'rows' | 'kinds'>;
}

function builder(schema: SchemaIndex, refused: Refused): Builder {
  const nodes: Node[] = [];
  /** Rows whose parents are not made yet. */
  const waiting: Node[] = [];
  const values = equalCells();
  /** By table: one row that any number of children may reference. */
  const sharedParents = new Map<string, Node>();
  /** Gives the row its parents; `descendants` are rows that need this one, so that a circle closes instead of growing for ever. */
  const addParents = (node: Node, descendants: readonly Node[]): void => {
    node.kind = { table: node.table, asked: [...node.cells.keys()] };
    const variation = variationOf(node.kind, schema, refused);
    for (const column of variation?.fill.flatMap((key) => key.columns) ?? []) values.cell(node, column);
    for (const column of variation?.leave ?? []) if (node.cells.delete(column)) node.nulls.add(column);
    for (const key of schema.keysOn(node.table)) {
      if (!key.enforced || !needsParent(schema, node, key)) continue;
      if (nodes.some((other) => values.pointsTo(node, key, other))) continue;
      const shared = isIndependent(schema, key);
      const free = (parent: Node): boolean =>
        allowsSeveral(schema, key) ||
        !nodes.some((other) => sameTable(other.table, key.child) && values.pointsTo(other, key, parent));
      const known = shared
        ? sharedParents.get(tableId(key.parent))
        : [node, ...descendants].find((other) => sameTable(other.table, key.parent) && free(other));
      const parent = known ?? newRow(key.parent);
      if (shared) sharedParents.set(tableId(key.parent), parent);
      values.join(node, key, parent);
      if (known === undefined) addParents(parent, [node, ...descendants]);
    }
  };
  const newRow = (table: TableName): Node => {
    const node: Node = { table, cells: new Map(), nulls: new Set(), kind: { table, asked: [] } };
    for (const key of schema.keysOn(table)) for (const column of key.columns) node.nulls.add(column);
    for (const column of neededColumns(schema, table)) values.cell(node, column);
    nodes.push(node);
    return node;
  };
  return {
    row(table) {
      const node = newRow(table);
      waiting.push(node);
      return node;
    },
    link: (child, key, parent) => values.join(child, key, parent),
    size: () => nodes.length,
    rows() {
      for (const node of waiting) addParents(node, []);
      const numberOf = values.numbers();
      const rows = nodes.map((node) => ({
        table: { schema: node.table.schema, name: node.table.name },
        cells: Object.fromEntries([
          ...[...node.cells].map(([column, n]) => [column, numberOf(n)] as const),
          ...[...node.nulls].map((column) => [column, null] as const),
        ]),
      }));
      return { rows, kinds: nodes.map((node) => node.kind) };
    },
  };
}

interface EqualCells {
  /** The class of a cell, which has a value from now on. */
  cell(node: Node, column: string): number;
  /** Makes the child's cells equal to those of the parent that the key references. */
  join(child: Node, key: ForeignKey, parent: Node): void;
  pointsTo(node: Node, key: ForeignKey, parent: Node): boolean;
  /** @returns the number of each class, as they are joined now */
  numbers(): (n: number) => number;
}

/** Cells that must be equal are joined into one class (union-find); each class gets its own number at the end. */
function equalCells(): EqualCells {
  const classes: number[] = [];
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
  return {
    cell,
    join(child, key, parent) {
      for (const [index, column] of key.columns.entries()) {
        const parentColumn = key.parentColumns[index];
        if (parentColumn !== undefined) classes[find(cell(child, column))] = find(cell(parent, parentColumn));
      }
    },
    pointsTo: (node, key, parent) =>
      sameTable(parent.table, key.parent) &&
      key.columns.every((column, index) => {
        const [mine, theirs] = [node.cells.get(column), parent.cells.get(key.parentColumns[index] ?? '')];
        return mine !== undefined && theirs !== undefined && find(mine) === find(theirs);
      }),
    numbers() {
      const numbers = new Map<number, number>();
      return (n) => {
        const root = find(n);
        const known = numbers.get(root) ?? numbers.size + 1;
        numbers.set(root, known);
        return known;
      };
    },
  };
}

/** Whether the row must reference a parent: all columns of the key have a value or, with MATCH FULL, one has. */
function needsParent(schema: SchemaIndex, node: Node, key: ForeignKey): boolean {
  const columns = schema.table(node.table)?.columns ?? [];
  const holds = (column: string): boolean =>
    node.cells.has(column) || columns.find(({ name }) => name === column)?.nullable === false;
  return key.match === 'FULL' ? key.columns.some(holds) : key.columns.every(holds);
}

/** Whether a parent may have more than one child over this key. */
function allowsSeveral(schema: SchemaIndex, key: ForeignKey): boolean {
  const indexes = schema.table(key.child)?.indexes ?? [];
  return !indexes.some(
    (index) =>
      index.unique && index.columns.every((column) => column !== null && key.columns.includes(column)),
  );
}

/** Whether no other key and no unique index uses the key's columns, so that any parent fits. */
function isIndependent(schema: SchemaIndex, key: ForeignKey): boolean {
  const overlaps = (columns: readonly (string | null)[]): boolean =>
    columns.some((column) => column !== null && key.columns.includes(column));
  const indexes = schema.table(key.child)?.indexes ?? [];
  return (
    !schema.keysOn(key.child).some((other) => other !== key && overlaps(other.columns)) &&
    !indexes.some((index) => index.unique && overlaps(index.columns))
  );
}

/** What a row must have a value in: columns of keys that take no NULL, and columns of unique indexes. */
function neededColumns(schema: SchemaIndex, table: TableName): readonly string[] {
  const { columns = [], indexes = [] } = schema.table(table) ?? {};
  const inKeys = new Set(schema.keysOn(table).flatMap((key) => key.columns));
  const unique = new Set(indexes.filter((index) => index.unique).flatMap((index) => index.columns));
  return columns
    .filter(({ generated }) => generated === null)
    .filter(({ name, nullable }) => (inKeys.has(name) ? !nullable : unique.has(name)))
    .map(({ name }) => name);
}
