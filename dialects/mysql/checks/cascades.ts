/**
 * What MySQL's own keys do wrong. Since 9.6 the server enforces keys itself instead of InnoDB, and a cascade over more than two keys forgets
 * rows without an error: with t <- a <- b <- d all CASCADE and d empty, deleting a row of t that has two rows in a leaves those rows of b
 * that belong to the second (measured on 9.7.4; not with innodb_native_foreign_keys=ON, nor on MariaDB). So does a circle of tables, and
 * two keys between the same tables with a third below them, and a self reference with two keys below it (not with one below it, nor with
 * any above it). SET NULL counts as the last key of such a path.
 */
import type { Cascading } from '../../../src/core/contracts/engine.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import {
  sameTable,
  tableId,
  tableText,
  type DeleteClause,
  type ForeignKey,
  type Server,
  type Snapshot,
  type TableName,
} from '../../../src/core/model.ts';
import { capabilities } from './capabilities.ts';

/** A path of keys over which such a server forgets rows, from the top. */
export type LossyPath = readonly ForeignKey[];

/**
 * For each key that cascades, the shortest evidence that a delete over it forgets rows.
 * @param clauseOf what each key does on a delete
 */
export function lossyPaths(
  snapshot: Snapshot,
  clauseOf: (key: ForeignKey) => DeleteClause,
): ReadonlyMap<ForeignKey, LossyPath> {
  const places = new Map<string, Place>();
  const placeOf = (table: TableName): Place => {
    const id = tableId(table);
    const known = places.get(id);
    if (known !== undefined) return known;
    const place = { above: [], below: [] };
    places.set(id, place);
    return place;
  };
  const acting: Link[] = [];
  const selves: Link[] = [];
  for (const key of snapshot.foreignKeys) {
    const { onDelete } = clauseOf(key);
    if (onDelete !== 'CASCADE' && onDelete !== 'SET NULL') continue;
    const link = {
      key,
      carries: onDelete === 'CASCADE',
      child: placeOf(key.child),
      parent: placeOf(key.parent),
    };
    if (link.child === link.parent) {
      selves.push(link);
      continue;
    }
    acting.push(link);
    link.parent.below.push(link);
    if (link.carries) link.child.above.push(link);
  }
  const found = new Map<ForeignKey, LossyPath>();
  for (const link of acting) {
    const path = link.carries ? longer(link) : null;
    if (path !== null) found.set(link.key, path);
  }
  for (const self of selves.filter(({ carries }) => carries))
    for (const link of self.parent.below.filter(({ carries }) => carries))
      for (const next of link.child.below)
        for (const one of [self, link, next].filter(({ carries }) => carries))
          if (!found.has(one.key)) found.set(one.key, [self.key, link.key, next.key]);
  return found;
}

/** A table, with the keys that lead a delete to it and from it, those inside the table apart. */
interface Place {
  /** Those that cascade. */
  readonly above: Link[];
  readonly below: Link[];
}

/** A key that writes its children on a delete. */
interface Link {
  readonly key: ForeignKey;
  /** Whether it hands the delete on. */
  readonly carries: boolean;
  readonly child: Place;
  readonly parent: Place;
}

/** A path of three keys with this one in it, or the two keys between the same tables with a third below them. */
function longer(link: Link): LossyPath | null {
  const { key, parent, child } = link;
  const [before] = parent.above;
  const [after] = child.below;
  if (before !== undefined && after !== undefined) return [before.key, key, after.key];
  for (const one of child.below) {
    const [next] = one.carries ? one.child.below : [];
    if (next !== undefined) return [key, one.key, next.key];
  }
  for (const one of parent.above) {
    const [next] = one.parent.above;
    if (next !== undefined) return [next.key, one.key, key];
  }
  const twin = parent.below.find((other) => other !== link && other.carries && other.child === child);
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
 * NO ACTION is RESTRICT here, row by row, and which key of a diamond comes first differs between MySQL and MariaDB (measured on
 * MySQL 9.7.4 and MariaDB 10.11). Both follow 14 keys and fail on the fifteenth, with 3008 and 1296 (measured: chains of 15 tables,
 * and of 15 rows in one table, pass). InnoDB refuses where SET DEFAULT is declared.
 */
export function cascading(server: Server): Cascading {
  const can = capabilities(server);
  return {
    refusalTiming: () => 'at once',
    mostLevels: 14,
    writesDefaults: false,
    invalidReason: () => null,
    cascadeHazards(snapshot) {
      if (can['cascadesOverChains']?.has !== false) return new Map();
      const traps = new Map<ForeignKey, readonly { readonly code: Code; readonly detail: string }[]>();
      for (const [key, path] of lossyPaths(snapshot, (one) => one))
        traps.set(key, [{ code: 'CASCADE_LEAVES_ROWS_LIVE', detail: `${pathText(path)}.` }]);
      for (const key of snapshot.foreignKeys) {
        if (key.onDelete !== 'CASCADE' || !sameTable(key.child, key.parent)) continue;
        const detail = 'it fails once two children of a row have children of their own.';
        traps.set(key, [
          ...(traps.get(key) ?? []),
          ...(leavesSiblings(key, key)
            ? [
                {
                  code: 'SELF_REFERENCE_LEAVES_ROWS' as const,
                  detail: `children with the same ${key.parentColumns[0] ?? ''} stay behind.`,
                },
              ]
            : []),
          { code: 'SELF_REFERENCE_BRANCHES', detail },
        ]);
      }
      return traps;
    },
  };
}

/** `a -> b -> c -> d`: from the top down, as a delete goes. */
export function pathText(path: LossyPath): string {
  const [top] = path;
  const tables = path.map((key) => tableText(key.child));
  return top === undefined ? '' : [tableText(top.parent), ...tables].join(' -> ');
}
