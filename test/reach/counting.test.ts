// What reach --where does when the time is up.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { countRows } from '../../src/commands/shared/count-rows.ts';
import type { Context } from '../../src/commands/shared/options.ts';
import { openDatabase, type SchemaSource } from '../../src/schema-source.ts';
import type { Connection } from '../../src/core/contracts/connection.ts';
import type { Probe } from '../../src/core/contracts/probe.ts';
import { countText, incompleteText } from '../../src/reach/count.ts';
import { reach } from '../../src/reach/index.ts';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

let place: Project;
let source: SchemaSource;
beforeAll(async () => {
  place = openProject(ondelete);
  place.sqlite(`
    CREATE TABLE a (id INTEGER PRIMARY KEY);
    CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a (id) ON DELETE CASCADE);
    CREATE TABLE c (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b (id) ON DELETE CASCADE);
    INSERT INTO a VALUES (1);
    INSERT INTO b VALUES (1, 1), (2, 1);
    INSERT INTO c VALUES (1, 1);`);
  source = await openDatabase(place.path('shop.db'), () => ({ schemas: null }));
});
afterAll(async () => {
  await source.close();
  place.remove();
});

const start = { schema: 'main', name: 'a' };

/** Answers so many questions, then says that the time is up. */
async function answering(questions: number): Promise<Connection> {
  const connection = liveConnection();
  const probe = await connection.probe();
  let asked = 0;
  const count: Probe['count'] = (...question) =>
    ++asked > questions
      ? Promise.resolve({ known: false, why: 'the time was up' })
      : probe.count(...question);
  return { ...connection, probe: () => Promise.resolve({ ...probe, count }) };
}

function liveConnection(): Connection {
  if (source.connection === null) throw new Error('no connection');
  return source.connection;
}

async function counted(questions: number, bars: string[]) {
  const context: Pick<Context, 'progress'> = { progress: (text) => void bars.push(text) };
  const connection = await answering(questions);
  return countRows({ ...source, connection }, start, 'id = 1', 30, context as Context);
}

test('all is counted, nearer tables first, behind a bar that goes away', async () => {
  const bars: string[] = [];
  const all = await counted(9, bars);
  const { touched } = reach(source.snapshot, start, source.engine);
  expect(incompleteText(all)).toBeNull();
  expect(touched.map((one) => countText(all, one))).toEqual(['2 rows', '1 row']);
  expect(bars).toEqual([expect.stringContaining('0 of 2'), expect.stringContaining('1 of 2'), '']);
});

test('what was counted before the time was up is reported as a lower bound', async () => {
  const part = await counted(1, []);
  const { touched } = reach(source.snapshot, start, source.engine);
  expect(touched.map((one) => countText(part, one))).toEqual(['at least 2 rows', 'not counted']);
  expect(incompleteText(part)).toContain('The 30 seconds were up: rows one key away are counted');
});

test('nothing counted is an error with the reason', async () => {
  await expect(counted(0, [])).rejects.toMatchObject({
    code: 'QUERY_FAILED',
    message: expect.stringContaining('the time was up'),
  });
});

test('a statement on SQLite ends when its time is up', async () => {
  const request = { schema: source.schema, start, where: 'id = 1', edges: [] };
  expect(await (await liveConnection().probe()).count(request, -1)).toEqual({
    known: false,
    why: 'the time was up',
  });
});
