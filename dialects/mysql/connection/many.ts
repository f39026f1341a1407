/**
 * Many questions in one message. The driver waits for an answer before it sends the next message, and a message of several statements ends
 * with the first that fails, so what stands behind it is sent again.
 */
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Row } from '../../../src/core/contracts/connection.ts';
import type { EngineName } from '../../../src/core/model.ts';
import type { Answer, Question, ServerSession, Session } from '../../sql/session.ts';

/** What statements gave until one failed, and why it did. */
export interface Results {
  readonly rows: readonly (readonly Row[])[];
  /** null where none failed. */
  readonly failure: { readonly error: unknown } | null;
}

/** Runs statements in order until one fails. @throws where the connection breaks */
export type RunMany = (questions: readonly Question[]) => Promise<Results>;

/** One after the other, for a server that lets in one session only. */
export function oneByOne(session: Session): RunMany {
  return async (questions) => {
    const rows: (readonly Row[])[] = [];
    for (const { sql, parameters } of questions) {
      try {
        rows.push(await session.query(sql, parameters));
      } catch (error) {
        return { rows, failure: { error } };
      }
    }
    return { rows, failure: null };
  };
}

/** https://dev.mysql.com/doc/refman/9.7/en/server-system-variables.html#sysvar_max_execution_time, https://mariadb.com/kb/en/server-system-variables/#max_statement_time */
const bounds = {
  mysql: { variable: 'max_execution_time', perSecond: 1000, least: 1 },
  mariadb: { variable: 'max_statement_time', perSecond: 1, least: 0.001 },
} as const;

/** `queryAll` of a session: each question stands behind a setting that bounds it, worked out by the server when its turn comes. */
export function queryAllWith(
  run: RunMany,
  flavor: EngineName & keyof typeof bounds,
): ServerSession['queryAll'] {
  const { least, perSecond, variable } = bounds[flavor];
  const setBound = (left: number): Question => {
    const seconds = `(${(left / 1000).toFixed(3)} - TIMESTAMPDIFF(MICROSECOND, @ondelete_began, UTC_TIMESTAMP(6)) / 1000000)`;
    const share = `GREATEST(${least}, ${seconds} * ${perSecond} / 10)`;
    // MySQL takes a whole number only.
    return { sql: `SET SESSION ${variable} = ${flavor === 'mysql' ? `CAST(${share} AS SIGNED)` : share}` };
  };
  return async (questions, milliseconds) => {
    if (questions.length === 0) return [];
    const until = Date.now() + milliseconds;
    const answers: Answer[] = [];
    for (let isSpoilt = true; isSpoilt;) {
      const left = until - Date.now();
      const asked = left > 0 ? questions.slice(answers.length) : [];
      const { failure, rows } = await run([
        { sql: 'SET @ondelete_began = UTC_TIMESTAMP(6)' },
        ...asked.flatMap((question) => [setBound(left), question]),
        { sql: `SET SESSION ${variable} = DEFAULT` },
      ]);
      // Behind the first, every other one is a question.
      const given = rows.slice(1).filter((_, at) => at % 2 === 1);
      for (const value of given) answers.push({ status: 'fulfilled', value });
      isSpoilt = failure !== null;
      if (failure === null) continue;
      if (asked.length === 0) throw failure.error;
      if (given.length < asked.length) answers.push({ status: 'rejected', reason: failure.error });
    }
    return questions.map((_, at) => answers[at] ?? { status: 'rejected', reason: timeIsUp });
  };
}

/** As the server says it, in the number of MySQL. */
const timeIsUp = new OndeleteError('QUERY_FAILED', 'the time was up', '', { errno: 3024 });
