import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { which } from '../servers/cache.ts';
import { describeTool } from './contract.ts';
import { debianTool } from './install.ts';

let program = '';

const engines = { postgres: 'pg', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' } as const;

describeTool({
  tool: 'sqitch',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version: '1.3',
  async install() {
    const drivers = ['pg', 'mysql', 'sqlite3'].map((driver) => `libdbd-${driver}-perl`);
    program = await debianTool('sqitch', 'sqitch', ...drivers);
  },
  configure({ engine, folder, url }) {
    const name = engines[engine];
    const target = engine === 'sqlite' ? `db:sqlite:${url}` : `db:${url.replace(/^\w+/, name)}`;
    // The registry beside the tables, so that nothing is left on the server.
    const registry = name === 'mysql' ? `\tregistry = ${new URL(url).pathname.slice(1)}\n` : '';
    writeFileSync(
      join(folder, 'sqitch.conf'),
      `[core]\n\tengine = ${name}\n\ttop_dir = db\n[deploy]\n\tverify = true\n[revert]\n\tno_prompt = true\n[engine "${name}"]\n\ttarget = ${target}\n${registry}`,
    );
    return 'db';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(
      join(folder, 'db/sqitch.plan'),
      '%syntax-version=1.0.0\n%project=test\n\nbase 2020-01-01T00:00:00Z Ann Example <ann@example.org> # The tables\n',
    );
    for (const [direction, lines] of [
      ['deploy', statements],
      ['revert', ['SELECT 1']],
      ['verify', ['SELECT 1']],
    ] as const) {
      mkdirSync(join(folder, 'db', direction), { recursive: true });
      writeFileSync(join(folder, 'db', direction, 'base.sql'), `${lines.join(';\n')};\n`);
    }
  },
  shell: () => ({
    // Sqitch starts the client with options of its own.
    programs: { sqitch: { command: [program] }, mysql: { command: [which('mysql') ?? 'mysql'] } },
    env: { SQITCH_FULLNAME: 'Ann Example', SQITCH_EMAIL: 'ann@example.org', TZ: 'UTC' },
  }),
});
