/** What a statement does, key by key, as reports show it: without the checks and tries around it. */
import { groupBy } from '../../../src/core/group-by.ts';
import { lockedText } from '../../../src/core/locks.ts';
import { sameTable, tableId, tableText } from '../../../src/core/names.ts';
import type { ForeignKey, Work } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { action, addedKey, ddl, nameOf, staysNotValid, tree } from '../key-sql.ts';
import { countLocks, swapLocks, validateLocks } from './locks.ts';
import { orphanQuery } from '../orphans.ts';
import type { Direction, Way } from './key-rows.ts';
import { sameClause } from '../half-done-mark.ts';

export function counts(ways: readonly Way[], direction: Direction): readonly Work[] {
  return ways.filter((way) => isSwapped(way, direction) && isValidated(way, direction)).map(countWork);
}

/** @param atOnce how many keys of one parent share their locks; null: all keys share them */
export function swaps(
  ways: readonly Way[],
  direction: Direction,
  schema: SchemaIndex,
  atOnce: number | null,
): readonly Work[] {
  const swapped = ways.filter((way) => isSwapped(way, direction));
  return momentsOf(swapped, atOnce).flatMap((moment) =>
    underSameLocks(moment.map((way) => swapWork(way, schema))),
  );
}

export function validates(ways: readonly Way[], direction: Direction): readonly Work[] {
  return ways.filter((way) => isValidated(way, direction)).map(validateWork);
}

/** A half-done key may have its new action already. */
export function isSwapped({ begun, from, to }: Way, direction: Direction): boolean {
  return direction === 'down' || begun === null || !sameClause(from, to);
}

function countWork(way: Way): Work {
  const { key } = way;
  const query = orphanQuery(key);
  const pairs = key.parentColumns.map(
    (column, place) => ddl.sql`parent.${ddl.id(column)} = child.${ddl.id(key.columns[place] ?? column)}`,
  );
  return {
    sql: ddl.text(
      ddl.sql`SELECT count(*) FROM ${query.from}${ddl.join(pairs, ' AND ')} WHERE ${query.where}`,
    ),
    comment: `${labelOf(way)}: are there rows without a parent?`,
    locks: countLocks(key),
    scans: sameTable(key.child, key.parent) ? [key.child] : [key.child, key.parent],
  };
}

function swapWork(way: Way, schema: SchemaIndex): Work {
  const { key, to } = way;
  const added = addedKey(key, to, schema.table(key.parent)) + (key.enforced ? ' NOT VALID' : '');
  return {
    sql: swapSql(key, added),
    comment: `${labelOf(way)}: ON DELETE ${action(to)}, enforced at once`,
    locks: swapLocks(key),
    scans: [],
  };
}

/** The key dropped and added in one statement, as people read it. */
export function swapSql(key: ForeignKey, added: string): string {
  const name = ddl.id(nameOf(key));
  return ddl.text(
    ddl.sql`ALTER TABLE ${tree(key, 'child')}\n  DROP CONSTRAINT ${name},\n  ADD CONSTRAINT ${name} ${ddl.raw(added)}`,
  );
}

function validateWork(way: Way): Work {
  const { key } = way;
  return {
    sql: ddl.text(ddl.sql`ALTER TABLE ${tree(key, 'child')} VALIDATE CONSTRAINT ${ddl.id(nameOf(key))}`),
    comment: `${labelOf(way)}: the old rows are checked; reads and writes go on`,
    locks: validateLocks(key),
    scans: [key.child],
  };
}

/** `fk on shop.items` */
export function labelOf({ key }: Way): string {
  return `${nameOf(key)} on ${tableText(key.child)}`;
}

/** The keys that share a moment of locks; those of a parent lie together. */
function momentsOf(ways: readonly Way[], atOnce: number | null): readonly (readonly Way[])[] {
  if (atOnce === null) return [ways];
  const byParent = [...groupBy(ways, ({ key }) => tableId(key.parent)).values()];
  return byParent.flatMap((ofParent) =>
    Array.from({ length: Math.ceil(ofParent.length / atOnce) }, (_, at) =>
      ofParent.slice(at * atOnce, (at + 1) * atOnce),
    ),
  );
}

/** Each declares the locks that those before it do not hold already. */
function underSameLocks(moment: readonly Work[]): readonly Work[] {
  const held = new Set<string>();
  return moment.map((work) => {
    const locks = work.locks.filter((lock) => !held.has(lockedText(lock)));
    for (const lock of locks) held.add(lockedText(lock));
    return { ...work, locks };
  });
}

/** Whether a key is validated on its way; else it is only swapped. */
export function isValidated({ key, begun }: Way, direction: Direction): boolean {
  return !staysNotValid(key) && (direction === 'up' || begun === null);
}
