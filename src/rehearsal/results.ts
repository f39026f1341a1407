/** What a rehearsal says about each key, and about all of them. Pure. */
import type { Change } from '../core/model.ts';
import type { Trial } from './trials.ts';

/** `not tried`: no delete was disproved, and at least one could not be tried. */
export type Result = 'proven' | 'disproved' | 'not tried';

/** The code of a gap in a proof, which `--allow` may accept. */
export const gapCode = 'NOT_TRIED';

/** The result of a rehearsal for one changed key. */
export interface KeyProof {
  readonly change: Change;
  readonly result: Result;
  readonly trials: readonly Trial[];
}

/** @param failed what failed for all keys together: `copy` before the files were run, `files` in or after them */
export function resultOf(trials: readonly Trial[], failed: 'copy' | 'files' | null): Result {
  if (failed === 'copy') return 'not tried';
  if (failed === 'files' || trials.some(({ verdict }) => verdict === 'differs')) return 'disproved';
  return trials.length > 0 && trials.every(({ verdict }) => verdict === 'as promised')
    ? 'proven'
    : 'not tried';
}

/** Whether every key is proven but for gaps that were accepted. */
export function isProven(
  { failures, keys }: { readonly failures: readonly string[]; readonly keys: readonly KeyProof[] },
  accepted: (change: Change) => boolean = () => false,
): boolean {
  return (
    failures.length === 0 &&
    keys.every(({ change, result }) => result === 'proven' || (result === 'not tried' && accepted(change)))
  );
}
