/** From the blocks of several keys to one step: a transaction with statement_timeout off, put back at its end. */
import type { ForeignKey, Side, Statement, Step } from '../../../src/core/model.ts';
import { madeWhenRead } from '../../sql/statement.ts';

/** What one step does for one key, in both directions: what makes the statement when it is read, or why there is nothing to do. */
export interface StepParts {
  readonly up: Make | Skip;
  readonly down: Make | Skip;
}
type Make = () => Statement;
export interface Skip {
  readonly reason: string;
}

export function skip(reason: string): Skip {
  return { reason };
}

const transaction = { begin: 'BEGIN', commit: 'COMMIT', rollback: 'ROLLBACK' };

/** One step, or none if neither direction has anything to do. */
export function step(
  slug: string,
  title: string,
  keys: readonly ForeignKey[],
  alone: boolean,
  blocks: readonly StepParts[],
): readonly Step[] {
  const up = side(blocks.map((block) => block.up));
  const down = side(blocks.map((block) => block.down));
  if (up.kind === 'nothing' && down.kind === 'nothing') return [];
  return [{ slug, title, keys, transaction, alone, up, down }];
}

const none = [] as const;

// The blocks wait for locks and try again by themselves: PL/pgSQL can, so every runner may.
const runner = { always: none, retry: null, fallback: none };

function side(work: readonly (Make | Skip)[]): Side {
  if (work.some((one) => typeof one === 'function')) {
    return madeWhenRead(runner, () => [
      unlimited,
      ...work.flatMap((one) => (typeof one === 'function' ? [one()] : [])),
      limited,
    ]);
  }
  const reasons = work.filter((one) => typeof one === 'object').map((one) => one.reason);
  return { kind: 'nothing', reason: [...new Set(reasons)].join('; ') };
}

/**
 * The clock of statement_timeout starts with the statement, so a DO block cannot stop its own: it is set in a statement before.
 * A runner may share the transaction among files, so SET LOCAL would outlive the step: a setting of our own, local too, keeps the value.
 */
const unlimited: Statement = {
  sql: `DO $ondelete$
BEGIN
  PERFORM set_config('ondelete.statement_timeout', current_setting('statement_timeout'), true), set_config('statement_timeout', '0', true);
END
$ondelete$`,
  comment: 'a scan takes as long as it takes; locks are bounded in the block itself',
  locks: [],
  scans: [],
};
const limited: Statement = {
  sql: `DO $ondelete$
BEGIN
  PERFORM set_config('statement_timeout', coalesce(nullif(current_setting('ondelete.statement_timeout', true), ''), current_setting('statement_timeout')), true);
END
$ondelete$`,
  comment: 'statement_timeout as it was',
  locks: [],
  scans: [],
};
