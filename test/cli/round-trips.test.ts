// A server may be far away: however many keys change, and however many tables there are, a command waits for the network a few times.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { describeServers } from '../servers/describe.ts';
import { scratchDatabase } from '../servers/index.ts';
import { ondelete } from '../support/cli.ts';
import { countingProxy } from '../support/round-trips.ts';

interface Preview {
  readonly changes: readonly {
    readonly orphans: { readonly known: boolean; readonly value?: { readonly count: number } };
    readonly childRows: { readonly known: boolean };
  }[];
}

describeServers(undefined, (server) => {
  test('200 keys: at most 20 round trips, and an answer for every key', async () => {
    const database = await scratchDatabase(server);
    const proxy = await countingProxy(database.url);
    const folder = mkdtempSync(join(tmpdir(), 'ondelete-trips-'));
    try {
      const of = (table: number): readonly number[] => Array.from({ length: 10 }, (_, at) => 10 * table + at);
      const tables = Array.from({ length: 20 }, (_, table) => {
        const columns = of(table).map((at) => `k${at} INT`);
        const keys = of(table).map((at) => `CONSTRAINT f${at} FOREIGN KEY (k${at}) REFERENCES p (id)`);
        return `CREATE TABLE c${table} (id INT PRIMARY KEY, ${[...columns, ...keys].join(', ')});
          INSERT INTO c${table} (id, k${10 * table}) VALUES (1, 1), (2, NULL);`;
      });
      await database.query(
        `CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1); ${tables.join('\n')}`,
      );
      writeFileSync(
        join(folder, 'ondelete.config.yaml'),
        "policy:\n  rules:\n    - match: '* -> p'\n      onDelete: cascade\n",
      );
      const words = ['generate', '--dry-run', '--format', 'json', '--database', proxy.url];
      const { code, stderr, stdout } = await ondelete(words, { cwd: folder });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const { changes } = JSON.parse(stdout) as Preview;
      expect(changes).toHaveLength(200);
      expect(changes.filter(({ orphans }) => orphans.value?.count === 0)).toHaveLength(200);
      expect(changes.filter(({ childRows }) => childRows.known)).toHaveLength(200);
      expect(proxy.roundTrips()).toBeLessThanOrEqual(20);
    } finally {
      await proxy.close();
      rmSync(folder, { recursive: true, force: true });
      await database.drop();
    }
  });

  test('lint of 40 tables that refer to themselves: at most 25, and an answer for every one', async () => {
    const database = await scratchDatabase(server);
    const proxy = await countingProxy(database.url);
    const folder = mkdtempSync(join(tmpdir(), 'ondelete-trips-'));
    try {
      const tables = Array.from(
        { length: 40 },
        (_, at) =>
          `CREATE TABLE c${at} (id INT PRIMARY KEY, p INT, up INT, CONSTRAINT f${at} FOREIGN KEY (p) REFERENCES p (id),
            CONSTRAINT u${at} FOREIGN KEY (up) REFERENCES c${at} (id) ON DELETE CASCADE);`,
      );
      const rows = Array.from({ length: 17 }, (_, at) => `(${at + 1}, NULL, ${at === 0 ? 'NULL' : at})`);
      await database.query(
        `CREATE TABLE p (id INT PRIMARY KEY); ${tables.join('\n')} INSERT INTO c39 VALUES ${rows.join(', ')};`,
      );
      const words = ['lint', '--format', 'json', '--database', proxy.url];
      const { code, stderr, stdout } = await ondelete(words, { cwd: folder });
      expect({ isAnswer: code === 0 || code === 1, stderr }).toEqual({ isAnswer: true, stderr: '' });
      const { findings } = JSON.parse(stdout) as {
        readonly findings: readonly { readonly code: string; readonly subject: string }[];
      };
      const tooDeep = findings.filter((one) => one.code === 'SELF_REFERENCE_TOO_DEEP');
      expect(tooDeep).toHaveLength(server.dialect === 'postgres' ? 0 : 1);
      for (const { subject } of tooDeep) expect(subject).toContain('c39(up)');
      expect(proxy.roundTrips()).toBeLessThanOrEqual(25);
    } finally {
      await proxy.close();
      rmSync(folder, { recursive: true, force: true });
      await database.drop();
    }
  });
});
