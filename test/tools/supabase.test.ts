import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';
import { npmTools } from './install.ts';
import { goUrl } from './urls.ts';

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
  shell: (project) => ({
    programs: { supabase: { command: [program] } },
    env: { DATABASE_URL: goUrl(project), SUPABASE_YES: 'true' },
  }),
});
