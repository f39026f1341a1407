// npm run corpus -- DIR: the closed loop over a folder of dumps named NAME.DIALECT.sql, on every server of this run.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import { enginesUnderTest, type DatabaseUnderTest, type Engine } from '../harness/database.ts';
import { closeLoop } from './loop.ts';

const actions = ['cascade', 'set null', 'restrict'] as const;

interface Dump {
  readonly file: string;
  readonly engine: Engine;
}

/** Dumps of a folder. `NAME.mysql.sql` is loaded on MariaDB too unless there is a `NAME.mariadb.sql`. */
export function dumpsIn(folder: string): readonly Dump[] {
  const files = readdirSync(folder).sort();
  return files.flatMap((file): readonly Dump[] => {
    const [, name, dialect] = /^(.+)\.(postgres|mysql|mariadb|sqlite)\.sql$/.exec(file) ?? [];
    if (name === undefined || dialect === undefined) return [];
    const own: Dump = { file, engine: dialect as Engine };
    const isForBoth = dialect === 'mysql' && !files.includes(`${name}.mariadb.sql`);
    return isForBoth ? [own, { file, engine: 'mariadb' }] : [own];
  });
}

/** @returns whether every loop closed; prints a table */
export async function runCorpus(folder: string): Promise<boolean> {
  const table = new Table({ head: ['dump', 'server', 'keys to', 'changed', 'kept', 'refused', 'result'], style: { head: [] } });
  const failures: string[] = [];
  let loops = 0;
  for (const dump of dumpsIn(folder)) {
    for (const under of enginesUnderTest().filter((one) => one.engine === dump.engine)) {
      const database = await under.open();
      try {
        const loading = await load(database, join(folder, dump.file));
        if (loading !== null) {
          failures.push(`${dump.file} on ${under.id}: ${loading}`);
          table.push([dump.file, under.id, '', '', '', '', 'does not load']);
          continue;
        }
        for (const action of actions) {
          const result = await closeLoop(database, action);
          loops++;
          process.stderr.write(result.failure === null ? '.' : 'F');
          table.push([dump.file, under.id, action, result.changed, result.kept, result.refused, result.failure === null ? 'closed' : 'FAILED']);
          if (result.failure !== null) failures.push(`${dump.file} on ${under.id}, ${action}: ${result.failure}`);
        }
      } finally {
        await database.drop();
      }
    }
  }
  process.stdout.write(`\n${table.toString()}\n`);
  for (const failure of failures) process.stdout.write(`\nFAILED ${failure}\n`);
  process.stdout.write(`\n${loops - Math.min(loops, failures.length)} passed, ${failures.length} failed\n`);
  return failures.length === 0 && loops > 0;
}

async function load(database: DatabaseUnderTest, path: string): Promise<string | null> {
  const { code, stderr } = await database.client(readFileSync(path, 'utf8'));
  return code === 0 ? null : `the dump does not load: ${stderr.trim().slice(0, 500)}`;
}
