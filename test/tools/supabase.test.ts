import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';

const version = '3.1.0';
let program = '';

describeTool({
  tool: 'supabase',
  engines: ['postgres'],
  version,
  async install() {
    const packages = await npmTools(`supabase@${version}`);
    program = join(packages, `node_modules/@supabase/cli-${process.platform}-${process.arch}/bin/supabase`);
  },
  configure({ folder }) {
    mkdirSync(join(folder, 'supabase'));
    writeFileSync(join(folder, 'supabase/config.toml'), 'project_id = "test"\n');
    return 'supabase/migrations';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(
      join(folder, 'supabase/migrations/20200101000000_base.sql'),
      `${statements.join(';\n')};\n`,
    );
  },
  up: ({ folder, url }) =>
    run(program, ['db', 'push', '--yes', '--db-url', `${url}?sslmode=disable`], { cwd: folder }),
  down: null,
});
