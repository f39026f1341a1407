/** The read-only session inside a connection; an engine adds what its driver can do beyond this. */
import type { Connection, Row } from '../../src/core/contracts/connection.ts';

export type Session = Pick<Connection, 'query' | 'close'>;

export interface Question {
  /** One statement that gives rows. */
  readonly sql: string;
  readonly parameters?: readonly unknown[];
}

/** The rows, or the error that the server gave instead. */
export type Answer = PromiseSettledResult<readonly Row[]>;

/** A session of a server, which may be far away. */
export interface ServerSession extends Session {
  /**
   * Many questions at once: in one round trip, as far as none fails. A question that fails leaves the others alone.
   * None takes more than a tenth of the time that is left, so one large table does not take it from the others.
   * The texts are our own; what a user has written is asked with `query`.
   * @returns an answer for each, in order
   * @throws where the connection breaks
   */
  queryAll(questions: readonly Question[], milliseconds: number): Promise<readonly Answer[]>;
}

/** `queryAll` where nobody waits for a network: one after the other, without a bound in time. */
export function inTurn(query: Session['query']): ServerSession['queryAll'] {
  return async (questions) => {
    const answers: Answer[] = [];
    for (const { sql, parameters } of questions)
      answers.push(...(await Promise.allSettled([query(sql, parameters)])));
    return answers;
  };
}

/** For questions about the server itself: a minute for each, and nobody waits for more than a few. */
export const longest = 600_000;

/** The rows of an answer. @throws the error that came instead */
export function rowsOf(answer: Answer | undefined): readonly Row[] {
  if (answer?.status === 'fulfilled') return answer.value;
  throw answer?.reason;
}
