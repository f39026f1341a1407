/** The three steps of one key that can be NOT VALID: check, swap, validate; index.ts tells their story. */
import type { Change, Side, Statement, Step } from '../../../src/core/model.ts';
import { addedClause, ddl, type KeySql, type KeyState, type Path, pathOf, validity } from './key-sql.ts';
import { boundWeakWait, doBlock, statementOf, tries } from './block.ts';
import { swapLocks, takeLocks, validateLocks } from './locks.ts';
import { countOrphans } from './orphan-check.ts';
import { keepComment, keepCopies, keepTriggers, superuserOnly } from './preserve.ts';

/** What one step does for one key, in both directions: a statement, or why there is none. */
export interface KeyStep extends Pick<Step, 'slug' | 'title' | 'alone'> {
  readonly up: Statement | Skip;
  readonly down: Statement | Skip;
}
export type Skip = Extract<Side, { readonly kind: 'nothing' }>;

export function skip(reason: string): Skip {
  return { kind: 'nothing', reason };
}

export function swapSteps({ from, to }: Change, sql: KeySql): readonly KeyStep[] {
  const path = pathOf(sql, from, to);
  return [checkStep(sql, path), swapStep(sql, path), validateStep(sql, path)];
}

function checkStep(sql: KeySql, path: Path): KeyStep {
  return {
    slug: 'check',
    title: 'Check: count the rows that point to no parent, before anything is changed',
    alone: false,
    up:
      path.middle === path.after || path.before === path.middle
        ? skip('no key is replaced, so orphans cannot stop anything')
        : countOrphans(sql, path),
    down:
      path.before === path.back
        ? skip('the key was not validated before, so it is not validated again')
        : validate(sql, path.back, path.before),
  };
}

function swapStep(sql: KeySql, path: Path): KeyStep {
  return {
    slug: 'swap',
    title: 'Swap: drop the key and add it with the new action, in one statement',
    alone: true,
    up:
      path.before === path.middle
        ? skip('the key has its new action already')
        : swap(sql, [path.before, path.back], [path.middle, path.after]),
    down: swap(sql, [path.after, path.middle], [path.back, path.before]),
  };
}

function validateStep(sql: KeySql, path: Path): KeyStep {
  return {
    slug: 'validate',
    title: 'Validate: look at the old rows again, while reads and writes go on',
    alone: true,
    up:
      path.middle === path.after
        ? skip('the key stays NOT VALID as it was')
        : validate(sql, path.middle, path.after),
    down: skip('the down migration validates in the step “Check”'),
  };
}

/** @param done the first is where the swap leads to */
function swap(sql: KeySql, ready: readonly KeyState[], done: readonly [KeyState, KeyState]): Statement {
  const { key, name } = sql;
  const [goal] = done;
  const added = ddl.raw(addedClause(sql, goal.clause) + validity(key, goal.validated));
  const alter = (indent: string): string =>
    ddl.text(
      ddl.sql`ALTER TABLE ${sql.child}${ddl.raw(indent)}DROP CONSTRAINT ${name},${ddl.raw(indent)}ADD CONSTRAINT ${name} ${added}`,
    );
  const copies = keepCopies(key);
  const work = ddl.sql`${takeLocks(sql)}${copies.read}
        ${ddl.raw(alter('\n          '))};
        IF (SELECT conindid FROM pg_constraint WHERE conrelid = child AND conname = key_name) <> key.conindid THEN
          RAISE object_not_in_prerequisite_state USING MESSAGE = format('ondelete: %s would come to rest on another index of %s; nothing was changed', key_name, parent);
        END IF;${keepComment(goal)}${keepTriggers(key)}${copies.restore}`;
  return statementOf(
    doBlock({
      sql,
      ready,
      done,
      takes: 'swap',
      declare: copies.declare,
      work: ddl.sql`${superuserOnly(key)}${tries('strong', work)}`,
    }),
    {
      comment: `${sql.label}: ON DELETE ${goal.clause.onDelete}, enforced at once`,
      sql: alter('\n  '),
      locks: swapLocks(key),
      scans: [],
    },
  );
}

function validate(sql: KeySql, from: KeyState, goal: KeyState): Statement {
  const alter = ddl.sql`ALTER TABLE ${sql.child} VALIDATE CONSTRAINT ${sql.name}`;
  const work = tries(
    'weak',
    ddl.sql`${boundWeakWait}
        ${alter};${keepComment(goal)}`,
  );
  return statementOf(
    doBlock({ sql, ready: [from], done: [goal], takes: 'scan', declare: ddl.raw(''), work }),
    {
      comment: `${sql.label}: the old rows are checked; reads and writes go on`,
      sql: ddl.text(alter),
      locks: validateLocks(sql.key),
      scans: [sql.key.child],
    },
  );
}
