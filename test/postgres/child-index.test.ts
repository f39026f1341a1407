// Which indexes find the children of one parent: what is said of them, beside the plan that the server makes for its own query.
import { clause } from '../builders.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { expect, test } from '@jest/globals';
import { checkOnEveryEngine } from '../../src/diff/checks.ts';
import { describeServers } from '../servers/describe.ts';
import { openLab } from './lab.ts';

/** Behind `CREATE INDEX child_pid ON child `, and whether it serves pid -> parent. */
const indexes: readonly (readonly [definition: string, serves: boolean])[] = [
  ['(pid)', true],
  ['(pid DESC NULLS LAST)', true],
  ['(pid, other)', true],
  ['USING hash (pid)', true],
  ['(pid) WHERE pid IS NOT NULL', true],
  ['(pid) WHERE other IS NOT NULL', false],
  ['(pid) WHERE pid IS NOT NULL AND other IS NOT NULL', false],
  ['(pid) WHERE pid > 10', false],
  ['((pid + 0))', false],
  ['(other) INCLUDE (pid)', false],
  ['USING brin (pid)', false],
];

describeServers('postgres', (server) => {
  test('an index is said to serve where the server takes it', async () => {
    const lab = await openLab(
      server,
      `CREATE TABLE parent (id int PRIMARY KEY);
       INSERT INTO parent SELECT generate_series(1, 5000);
       CREATE TABLE child (id int, pid int REFERENCES parent ON DELETE CASCADE, other int);
       INSERT INTO child SELECT n, 1 + n * 7919 % 5000, n FROM generate_series(1, 20000) n;
       ANALYZE child;`,
    );
    try {
      const session = await lab.session();
      await session.query('SET plan_cache_mode = force_generic_plan');
      await session.query('PREPARE ask (int) AS DELETE FROM ONLY child WHERE $1 = pid');
      const found: unknown[] = [];
      for (const [definition] of indexes) {
        await lab.sql(`CREATE INDEX child_pid ON child ${definition}`);
        const snapshot = await lab.snapshot();
        const [key] = snapshot.foreignKeys;
        if (key === undefined) throw new Error('the key is gone');
        const told = checkOnEveryEngine(key, clause('NO ACTION'), schemaIndex(snapshot)).map(
          ({ code }) => code,
        );
        const plan = (await session.query('EXPLAIN EXECUTE ask (1)')).map((row) => String(row['QUERY PLAN']));
        found.push([
          definition,
          !told.includes('CHILD_INDEX_MISSING'),
          plan.join('\n').includes('child_pid'),
        ]);
        await lab.sql('DROP INDEX child_pid');
      }
      expect(found).toEqual(indexes.map(([definition, serves]) => [definition, serves, serves]));
    } finally {
      await lab.close();
    }
  });

  test('an index that was left invalid does not serve', async () => {
    const lab = await openLab(
      server,
      `CREATE TABLE parent (id int PRIMARY KEY);
       INSERT INTO parent VALUES (1);
       CREATE TABLE child (id int, pid int REFERENCES parent);
       INSERT INTO child VALUES (1, 1), (2, 1);`,
    );
    try {
      await expect(lab.sql('CREATE UNIQUE INDEX CONCURRENTLY child_pid ON child (pid)')).rejects.toThrow();
      const snapshot = await lab.snapshot();
      const [key] = snapshot.foreignKeys;
      if (key === undefined) throw new Error('the key is gone');
      expect(
        checkOnEveryEngine(key, clause('NO ACTION'), schemaIndex(snapshot)).map(({ code }) => code),
      ).toEqual(['CHILD_INDEX_MISSING']);
    } finally {
      await lab.close();
    }
  });
});
