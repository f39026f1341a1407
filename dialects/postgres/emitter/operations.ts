/** The operations of a key, one by one: reports print them, and --plain runs them (but for the count). */
import { groupBy } from '../../../src/core/group-by.ts';
import { lockedText } from '../../../src/core/locks.ts';
import { identicalClause, sameTable, tableId, tableText } from '../../../src/core/names.ts';
import type { Direction, ForeignKey, Operation } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { action, addedKey, ddl, nameOf, tree } from '../key-sql.ts';
import { countLocks, secondLocks, secondScanLocks, swapLocks, validateLocks } from './locks.ts';
import { orphanQuery } from '../orphans.ts';
import { type DirectedChange, isSwapped, isValidated } from './directed-change.ts';

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
function swapSql(key: ForeignKey, added: string): string {
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

export type PartitionPhase = 'check' | 'second' | 'scan' | 'attach' | 'second again';

/** @param phase of partitioned.ts */
export function partitionOperations(
  phase: PartitionPhase,
  directed: readonly DirectedChange[],
  direction: Direction,
  schema: SchemaIndex,
): readonly Operation[] {
  const added = ({ key, to }: DirectedChange): string => addedKey(key, to, schema.table(key.parent));
  const onPartitions = (
    change: DirectedChange,
    comment: string,
    sql: string,
  ): Pick<Operation, 'comment' | 'sql'> => ({
    comment: `${labelOf(change)}: ${comment}`,
    sql: `-- for every partition\nALTER TABLE … ${sql}`,
  });
  switch (phase) {
    case 'check':
      return counts(directed, direction);
    case 'scan':
      return directed.map((change) => ({
        ...onPartitions(
          change,
          'the rows of every partition are checked; reads and writes go on',
          'VALIDATE CONSTRAINT …',
        ),
        locks: secondScanLocks(change.key),
        scans: [change.key.child],
      }));
    case 'attach':
      return directed.map((change) => ({
        comment: `${labelOf(change)}: ON DELETE ${action(change.to)}, from the second keys of the partitions; nothing is scanned`,
        sql: swapSql(change.key, added(change)),
        locks: swapLocks(change.key),
        scans: [],
      }));
    case 'second':
    case 'second again':
      return directed.flatMap((change) => {
        const { key } = change;
        const to = phase === 'second' ? change.to : key.halfDone?.to;
        if (to === undefined) return [];
        const replaces =
          direction === 'up' &&
          phase === 'second' &&
          key.halfDone !== null &&
          !identicalClause(key.halfDone.to, to);
        return [
          {
            ...onPartitions(
              change,
              `every partition gets a second key with ON DELETE ${action(to)}`,
              `ADD CONSTRAINT … ${added({ ...change, to })} NOT VALID`,
            ),
            locks: secondLocks(key, replaces ? 'others stand' : 'none stands'),
            scans: [],
          },
        ];
      });
  }
}

/** `fk on shop.items` */
function labelOf({ key }: DirectedChange): string {
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
