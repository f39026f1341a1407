/**
 * What MySQL's own keys do wrong. Since 9.6 the server enforces keys itself instead of InnoDB, and a cascade over more than two keys forgets
 * rows without an error: with t <- a <- b <- d all CASCADE and d empty, deleting a row of t that has two rows in a leaves those rows of b
 * that belong to the second (measured on 9.7.4; not with innodb_native_foreign_keys=ON, nor on MariaDB). So does a circle of tables, and
 * two keys between the same tables with a third below them, and a self reference with two keys below it (not with one below it, nor with
 * any above it). SET NULL counts as the last key of such a path.
 */
import type { Cascading } from '../../src/dialect.ts';
import type { Code } from '../../src/hazards.ts';
import {
  sameTable,
  tableId,
  tableText,
  type DeleteClause,
  type ForeignKey,
  type Server,
  type Snapshot,
  type TableName,
} from '../../src/model.ts';
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
  const actions = new Map(snapshot.foreignKeys.map((key) => [key, clauseOf(key).onDelete]));
  const all = snapshot.foreignKeys.filter((key) => ['CASCADE', 'SET NULL'].includes(actions.get(key) ?? ''));
  const acting = all.filter((key) => !sameTable(key.child, key.parent));
  const carries = (key: ForeignKey): boolean => actions.get(key) === 'CASCADE';
  const below = grouped(acting, (key) => key.parent);
  const above = grouped(acting.filter(carries), (key) => key.child);
  const on = (table: TableName, keys: ReadonlyMap<string, readonly ForeignKey[]>): readonly ForeignKey[] =>
    keys.get(tableId(table)) ?? [];
  const found = new Map<ForeignKey, LossyPath>();
  for (const key of acting.filter(carries)) {
    const before = on(key.parent, above);
    const after = on(key.child, below);
    const twin = on(key.parent, below).find(
      (other) => other !== key && carries(other) && sameTable(other.child, key.child),
    );
    const [next] = after;
    const longer =
      first(before, (one) => first(after, (other) => [one, key, other])) ??
      first(after, (one) =>
        carries(one) ? first(on(one.child, below), (other) => [key, one, other]) : null,
      ) ??
      first(before, (one) => first(on(one.parent, above), (other) => [other, one, key]));
    const path = longer ?? (twin !== undefined && next !== undefined ? [key, twin, next] : null);
    if (path !== null) found.set(key, path);
  }
  for (const self of all.filter((key) => carries(key) && sameTable(key.child, key.parent)))
    for (const key of on(self.parent, below).filter(carries))
      for (const next of on(key.child, below))
        for (const one of [self, key, next].filter(carries))
          if (!found.has(one)) found.set(one, [self, key, next]);
  return found;
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
    refusal: () => 'at once',
    mostLevels: 14,
    writesDefaults: false,
    broken: () => null,
    traps(snapshot) {
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

function first<T, R>(list: readonly T[], make: (one: T) => R | null): R | null {
  for (const one of list) {
    const made = make(one);
    if (made !== null) return made;
  }
  return null;
}

function grouped(
  keys: readonly ForeignKey[],
  by: (key: ForeignKey) => TableName,
): ReadonlyMap<string, readonly ForeignKey[]> {
  const groups = new Map<string, ForeignKey[]>();
  for (const key of keys) {
    const group = groups.get(tableId(by(key)));
    if (group === undefined) groups.set(tableId(by(key)), [key]);
    else group.push(key);
  }
  return groups;
}
