// Plain SQL files, run by the engine's own client: each once, in the order of names.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';

describeTool({
  tool: 'sql',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version: 'the engine’s client',
  install: () => Promise.resolve(),
  configure: () => 'migrations',
  firstMigration({ folder }, statements) {
    mkdirSync(join(folder, 'migrations'), { recursive: true });
    writeFileSync(join(folder, 'migrations/20200101000000_base.up.sql'), `${statements.join(';\n')};\n`);
  },
  shell: () => ({}),
});
