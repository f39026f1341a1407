// Reading Django projects as they are met: variables and apps that are missing, noise, exits, hangs, queries at the start, the
// wrong Python, drivers that are not installed, words of Django to come, and tables that are not there yet.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { type Django, djangoProject, type DjangoProject, djangos, python } from './django.ts';
import { survivesBrokenModels } from './contract.ts';
import { factsIn, modelFindings } from './node-project.ts';
import type { CliResult } from '../support/cli.ts';
import { settings, models, manage, type Files, shopProject, factsOf } from './django-shop.ts';

const healthy = { 'settings.py': settings, 'shop/models.py': models, 'shop/apps.py': '' };
const newest = djangos.at(-1) as Django;
const orm = ['--orm', 'django', '--python', python()];

describe.each(djangos)('$name: no database, no driver', (version) => {
  let project: DjangoProject;
  beforeAll(async () => {
    project = await shopProject(version);
  }, 240_000);
  afterAll(() => project.remove());

  test('queries and log files at the start are not made; an app that fails there hides no models', async () => {
    const log = `LOGGING = {"version": 1, "handlers": {"file": {"class": "logging.FileHandler", "filename": "/nowhere/log"}}}\n`;
    const apps = `from django.apps import AppConfig
class ShopConfig(AppConfig):
    name = "shop"
    def ready(self):
        print("ready")
        self.get_model("Order").objects.count()
`;
    const listed = settings.replace('"shop"', '"shop.apps.ShopConfig"');
    const read = await factsOf(project, { settings: `${listed}${log}`, apps });
    expect([read.code, factsIn(read).foreignKeys.length]).toEqual([0, 1]);
    expect(factsIn(read).notes).toEqual([
      'An app’s ready() failed (shop/apps.py:6): OperationalError: models are read without a database. Models are complete; receivers that it and later apps connect are not known.',
    ]);
  });

  test('drivers that are not installed have a stand-in, and long names are cut as the database would', async () => {
    const long = `class ${'A'.repeat(70)}(models.Model):\n    order = models.ForeignKey(Order, models.CASCADE)\n`;
    for (const [engine, app, length] of [
      ['postgresql', '"django.contrib.postgres", ', 63],
      ['mysql', '', 64],
      ['oracle', '', 30],
    ] as const) {
      const text = settings.replace('sqlite3', engine).replace('["shop"', `[${app}"shop"`);
      const read = await factsOf(project, { settings: text, models: `${models}${long}` });
      expect([read.code, factsIn(read).errors, factsIn(read).notes]).toEqual([0, [], []]);
      expect(Math.max(...factsIn(read).tables.map(({ name }) => name.length))).toBe(length);
    }
  });
});

describe('what goes wrong, and what Django has to come', () => {
  let project: DjangoProject;
  beforeAll(async () => {
    project = await shopProject(newest);
  }, 240_000);
  afterAll(() => project.remove());
  const facts = (
    files: Files,
    words: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<CliResult> => factsOf(project, files, words, env);

  survivesBrokenModels({
    title: 'Django',
    models: null,
    cases: [
      {
        name: 'a variable that is not set',
        files: { ...healthy, ...{ 'settings.py': `import os\nKEY = os.environ["SHOP_KEY"]\n${settings}` } },
        what: "settings.py:2: settings: KeyError: 'SHOP_KEY'",
        help: '--env-file',
      },
      {
        name: 'contenttypes that nobody has listed',
        files: {
          ...healthy,
          ...{ 'shop/models.py': `from django.contrib.contenttypes.models import ContentType\n${models}` },
        },
        what: "shop/models.py:1: django.setup(): RuntimeError: Model class django.contrib.contenttypes.models.ContentType doesn't declare",
        help: '--env-file',
      },
      {
        name: 'an exit',
        files: { ...healthy, ...{ 'settings.py': 'import sys\nsys.exit(3)\n' } },
        what: 'settings.py:2: settings: SystemExit: 3',
        help: '--env-file',
      },
      {
        name: 'an app that is not installed',
        files: { ...healthy, ...{ 'settings.py': settings.replace('["shop"]', '["shop", "nowhere"]') } },
        what: "django.setup(): ModuleNotFoundError: No module named 'nowhere'",
        help: '--python',
      },
      {
        name: 'no syntax in a model',
        files: { ...healthy, ...{ 'shop/models.py': `${models}\ndef x(:\n` } },
        what: 'shop/models.py:7: django.setup(): SyntaxError',
        help: 'Mend the syntax there',
      },
      {
        name: 'an app that nobody has listed',
        files: { ...healthy, ...{ 'shop/models.py': `${models}from elsewhere.models import Thing\n` } },
        what: 'shop/models.py:6: django.setup(): ModuleNotFoundError',
        help: '--python',
      },
      {
        name: 'an error that holds a password',
        files: { ...healthy, ...{ 'shop/models.py': 'raise ValueError("no postgres://u:hunter22@h/d")\n' } },
        what: 'shop/models.py:1: django.setup(): ValueError: no postgres://u:***@h/d',
        help: '--env-file',
      },
      {
        name: 'no models',
        files: { ...healthy, ...{ 'shop/models.py': '' } },
        what: 'INSTALLED_APPS of settings has no models',
        help: '--models',
      },
    ],
    write: (name, text) => project.write(name, text),
    facts: (words) => project.run(['facts', ...orm, ...words]),
  });

  test('settings are named by a flag, by the environment, by manage.py in a folder; variables come from a file', async () => {
    project.write('other.py', `import os\nKEY = os.environ["SHOP_KEY"]\n${settings}`);
    project.write('.env', 'SHOP_KEY=1\nDJANGO_SETTINGS_MODULE=other\n');
    const flag = await facts({}, ['--models', 'other', '--env-file', '.env']);
    const variable = await facts({}, ['--env-file', '.env']);
    expect([flag, variable].map((read) => factsIn(read).source)).toEqual(['other', 'other']);
    expect(variable.stderr).toContain('Importing other with');
    project.write('back/manage.py', manage('"backend"'));
    project.write('back/backend.py', settings.replace('"shop"', '"store"'));
    project.write('back/store/__init__.py', '');
    project.write('back/store/models.py', models);
    const folder = factsIn(await facts({}, ['--models', 'back/manage.py']));
    expect([folder.source, folder.foreignKeys[0]?.place]).toEqual([
      'backend',
      { file: 'back/store/models.py', line: 5 },
    ]);
  });

  test.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
    ['two settings', ['--models', 'a', '--models', 'b'], {}, 'Django has one settings module at a time'],
    [
      'no such settings',
      ['--models', 'no.settings'],
      {},
      "no.settings: ModuleNotFoundError: No module named 'no'",
    ],
    ['no such database', ['--models', 'settings:far'], {}, "DATABASES has no 'far'"],
    [
      'a Python without Django',
      [],
      // python() holds nothing but what this names
      { PYTHONPATH: '' },
      `ondelete: no Django in ${python()}. Choose the application’s own Python with --python, such as`,
    ],
    [
      'something else than Python',
      ['--python', 'false'],
      {},
      'false gave no facts (exit 1). It has to be a Python 3',
    ],
    ['a manage.py that is not there', ['--models', 'no/manage.py'], {}, 'no/manage.py: FileNotFoundError'],
  ])('%s', async (_, words, env, what) => {
    const { code, stdout, stderr } = await facts({}, words, env);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(what);
  });

  test('no manage.py, or one that works its settings out, and a Django that is too old', async () => {
    const bare = await djangoProject(newest, null);
    try {
      expect((await bare.run(['facts', ...orm])).stderr).toContain(
        'there is no manage.py here, and DJANGO_SETTINGS_MODULE is not set',
      );
      bare.write('manage.py', manage('f"project.{stage}"'));
      expect((await bare.run(['facts', ...orm])).stderr).toContain(
        'manage.py names no settings as a plain text. Name the settings with --models',
      );
      bare.write('django/__init__.py', 'VERSION = (2, 2, 28)\ndef get_version():\n    return "2.2.28"\n');
      expect((await bare.run(['facts', ...orm])).stderr).toContain('Django 2.2.28 is older than 3.2');
    } finally {
      bare.remove();
    }
  });

  test('a hang ends', async () => {
    const { code, stderr } = await facts({ models: 'import time\ntime.sleep(7654)\n' }, [
      '--time-limit',
      '3',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('reading the models took longer than 3 seconds and was ended');
  });

  // Django 6.1, as its sources have it; what Debian has does not know it yet
  const database = `class DatabaseOnDelete:
    def __init__(self, operation):
        self.operation = operation
    def __call__(self, *args):
        pass
    def on_delete_sql(self, editor):
        return self.operation
DB_CASCADE = DatabaseOnDelete("CASCADE")
DB_SET_NULL = DatabaseOnDelete("SET NULL")
`;
  test('DB_CASCADE is the database’s: drift where it does something else, and nothing that Django does itself', async () => {
    const mixed = `${database}${models}    gift = models.ForeignKey(Order, DB_CASCADE, related_name="+")
    spare = models.ForeignKey(Order, DB_SET_NULL, null=True, related_name="+")
models.signals.post_delete.connect(print, sender=Item)
`;
    const read = factsIn(await facts({ models: mixed }));
    expect(read.notes).toEqual([
      'Receivers of post_delete of Item are not called for rows that go by DB_CASCADE, whoever deletes the parent.',
    ]);
    expect(
      read.foreignKeys.map(({ columns, onDelete, application }) => [
        ...columns,
        onDelete,
        application?.onDelete,
      ]),
    ).toEqual([
      ['gift_id', 'CASCADE', undefined],
      ['order_id', null, 'CASCADE'],
      ['spare_id', 'SET NULL', undefined],
    ]);
    const shop = new Database(join(project.folder, 'live.db'));
    shop.exec(`CREATE TABLE shop_order (id INTEGER PRIMARY KEY);
      CREATE TABLE shop_item (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES shop_order,
        gift_id INTEGER NOT NULL REFERENCES shop_order, spare_id INTEGER REFERENCES shop_order ON DELETE SET NULL)`);
    shop.close();
    const lint = await project.run(['lint', '-d', 'live.db', ...orm, '--format', 'json']);
    expect(modelFindings(lint).map(({ code, key, edits }) => [code, key, edits.length])).toEqual([
      ['ORM_ONLY_CASCADE', 'shop_item(order_id) -> shop_order(id)', 1],
      ['ORM_MODEL_DB_DRIFT', 'shop_item(gift_id) -> shop_order(id)', 1],
    ]);
    // a policy that wants something else has the words for it
    project.write(
      'ondelete.config.yaml',
      "database: live.db\npolicy:\n  default: keep\n  rules:\n    - match: 'shop_item(gift_id) -> *'\n      onDelete: set default\n",
    );
    const edits = modelFindings(await project.run(['lint', ...orm, '--format', 'json'])).flatMap((found) =>
      found.edits.map(({ text }) => text),
    );
    project.write('ondelete.config.yaml', 'database: live.db\n');
    expect(edits).toContain('`on_delete=models.DB_SET_DEFAULT` on gift_id, so that the model says the same');
  });

  test('migrations that have not been applied: the keys are not in the database, and that is told', async () => {
    project.write('settings.py', settings);
    project.write('shop/models.py', models);
    const empty = new Database(join(project.folder, 'empty.db'));
    empty.exec('CREATE TABLE django_migrations (id INTEGER PRIMARY KEY)');
    empty.close();
    const lint = await project.run(['lint', '-d', 'empty.db', ...orm, '--format', 'json']);
    const told = modelFindings(lint).map(({ severity, code, outcomes }) => [severity, code, outcomes?.bulk]);
    expect(told).toEqual([['warning', 'ORM_KEY_NOT_IN_DATABASE', 'dangling']]);
  });
});
