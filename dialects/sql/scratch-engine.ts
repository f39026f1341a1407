/** What is proven on one engine says nothing of another that speaks the same protocol. */
import { OndeleteError } from '../../src/core/errors.ts';
import type { Server } from '../../src/core/model.ts';
import { unprovenEngine } from '../../src/core/unproven.ts';

type Described = Pick<Server, 'product' | 'settings'>;

/** @param target what is to be changed @param scratch where it is rehearsed; null where none is named */
export function requireSameEngine(target: Described, scratch: Described | null): void {
  const engine = unprovenEngine(target);
  if (engine === 'Aurora DSQL')
    throw new OndeleteError(
      'SCRATCH_MISSING',
      'Aurora DSQL has one database in a cluster and no SAVEPOINT, so nothing can be rehearsed there',
      'Prove the files by hand, on a cluster of your own that holds nothing of value: docs/engines.md.',
    );
  if (engine === (scratch === null ? null : unprovenEngine(scratch))) return;
  if (scratch === null)
    throw new OndeleteError(
      'SCRATCH_MISSING',
      `no server is named on which a scratch database of ${target.product} can be made`,
      `Name a cluster of your own with --scratch URL: only ${engine ?? target.product} itself proves anything.`,
    );
  throw new OndeleteError(
    'USAGE',
    `the scratch server is ${scratch.product}, and the database ${target.product}`,
    'Name a scratch server of the same kind.',
  );
}
