// Kysely's own Migrator, one file at a time; test/live/end-to-end.test.ts runs its other ways.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kyselyRunner } from '../support/cli.ts';
import { describeTool } from './contract.ts';

const repository = join(import.meta.dirname, '../..');
const { version } = JSON.parse(
  readFileSync(join(repository, 'node_modules/kysely/package.json'), 'utf8'),
) as { version: string };

describeTool({
  tool: 'kysely',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  install: () => Promise.resolve(),
  configure({ folder }) {
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
    return 'migrations';
  },
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const lines = statements.map((sql) => `  await sql.raw(${JSON.stringify(sql)}).execute(db);`);
    writeFileSync(
      join(folder, 'migrations/20200101000000_base.ts'),
      `import { sql, type Kysely } from 'kysely';\nexport async function up(db: Kysely<unknown>): Promise<void> {\n${lines.join('\n')}\n}\n`,
    );
  },
  up: ({ folder, url }) =>
    kyselyRunner(['kysely', url, join(folder, 'migrations'), 'each', 'unsafe'], { cwd: folder }),
  down: null,
});
