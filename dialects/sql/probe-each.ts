/** One live question for each of many keys or tables, all at once; what is known already is not asked. */
import type { Probed } from '../../src/core/contracts/probe.ts';
import type { Row } from '../../src/core/contracts/connection.ts';
import type { Question, ServerSession } from './session.ts';

interface Asking<Item, T> {
  /** What to ask about an item, or the answer where nothing has to be asked. */
  readonly ask: (item: Item, place: number) => Question | Probed<T>;
  readonly read: (rows: readonly Row[], item: Item) => T;
  /** In words, why the server gave no answer. */
  readonly why: (error: unknown) => string;
}

/** @returns an answer for each item, in order; a question that fails is an answer as well */
export async function probeEach<Item, T>(
  session: ServerSession,
  items: readonly Item[],
  milliseconds: number,
  { ask, read, why }: Asking<Item, T>,
): Promise<readonly Probed<T>[]> {
  const asked = items.map(ask);
  const questions = asked.filter((one): one is Question => 'sql' in one);
  const answers = (await session.queryAll(questions, milliseconds)).values();
  return items.map((item, at): Probed<T> => {
    const one = asked[at];
    if (one !== undefined && 'known' in one) return one;
    const answer = answers.next().value;
    return answer?.status === 'fulfilled'
      ? { known: true, value: read(answer.value, item) }
      : { known: false, why: why(answer?.reason) };
  });
}
