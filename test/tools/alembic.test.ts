import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeTool } from './contract.ts';
import { pythonTools } from './install.ts';
import { sqlAlchemyUrl } from './python.ts';

const version = '1.20.1';
let python = '';

describeTool({
  tool: 'alembic',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    python = await pythonTools(
      `alembic==${version}`,
      'SQLAlchemy==2.1.9',
      'psycopg[binary]==3.3.9',
      'PyMySQL==1.2.4',
    );
  },
  configure(project) {
    execFileSync(python, ['-m', 'alembic', 'init', 'migrations'], { cwd: project.folder, stdio: 'ignore' });
    const file = join(project.folder, 'alembic.ini');
    const url = `sqlalchemy.url = ${sqlAlchemyUrl(project).replaceAll('%', '%%')}`;
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(/^sqlalchemy\.url = .*$/m, () => url),
    );
    return 'migrations/versions';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(
      join(folder, 'migrations/versions/1975ea83b712_base.py'),
      [
        'from alembic import op',
        'revision = "1975ea83b712"',
        'down_revision = None',
        'def upgrade():',
        ...statements.map((sql) => `    op.execute(${JSON.stringify(sql)})`),
        'def downgrade():',
        '    pass',
        '',
      ].join('\n'),
    );
  },
  shell: () => ({ programs: { alembic: { command: [python, '-m', 'alembic'] } } }),
});
