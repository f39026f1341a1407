/** Questions that may take so long and no longer. */
import type { Probed } from '../../../src/core/contracts/probe.ts';
import { causeOf, codeOf, messageOf } from '../../../src/core/errors.ts';

/** Of one question among many: why there is no answer, so that the others are told. */
export function why(error: unknown): string {
  const cause = causeOf(error);
  return codeOf(cause) === '57014' ? 'the time was up' : messageOf(cause);
}

/** An answer that did not come in time, or that the user may not have, is no failure. */
export async function answer<T>(
  ask: () => Promise<Probed<T>>,
  isAnswer: readonly string[] = ['57014', '42501', '55P03'],
): Promise<Probed<T>> {
  try {
    return await ask();
  } catch (error) {
    if (isAnswer.includes(codeOf(causeOf(error)))) return { known: false, why: why(error) };
    throw error;
  }
}
