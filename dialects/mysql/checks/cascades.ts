/**
 * What MySQL's own keys do wrong. Since 9.6 the server enforces keys itself instead of InnoDB, and a cascade over more than two keys forgets
 * rows without an error: with t <- a <- b <- d all CASCADE and d empty, deleting a row of t that has two rows in a leaves those rows of b
 * that belong to the second (measured on 9.7.4; not with innodb_native_foreign_keys=ON, nor on MariaDB). So does a circle of tables, and
 * two keys between the same tables with a third below them, and a self reference with two keys below it (not with one below it, nor with
 * any above it). SET NULL counts as the last key of such a path.
 */
import type { Cascading } from '../../../src/core/contracts/engine.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import { sameTable, tableId, tablesText } from '../../../src/core/names.ts';
import type { DeleteClause, ForeignKey, Server, Snapshot, TableName } from '../../../src/core/model.ts';
import { capabilities } from './capabilities.ts';

/** A path of keys over which such a server forgets rows, from the top. */
type LossyPath = readonly ForeignKey[];

/** A table, with the keys that lead a delete to it and from it, those inside the table apart. */
interface Node {
  /** Those that cascade. */
  readonly above: Link[];
  readonly below: Link[];
}

/** A key that writes its children on a delete. */
interface Link {
  readonly key: ForeignKey;
  readonly cascades: boolean;
  readonly child: Node;
  readonly parent: Node;
}

/**
 * For each key that cascades, the shortest evidence that a delete over it forgets rows.
 * @param clauseOf what each key does on a delete
 */
export function lossyPaths(
  snapshot: Snapshot,
  clauseOf: (key: ForeignKey) => DeleteClause,
): ReadonlyMap<ForeignKey, LossyPath> {
  const links = linksOf(snapshot, clauseOf);
  const found = new Map<ForeignKey, LossyPath>();
  for (const link of links) {
    const path = link.cascades && link.child !== link.parent ? pathOver(link) : null;
    if (path !== null) found.set(link.key, path);
  }
  for (const self of links.filter((link) => link.cascades && link.child === link.parent))
    for (const link of self.parent.below.filter(({ cascades }) => cascades))
      for (const next of link.child.below)
        for (const one of [self, link, next].filter(({ cascades }) => cascades))
          if (!found.has(one.key)) found.set(one.key, [self.key, link.key, next.key]);
  return found;
}

function linksOf(snapshot: Snapshot, clauseOf: (key: ForeignKey) => DeleteClause): readonly Link[] {
  const nodes = new Map<string, Node>();
  const nodeOf = (table: TableName): Node => {
    const id = tableId(table);
    const known = nodes.get(id);
    if (known !== undefined) return known;
    const node: Node = { above: [], below: [] };
    nodes.set(id, node);
    return node;
  };
  return snapshot.foreignKeys.flatMap((key) => {
    const { onDelete } = clauseOf(key);
    if (onDelete !== 'CASCADE' && onDelete !== 'SET NULL') return [];
    const cascades = onDelete === 'CASCADE';
    const link = { key, cascades, child: nodeOf(key.child), parent: nodeOf(key.parent) };
    if (link.child !== link.parent) {
      link.parent.below.push(link);
      if (cascades) link.child.above.push(link);
    }
    return [link];
  });
}

/** A path of three keys with this one in it, or the two keys between the same tables with a third below them. */
function pathOver(link: Link): LossyPath | null {
  const { key, parent, child } = link;
  const [before] = parent.above;
  const [after] = child.below;
  if (before !== undefined && after !== undefined) return [before.key, key, after.key];
  for (const one of child.below) {
    const [next] = one.cascades ? one.child.below : [];
    if (next !== undefined) return [key, one.key, next.key];
  }
  for (const one of parent.above) {
    const [next] = one.parent.above;
    if (next !== undefined) return [next.key, one.key, key];
  }
  const twin = parent.below.find((other) => other !== link && other.cascades && other.child === child);
  return twin === undefined || after === undefined ? null : [key, twin.key, after.key];
}

/**
 * Whether a delete over this key forgets rows by itself. A cascade inside one table over several columns passes by every child that has the
 * same value as its parent in the first referenced column, in a primary key or a unique one: s(t, id, up), (t, up) -> s(t, id), rows
 * (1,1,NULL), (1,2,1); the first goes, the second stays (measured on 9.7.4; not where the first values differ, not over one column, not
 * with SET NULL, not with innodb_native_foreign_keys=ON, nor on MariaDB).
 */
export function leavesSiblings(key: ForeignKey, clause: DeleteClause): boolean {
  return clause.onDelete === 'CASCADE' && key.columns.length > 1 && sameTable(key.child, key.parent);
}

/**
 * Both servers follow 14 keys in a row, whether over tables or over rows of one table, and fail on the fifteenth with error 3008 and 1296
 * (measured: chains of 15 tables, and of 15 rows in one table, pass).
 */
export const mostLevels = 14;

/**
 * NO ACTION is RESTRICT here, row by row, and which key of a diamond comes first differs between MySQL and MariaDB (measured on
 * MySQL 9.7.4 and MariaDB 10.11). InnoDB refuses where SET DEFAULT is declared.
 */
export function cascading(server: Server): Cascading {
  return {
    refusalTiming: () => 'at once',
    mostLevels,
    writesDefaults: false,
    invalidReason: () => null,
    cascadeHazards: ({ snapshot }) =>
      capabilities(server)['cascadesOverChains']?.has === false ? lossyKeys(snapshot) : new Map(),
  };
}

type KeyHazard = { readonly code: Code; readonly detail: string };

function lossyKeys(snapshot: Snapshot): ReadonlyMap<ForeignKey, readonly KeyHazard[]> {
  const paths = lossyPaths(snapshot, (one) => one);
  const hazards = new Map<ForeignKey, readonly KeyHazard[]>();
  for (const key of snapshot.foreignKeys) {
    const path = paths.get(key);
    const found: KeyHazard[] = [];
    if (path !== undefined) found.push({ code: 'CASCADE_LEAVES_ROWS_LIVE', detail: `${pathText(path)}.` });
    if (leavesSiblings(key, key)) {
      const detail = `children with the same ${key.parentColumns[0] ?? ''} stay behind.`;
      found.push({ code: 'SELF_REFERENCE_LEAVES_ROWS', detail });
    }
    if (key.onDelete === 'CASCADE' && sameTable(key.child, key.parent)) {
      const detail = 'it fails once two children of a row have children of their own.';
      found.push({ code: 'SELF_REFERENCE_BRANCHES', detail });
    }
    if (found.length > 0) hazards.set(key, found);
  }
  return hazards;
}

/** `a -> b -> c -> d`: from the top down, as a delete goes. */
export function pathText(path: LossyPath): string {
  const [top] = path;
  return top === undefined ? '' : tablesText([top.parent, ...path.map((key) => key.child)], ' -> ');
}
