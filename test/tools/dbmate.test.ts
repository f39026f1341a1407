import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { enginesUnderTest } from '../support/database.ts';
import { describeTool, type Project } from './contract.ts';
import { npmTools } from './install.ts';
import { goUrl } from './urls.ts';

const version = '2.36.0';
let program = '';

const dbmate = (project: Project, word: string): ReturnType<typeof run> =>
  run(program, ['--url', goUrl(project), '--no-dump-schema', word], { cwd: project.folder });

describeTool({
  tool: 'dbmate',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    const packages = await npmTools(`dbmate@${version}`);
    program = join(packages, `node_modules/@dbmate/${process.platform}-${process.arch}/bin/dbmate`);
  },
  configure: () => 'db/migrations',
  firstMigration({ folder }, statements) {
    writeFileSync(
      join(folder, 'db/migrations/20200101000000_base.sql'),
      `-- migrate:up\n${statements.join(';\n')};\n\n-- migrate:down\nSELECT 1;\n`,
    );
  },
  shell: (project) => ({
    programs: { dbmate: { command: [program] } },
    env: { DATABASE_URL: goUrl(project), DBMATE_NO_DUMP_SCHEMA: 'true' },
  }),
});

/** Why our files say `transaction:false`: dbmate loses track of a transaction that a file ends itself. */
describe.each(enginesUnderTest().filter(({ id }) => id === 'postgres-18'))('dbmate on $id', (under) => {
  test('a file that commits inside dbmate’s transaction ends in an error, although it is done and recorded', async () => {
    const database = await under.open();
    const folder = mkdtempSync(join(tmpdir(), 'ondelete-tool-'));
    mkdirSync(join(folder, 'db/migrations'), { recursive: true });
    writeFileSync(
      join(folder, 'db/migrations/20200101000000_a.sql'),
      '-- migrate:up\nBEGIN;\nCREATE TABLE a (id INT);\nCOMMIT;\n\n-- migrate:down\n',
    );
    const result = await dbmate({ folder, engine: under.engine, url: database.url }, 'up');
    expect(result.code).not.toBe(0);
    expect(await database.query('SELECT count(*)::int AS n FROM a')).toEqual([{ n: 0 }]);
    expect(await database.query('SELECT version FROM schema_migrations')).toEqual([
      { version: '20200101000000' },
    ]);
    rmSync(folder, { recursive: true });
    await database.drop();
  }, 300_000);
});
