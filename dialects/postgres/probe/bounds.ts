/** Questions that may take so long and no longer. */
import type { Probed } from '../../../src/core/contracts/probe.ts';
import { codeOf, messageOf } from '../../../src/core/errors.ts';

/** An answer that did not come in time, or that the user may not have, is no failure. */
export async function answer<T>(
  timeoutMilliseconds: number,
  ask: () => Promise<Probed<T>>,
): Promise<Probed<T>> {
  try {
    return await ask();
  } catch (error) {
    const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error;
    if (codeOf(cause) === '57014') return { known: false, why: `no answer within ${timeoutMilliseconds} ms` };
    if (codeOf(cause) === '42501' || codeOf(cause) === '55P03')
      return { known: false, why: messageOf(cause) };
    throw error;
  }
}
