import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import { describeTool, type Project } from './contract.ts';
import { pythonTools } from './install.ts';

const version = '5.2.19';
let python = '';

const backends = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite3' } as const;

const manage = (project: Pick<Project, 'folder'>, ...words: readonly string[]): ReturnType<typeof run> =>
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
  shell: () => ({ programs: { python: { command: [python] } }, words: { APP: 'shop' } }),
});

function connection({ engine, url }: Pick<Project, 'engine' | 'url'>): Readonly<Record<string, string>> {
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

const settings = (database: DatabaseUnderTest): string => `SECRET_KEY = "for tests"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "accounts", "blog"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": ${JSON.stringify(connection(database))}}
`;
const files = {
  'manage.py': `import os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
`,
  'accounts/__init__.py': '',
  'accounts/migrations/__init__.py': '',
  'accounts/models.py': `from django.conf import settings
from django.db import models
class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
`,
  'blog/__init__.py': '',
  'blog/migrations/__init__.py': '',
  'blog/models.py': `from django.db import models
class Post(models.Model):
    author = models.ForeignKey("accounts.Profile", models.SET_NULL, null=True)
class Comment(models.Model):
    post = models.ForeignKey(Post, models.CASCADE)
    class Meta:
        db_table = "remarks"
`,
};

describe.each(enginesUnderTest().filter(({ id }) => id === 'postgres-18'))('apps on $id', (under) => {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-django-apps-'));
  const databases: DatabaseUnderTest[] = [];
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const open = async (): Promise<DatabaseUnderTest> => {
    const database = await under.open();
    databases.push(database);
    write('settings.py', settings(database));
    return database;
  };
  const migrate = async (...words: readonly string[]): Promise<void> => {
    const result = await manage({ folder }, ...words);
    expect(`${result.stdout}${result.stderr}${result.code}`).toMatch(/0$/);
  };
  const call = (database: DatabaseUnderTest, ...words: readonly string[]) =>
    ondelete([...words, '-d', database.url], { cwd: folder, env: { ONDELETE_PYTHON: python } });
  const keys = async (database: DatabaseUnderTest): Promise<string> => {
    const { stdout } = await call(database, 'snapshot');
    const { foreignKeys } = JSON.parse(stdout) as { foreignKeys: { name: string; onDelete: string }[] };
    return foreignKeys.map(({ name, onDelete }) => `${name} ${onDelete}`).join('\n');
  };
  beforeAll(() => {
    for (const [name, text] of Object.entries(files)) write(name, text);
    write('ondelete.config.yaml', 'tool: django\nout: accounts/migrations\npolicy: { from: django }\n');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const database of databases) await database.drop();
  });

  test('a migration for the keys of several apps comes after the migrations that make their tables', async () => {
    const database = await open();
    await migrate('makemigrations', '--verbosity', '0');
    await migrate('migrate', '--verbosity', '0');
    const before = await keys(database);
    const generated = await call(database, 'generate');
    expect([generated.code, generated.stdout]).toEqual([0, 'accounts/migrations/0002_on_delete_policy.py\n']);
    expect(generated.stderr).not.toContain('No model says');
    const file = readFileSync(join(folder, 'accounts/migrations/0002_on_delete_policy.py'), 'utf8');
    expect(/dependencies = \[[^\]]*\]/.exec(file)?.[0].replace(/\s+/g, ' ')).toMatch(
      /^dependencies = \[ \("accounts", "0001_initial"\), \("auth", "0012_\w+"\), \("blog", "0001_initial"\), \]$/,
    );
    const fresh = await open();
    await migrate('migrate', '--verbosity', '0');
    expect(await call(fresh, 'diff')).toMatchObject({ code: 0 });
    await migrate('migrate', 'accounts', '0001', '--verbosity', '0');
    expect(await keys(fresh)).toBe(before);
  });

  test('without models, the tables whose app is not known are named', async () => {
    const database = await open();
    await migrate('migrate', 'accounts', '0001', '--verbosity', '0');
    await migrate('migrate', 'blog', '--verbosity', '0');
    rmSync(join(folder, 'accounts/migrations/0002_on_delete_policy.py'));
    write(
      'ondelete.config.yaml',
      "tool: django\nout: accounts/migrations\npolicy: { default: keep, rules: [{ match: '* -> {auth_user,blog_post}', onDelete: cascade }] }\n",
    );
    const { stderr } = await call(database, 'generate', '--dry-run');
    expect(stderr.replace(/\s+/g, ' ')).toContain(
      'No model says which app makes auth_user_groups, auth_user_user_permissions, remarks. If it is another app,',
    );
  });
});
