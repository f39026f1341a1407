/** What a statement does, key by key, as reports show it: without the checks and tries around it. */
import { groupBy } from '../../../src/core/group-by.ts';
import { lockedText } from '../../../src/core/locks.ts';
import { sameTable, tableId, tableText } from '../../../src/core/names.ts';
import type { Direction, ForeignKey, Operation } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { action, addedKey, ddl, nameOf, staysNotValid, tree } from '../key-sql.ts';
import { countLocks, swapLocks, validateLocks } from './locks.ts';
import { orphanQuery } from '../orphans.ts';
import type { DirectedChange } from './key-rows.ts';
import { sameClause } from '../half-done-mark.ts';

export function counts(directed: readonly DirectedChange[], direction: Direction): readonly Operation[] {
  return directed
    .filter((change) => isSwapped(change, direction) && isValidated(change, direction))
    .map(countOperation);
}

/** @param atOnce how many keys of one parent share their locks; null: all keys share them */
export function swaps(
  directed: readonly DirectedChange[],
  direction: Direction,
  schema: SchemaIndex,
  atOnce: number | null,
): readonly Operation[] {
  const swapped = directed.filter((change) => isSwapped(change, direction));
  return momentsOf(swapped, atOnce).flatMap((moment) =>
    underSameLocks(moment.map((change) => swapOperation(change, schema))),
  );
}

export function validates(directed: readonly DirectedChange[], direction: Direction): readonly Operation[] {
  return directed.filter((change) => isValidated(change, direction)).map(validateOperation);
}

/** A half-done key may have its new action already. */
export function isSwapped({ halfDoneFrom, from, to }: DirectedChange, direction: Direction): boolean {
  return direction === 'down' || halfDoneFrom === null || !sameClause(from, to);
}

function countOperation(change: DirectedChange): Operation {
  const { key } = change;
  const query = orphanQuery(key);
  // printed, never run: probe and block compare with the key's own operators
  const pairs = key.parentColumns.map(
    (column, place) => ddl.sql`parent.${ddl.id(column)} = child.${ddl.id(key.columns[place] ?? column)}`,
  );
  return {
    sql: ddl.text(
      ddl.sql`SELECT count(*) FROM ${query.from}${ddl.join(pairs, ' AND ')} WHERE ${query.where}`,
    ),
    comment: `${labelOf(change)}: are there rows without a parent?`,
    locks: countLocks(key),
    scans: sameTable(key.child, key.parent) ? [key.child] : [key.child, key.parent],
  };
}

function swapOperation(change: DirectedChange, schema: SchemaIndex): Operation {
  const { key, to } = change;
  const added = addedKey(key, to, schema.table(key.parent)) + (key.enforced ? ' NOT VALID' : '');
  return {
    sql: swapSql(key, added),
    comment: `${labelOf(change)}: ON DELETE ${action(to)}, enforced at once`,
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

function validateOperation(change: DirectedChange): Operation {
  const { key } = change;
  return {
    sql: ddl.text(ddl.sql`ALTER TABLE ${tree(key, 'child')} VALIDATE CONSTRAINT ${ddl.id(nameOf(key))}`),
    comment: `${labelOf(change)}: the old rows are checked; reads and writes go on`,
    locks: validateLocks(key),
    scans: [key.child],
  };
}

/** `fk on shop.items` */
export function labelOf({ key }: DirectedChange): string {
  return `${nameOf(key)} on ${tableText(key.child)}`;
}

/** The keys that share a moment of locks. Needs the order of index.ts: keys of one parent next to each other. */
function momentsOf(
  directed: readonly DirectedChange[],
  atOnce: number | null,
): readonly (readonly DirectedChange[])[] {
  if (atOnce === null) return [directed];
  const byParent = [...groupBy(directed, ({ key }) => tableId(key.parent)).values()];
  return byParent.flatMap((ofParent) =>
    Array.from({ length: Math.ceil(ofParent.length / atOnce) }, (_, at) =>
      ofParent.slice(at * atOnce, (at + 1) * atOnce),
    ),
  );
}

/** Each declares the locks that those before it do not hold already. */
function underSameLocks(moment: readonly Operation[]): readonly Operation[] {
  const held = new Set<string>();
  return moment.map((operation) => {
    const locks = operation.locks.filter((lock) => !held.has(lockedText(lock)));
    for (const lock of locks) held.add(lockedText(lock));
    return { ...operation, locks };
  });
}

/** Whether a key is validated on its way; else it is only swapped. */
export function isValidated({ key, halfDoneFrom }: DirectedChange, direction: Direction): boolean {
  return !staysNotValid(key) && (direction === 'up' || halfDoneFrom === null);
}
