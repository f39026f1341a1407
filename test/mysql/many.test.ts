// Many questions in one message: what is sent again behind a failure, and what is left of a session's settings.
import { expect, test } from '@jest/globals';
import { oneByOne, queryAllWith, type RunMany } from '../../dialects/mysql/connection/many.ts';

const refused = Object.assign(new Error('refused'), { errno: 1142 });

/** A server that refuses `no`, and the messages that it got. */
function server(): { readonly messages: string[][]; readonly run: RunMany } {
  const messages: string[][] = [];
  const run: RunMany = (questions) => {
    const texts = questions.map(({ sql }) => sql);
    messages.push(texts);
    const at = texts.indexOf('no');
    const done = at === -1 ? texts : texts.slice(0, at);
    return Promise.resolve({
      rows: done.map((text) => (text.startsWith('SET') ? [] : [{ said: text }])),
      failure: at === -1 ? null : { error: refused },
    });
  };
  return { messages, run };
}

const asked = (...texts: readonly string[]) => texts.map((sql) => ({ sql }));
const said = (text: string) => ({ status: 'fulfilled', value: [{ said: text }] });
const not = { status: 'rejected', reason: refused };

test('one message, as far as nothing fails; behind a failure one more', async () => {
  const { messages, run } = server();
  const queryAll = queryAllWith(run, 'mysql');
  expect(await queryAll(asked('a', 'b', 'c'), 1000)).toEqual(['a', 'b', 'c'].map(said));
  expect(messages).toHaveLength(1);
  expect(await queryAll(asked('a', 'no', 'c'), 1000)).toEqual([said('a'), not, said('c')]);
  expect(messages).toHaveLength(3);
  expect(await queryAll([], 1000)).toEqual([]);
  expect(messages).toHaveLength(3);
});

test('the last thing that a session hears takes the bound away, also behind a failure', async () => {
  for (const flavor of ['mysql', 'mariadb'] as const) {
    const { messages, run } = server();
    expect(await queryAllWith(run, flavor)(asked('a', 'no'), 1000)).toEqual([said('a'), not]);
    expect(messages.at(-1)?.at(-1)).toMatch(/^SET SESSION max_\w+ = DEFAULT$/);
  }
});

test('when the time is up nothing is asked any more, and every question has its answer', async () => {
  const { messages, run } = server();
  const answers = await queryAllWith(run, 'mariadb')(asked('a', 'b'), -1);
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(messages.flat().filter((text) => !text.startsWith('SET'))).toEqual([]);
});

test('a session of one statement at a time answers the same', async () => {
  const query = (sql: string) =>
    sql === 'no' ? Promise.reject(refused) : Promise.resolve(sql.startsWith('SET') ? [] : [{ said: sql }]);
  const run = oneByOne({ query, close: () => Promise.resolve() });
  expect(await queryAllWith(run, 'mysql')(asked('no', 'b', 'no'), 1000)).toEqual([not, said('b'), not]);
});
