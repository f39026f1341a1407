/** Questions that may take so long and no longer. */
import type { Probed } from '../../../src/core/contracts/probe.ts';
import { codeOf, messageOf } from '../../../src/core/errors.ts';
import type { Fragment } from '../../sql/ddl.ts';
import { serverError } from '../connection/errors.ts';

/**
 * How an engine bounds one SELECT: MAX_EXECUTION_TIME ends in error 3024, max_statement_time in 1969 (measured). The bound in time is the
 * only one: a recursive query may go as deep as the rows do.
 */
export type Bound = (select: Fragment, milliseconds: number) => Fragment;

/** The answer, or why the server gave none. @throws what is no error of a server */
export async function bounded<T>(
  work: () => Promise<T>,
  isFailure: readonly string[] = ['USAGE'],
): Promise<Probed<T>> {
  try {
    return { known: true, value: await work() };
  } catch (error) {
    if (isFailure.includes(codeOf(error)) || serverError(error) === 0) throw error;
    return { known: false, why: why(error) };
  }
}

/** Why the server gave no answer. */
export function why(error: unknown): string {
  const number = serverError(error);
  if (number === 3024 || number === 1969) return 'the time was up';
  if (number === 1142 || number === 1143) return 'the user may not SELECT from both tables';
  return number === 1146 ? 'a table does not exist' : messageOf(error);
}
