import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../support/cli.ts';
import { describeTool, type Project } from './contract.ts';
import { pythonTools } from './install.ts';

const version = '5.2.19';
let python = '';

const backends = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite3' } as const;

const manage = (project: Project, ...words: readonly string[]): ReturnType<typeof run> =>
  run(python, ['manage.py', ...words], { cwd: project.folder });

describeTool({
  tool: 'django',
  engines: ['postgres', 'mysql', 'mariadb', 'sqlite'],
  version,
  async install() {
    python = await pythonTools(`Django==${version}`, 'psycopg[binary]==3.3.9', 'PyMySQL==1.2.4');
  },
  configure(project) {
    const { folder } = project;
    mkdirSync(join(folder, 'shop'));
    writeFileSync(join(folder, 'shop/__init__.py'), '');
    writeFileSync(
      join(folder, 'settings.py'),
      `import pymysql
pymysql.install_as_MySQLdb()
SECRET_KEY = "for tests"
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": ${JSON.stringify(connection(project))}}
`,
    );
    writeFileSync(
      join(folder, 'manage.py'),
      `import os, sys
from django.core.management import execute_from_command_line
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
`,
    );
    return 'shop/migrations';
  },
  firstMigration({ folder }, statements) {
    writeFileSync(join(folder, 'shop/migrations/__init__.py'), '');
    writeFileSync(
      join(folder, 'shop/migrations/0001_initial.py'),
      `from django.db import migrations
class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [migrations.RunSQL(${JSON.stringify(statements)}, migrations.RunSQL.noop)]
`,
    );
  },
  up: (project) => manage(project, 'migrate'),
  async down(project) {
    const { stdout } = await manage(project, 'showmigrations', 'shop');
    const applied = [...stdout.matchAll(/\[X\] (\S+)/g)].map(([, name = '']) => name);
    return manage(project, 'migrate', 'shop', applied.at(-2) ?? 'zero');
  },
});

function connection({ engine, url }: Project): Readonly<Record<string, string>> {
  const ENGINE = `django.db.backends.${backends[engine]}`;
  if (engine === 'sqlite') return { ENGINE, NAME: url };
  const { hostname, password, pathname, port, username } = new URL(url);
  return {
    ENGINE,
    NAME: decodeURIComponent(pathname.slice(1)),
    USER: decodeURIComponent(username),
    PASSWORD: decodeURIComponent(password),
    HOST: hostname,
    PORT: port,
  };
}
