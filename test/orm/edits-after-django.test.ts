// The last mile with the real Django: after the migration and the patch it has nothing left to change.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { type DatabaseUnderTest, openSqlite } from '../support/database.ts';
import { djangoProject, type DjangoProject, djangos } from './django.ts';
import { liveKeys, modelFindings } from './node-project.ts';
import { python } from './sqlalchemy.ts';

const patience = 240_000;

describe.each(djangos)('$name on SQLite', (version) => {
  let database: DatabaseUnderTest;
  let project: DjangoProject;
  const words = ['--python', python()];

  beforeAll(async () => {
    database = await openSqlite();
    project = await djangoProject(version, null);
    project.write(
      'manage.py',
      `import os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
if __name__ == "__main__":
    execute_from_command_line(sys.argv)
`,
    );
    project.write(
      'settings.py',
      `SECRET_KEY = "for tests"
INSTALLED_APPS = ["shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "${database.url}"}}
`,
    );
    project.write('shop/__init__.py', '');
    project.write('shop/migrations/__init__.py', '');
    project.write(
      'shop/models.py',
      `from django.db import models


class Order(models.Model):
    pass


class Item(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    gift = models.ForeignKey(Order, models.PROTECT, related_name="+")
    old = models.ForeignKey(
        Order,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
`,
    );
    await project.python(['manage.py', 'makemigrations', 'shop', '--verbosity', '0']);
    await project.python(['manage.py', 'migrate', '--verbosity', '0']);
    project.write(
      'ondelete.config.yaml',
      `database: '${database.url}'
tool: django
out: shop/migrations
orm: { name: django }
policy:
  rules:
    - match: 'shop_item(old_id) -> *'
      onDelete: set null
    - match: 'shop_item -> *'
      onDelete: cascade
`,
    );
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });

  test(
    'makemigrations has nothing to tell but what the patch changes, and that changes no key',
    async () => {
      const note = 'Its AlterField does nothing in the database.';
      await project.run(['facts', '--orm', 'django', '--output', 'facts.json', ...words]);
      const byHand = await project.run(['generate', '--dry-run', '--facts', 'facts.json']);
      expect(byHand.stdout.replace(/\s+/g, ' ')).toContain(note);
      const made = await project.run(['generate', '--patch', 'models.patch', ...words]);
      expect([made.code, made.stderr.replace(/\s+/g, ' ')]).toEqual([0, expect.stringContaining(note)]);
      await project.python(['manage.py', 'migrate', '--verbosity', '0']);
      const keys = await liveKeys(database);
      expect(keys).toEqual([
        'shop_item(gift_id) -> shop_order CASCADE',
        'shop_item(old_id) -> shop_order SET NULL',
        'shop_item(order_id) -> shop_order CASCADE',
      ]);
      await project.python(['manage.py', 'makemigrations', '--check', '--dry-run']);
      const applied = await run('git', ['apply', 'models.patch'], { cwd: project.folder });
      expect([applied.code, applied.stderr]).toEqual([0, '']);
      const models = project.read('shop/models.py');
      expect(models.match(/models\.[A-Z_]{3,}/g)).toEqual([
        'models.CASCADE',
        'models.CASCADE',
        'models.SET_NULL',
      ]);
      const lint = await project.run(['lint', '--format', 'json', ...words]);
      expect(modelFindings(lint)).toEqual([]);

      await project.python(['manage.py', 'makemigrations', 'shop', '--name', 'state', '--verbosity', '0']);
      const [name = ''] = project.files('shop/migrations').filter((file) => file.endsWith('_state.py'));
      const sql = await project.python(['manage.py', 'sqlmigrate', 'shop', name.slice(0, 4)]);
      expect(sql).not.toMatch(/CREATE|ALTER|DROP/);
      await project.python(['manage.py', 'migrate', '--verbosity', '0']);
      await project.python(['manage.py', 'makemigrations', '--check', '--dry-run']);
      expect(await liveKeys(database)).toEqual(keys);
    },
    patience,
  );
});
