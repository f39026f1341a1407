/**
 * How an ON DELETE action is changed on PostgreSQL without a moment in which the key is not enforced.
 *
 *   check     up:   count the rows that point to no parent; stop if there are any        (reads only)
 *             down: VALIDATE CONSTRAINT                                                  (weak locks, scans)
 *   swap      up:   ALTER TABLE child DROP CONSTRAINT x, ADD CONSTRAINT x … NOT VALID    (strong locks, a few ms, no scan)
 *             down: the same with the old action
 *   validate  up:   VALIDATE CONSTRAINT                                                  (weak locks, scans)
 *             down: nothing
 *
 * DROP and ADD in one ALTER are atomic, and a NOT VALID key is enforced for everything that happens from then on, on old
 * rows too: NOT VALID says only that old rows were not looked at again. Both directions swap first and scan later, each
 * in a transaction of its own, so no strong lock is held during a scan (measured with 3M rows: 4 ms instead of 1.6 s).
 *
 * Between swap and validate the key carries a mark in its comment (mark.ts), so every block knows where it stands:
 *
 *   before ──swap──▶ middle ──validate──▶ after        middle: new action, NOT VALID, marked
 *   before ◀──check── back ◀───swap─── after           back:   old action, NOT VALID, marked
 *
 * Keys that are NOT VALID or NOT ENFORCED as they stand are swapped only. Partitioned children before 18, which know no
 * NOT VALID key, go another way: partitions.ts.
 */
import type { Capabilities, Emit } from '../../../src/core/contracts/engine.ts';
import {
  tableId,
  type Change,
  type ForeignKey,
  type Snapshot,
  type Statement,
  type Step,
} from '../../../src/core/model.ts';
import type { Fragment } from '../../sql/ddl.ts';
import { boundWeakWait, doBlock, keyLabel, nameOf, tree, tries } from './block.ts';
import {
  addedClause,
  ddl,
  pathOf,
  restsOnPrimaryKey,
  validity,
  type KeyState,
  type Path,
} from './key-sql.ts';
import { writtenWhenRead } from '../../sql/statement.ts';
import { swapLocks, takeLocks, validateLocks } from './locks.ts';
import { countOrphans } from './orphan-check.ts';
import { partitionSteps } from './partitioned.ts';
import { keepComment, keepCopies, keepTriggers, superuserOnly } from './preserve.ts';
import { skip, step, type StepParts } from './steps.ts';

/** Pure: the steps for changes that were judged possible, one set of steps per pair of child and parent. */
export const emit: Emit = (changes, context) =>
  groups(changes).flatMap((group) => {
    if (!group.some((change) => needsTwins(change.foreignKey, context.capabilities)))
      return plainSteps(group, context.snapshot);
    const byTwins = group.filter((change) => needsTwins(change.foreignKey, context.capabilities));
    const plain = group.filter((change) => !needsTwins(change.foreignKey, context.capabilities));
    return [
      ...plainSteps(plain, context.snapshot),
      ...byTwins.flatMap((change) => partitionSteps(change, context.snapshot)),
    ];
  });

/** Locks add up within a transaction, so only keys that need locks on the very same tables share one. */
function groups(changes: readonly Change[]): readonly (readonly Change[])[] {
  const byTables = new Map<string, Change[]>();
  for (const change of changes) {
    const { child, parent } = change.foreignKey;
    const id = `${tableId(child)}\0${tableId(parent)}`;
    const group = byTables.get(id);
    if (group === undefined) byTables.set(id, [change]);
    else group.push(change);
  }
  return [...byTables.values()];
}

function needsTwins(key: ForeignKey, capabilities: Capabilities): boolean {
  return key.childPartitioned && capabilities['notValidOnPartitioned']?.has !== true;
}

function plainSteps(changes: readonly Change[], snapshot: Snapshot): readonly Step[] {
  const keys = changes.map((change) => change.foreignKey);
  // Key by key: the blocks of one key share what is made of it (ofKey).
  const blocks = changes.map((change) => {
    const path = pathOf(change.foreignKey, change.from, change.to);
    return {
      check: checkBlocks(change, path),
      swap: swapBlocks(change, path, snapshot),
      validate: validateBlocks(change, path),
    };
  });
  return [
    step(
      'check',
      'Check: count the rows that point to no parent, before anything is changed',
      keys,
      false,
      blocks.map((own) => own.check),
    ),
    step(
      'swap',
      'Swap: drop the key and add it with the new action, in one statement',
      keys,
      true,
      blocks.map((own) => own.swap),
    ),
    step(
      'validate',
      'Validate: look at the old rows again, while reads and writes go on',
      keys,
      true,
      blocks.map((own) => own.validate),
    ),
  ].flat();
}

function checkBlocks({ foreignKey: key }: Change, path: Path): StepParts {
  return {
    up:
      path.middle === path.after || path.before === path.middle
        ? skip('there is no swap that orphans could get in the way of')
        : () => countOrphans(key, path),
    down:
      path.before === path.back
        ? skip('the key was not validated before, so it is not validated again')
        : () => validate(key, path.back, path.before),
  };
}

function swapBlocks({ foreignKey: key }: Change, path: Path, snapshot: Snapshot): StepParts {
  return {
    up:
      path.before === path.middle
        ? skip('the key has its new action already')
        : () => swap(key, [path.before, path.back], [path.middle, path.after], path.middle, snapshot),
    down: () => swap(key, [path.after, path.middle], [path.back, path.before], path.back, snapshot),
  };
}

function validateBlocks({ foreignKey: key }: Change, path: Path): StepParts {
  return {
    up:
      path.middle === path.after
        ? skip('the key stays NOT VALID as it was')
        : () => validate(key, path.middle, path.after),
    down: skip('the swap comes first on the way down as well; the scan follows it'),
  };
}

function swap(
  key: ForeignKey,
  ready: readonly KeyState[],
  done: readonly KeyState[],
  goal: KeyState,
  snapshot: Snapshot,
): Statement {
  return writtenWhenRead(
    {
      comment: `${keyLabel(key)}: ON DELETE ${goal.clause.onDelete}, enforced at once`,
      locks: swapLocks(key),
      scans: noTable,
    },
    {
      sql: () => {
        const copies = keepCopies(key);
        const work = swapWork(key, goal, replace(key, goal, snapshot, inBlock), copies);
        return doBlock({ key, ready, done, takes: 'swap', declare: copies.declare, work });
      },
      heart: () => ddl.text(replace(key, goal, snapshot, inPreview)),
    },
  );
}

function replace(key: ForeignKey, goal: KeyState, snapshot: Snapshot, indent: Fragment): Fragment {
  const name = ddl.id(nameOf(key));
  const added = addedClause(key, goal.clause, restsOnPrimaryKey(key, snapshot)) + validity(key, goal);
  return ddl.sql`ALTER TABLE ${tree(key, 'child')}${indent}DROP CONSTRAINT ${name},${indent}ADD CONSTRAINT ${name} ${ddl.raw(added)}`;
}

function swapWork(
  key: ForeignKey,
  goal: KeyState,
  alter: Fragment,
  copies: ReturnType<typeof keepCopies>,
): Fragment {
  const work = ddl.sql`${takeLocks(key)}${copies.read}
        ${alter};
        IF (SELECT conindid FROM pg_constraint WHERE conrelid = child AND conname = key_name) <> key.conindid THEN
          RAISE object_not_in_prerequisite_state USING MESSAGE = format('ondelete: %s would come to rest on another index of %s; nothing was changed', key_name, parent);
        END IF;${keepComment(goal)}${keepTriggers(key)}${copies.restore}`;
  return ddl.sql`${superuserOnly(key)}${tries('strong', work)}`;
}

const inBlock = ddl.raw('\n          ');
const inPreview = ddl.raw('\n  ');

function validate(key: ForeignKey, from: KeyState, goal: KeyState): Statement {
  return writtenWhenRead(
    {
      comment: `${keyLabel(key)}: the old rows are checked; reads and writes go on`,
      locks: validateLocks(key),
      scans: [key.child],
    },
    {
      sql: () => {
        const work = validateWork(key, goal);
        return doBlock({ key, ready: [from], done: [goal], takes: 'scan', declare: nothingMore, work });
      },
      heart: () => ddl.text(lookAgain(key)),
    },
  );
}

function validateWork(key: ForeignKey, goal: KeyState): Fragment {
  return tries(
    'weak',
    ddl.sql`${boundWeakWait}
        ${lookAgain(key)};${keepComment(goal)}`,
  );
}

function lookAgain(key: ForeignKey): Fragment {
  return ddl.sql`ALTER TABLE ${tree(key, 'child')} VALIDATE CONSTRAINT ${ddl.id(nameOf(key))}`;
}

const noTable = [] as const;
const nothingMore = ddl.raw('');
