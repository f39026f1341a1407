import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { openSqlite } from '../support/database.ts';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';
import { npx } from './lines.ts';

const version = '3.3.0';
let packages = '';

const clients = { postgres: 'pg', mysql: 'mysql2', mariadb: 'mysql2', sqlite: 'better-sqlite3' } as const;

describeTool({
  tool: 'knex',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    packages = await npmTools(`knex@${version}`, 'pg@8.16.3', 'mysql2@3.15.3');
  },
  configure({ engine, folder, url }) {
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    const connection = engine === 'sqlite' ? { filename: url } : url.replace(/^mariadb:/, 'mysql:');
    writeFileSync(
      join(folder, 'knexfile.js'),
      `module.exports = { client: '${clients[engine]}', connection: ${JSON.stringify(connection)}, useNullAsDefault: true };\n`,
    );
    return 'migrations';
  },
  // Knex reads a question mark for PostgreSQL, even in a name.
  oddName: `Straße's "1"?`,
  firstMigration({ engine, folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    const written = (sql: string): string => (engine === 'postgres' ? sql.replaceAll('?', '\\?') : sql);
    const lines = statements.map((sql) => `  await knex.raw(${JSON.stringify(written(sql))});`);
    writeFileSync(
      join(folder, 'migrations/20200101000000_base.js'),
      `exports.up = async (knex) => {\n${lines.join('\n')}\n};\nexports.down = async () => {};\n`,
    );
  },
  shell: () => ({ programs: npx }),
});

/** Migrates with the one connection of the pool, then tries with it what better-sqlite3 refuses. */
const script = `
const knex = require('knex')(require('./knexfile.js'));
const tried = (work) => work.then(() => 'done', (error) => error.message);
(async () => {
  console.log(await tried(knex.migrate[process.argv[2]]()));
  await knex.raw('PRAGMA writable_schema = ON');
  console.log(await tried(knex.raw("UPDATE sqlite_master SET sql = sql")));
  await knex.destroy();
})();
`;

test('better-sqlite3 is in its safe mode again when a file has run, and when it has failed half way', async () => {
  packages = await npmTools(`knex@${version}`, 'pg@8.16.3', 'mysql2@3.15.3');
  const database = await openSqlite();
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-tool-'));
  try {
    await database.client(
      'CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a_id INT REFERENCES a (id));',
    );
    symlinkSync(join(packages, 'node_modules'), join(folder, 'node_modules'));
    const connection = JSON.stringify({ filename: database.url });
    writeFileSync(
      join(folder, 'knexfile.js'),
      `module.exports = { client: 'better-sqlite3', connection: ${connection}, useNullAsDefault: true };\n`,
    );
    writeFileSync(join(folder, 'migrate.js'), script);
    const policy = "policy: { default: error, rules: [{ match: 'b -> a', onDelete: cascade }] }\n";
    writeFileSync(join(folder, 'ondelete.config.yaml'), `tool: knex\n${policy}`);
    const generated = await ondelete(['generate', '-d', database.url], { cwd: folder });
    expect(generated).toMatchObject({ code: 0, stderr: expect.not.stringContaining('unsafeMode') });
    const file = join(folder, 'migrations', readdirSync(join(folder, 'migrations'))[0] ?? '');
    const whole = readFileSync(file, 'utf8');
    const refused = expect.stringMatching(/table sqlite_master may not be modified$/);
    const migrated = async (direction: 'latest' | 'down'): Promise<readonly string[]> =>
      (await run(process.execPath, ['migrate.js', direction], { cwd: folder })).stdout
        .trim()
        .split('\n')
        .slice(-2);

    writeFileSync(file, whole.replace("await run('RELEASE ondelete')", "await run('fail here')"));
    expect(await migrated('latest')).toEqual([expect.stringContaining('fail here'), refused]);
    writeFileSync(file, whole);
    expect(await migrated('latest')).toEqual(['done', refused]);
    expect(await ondelete(['diff', '-d', database.url], { cwd: folder })).toMatchObject({ code: 0 });
    expect(await migrated('down')).toEqual(['done', refused]);
    expect(await ondelete(['diff', '-d', database.url], { cwd: folder })).toMatchObject({ code: 1 });
  } finally {
    await database.drop();
    rmSync(folder, { recursive: true });
  }
}, 600_000);
