// Django without Django: the leaves of an app, its label, and what a file says.
import { describe, expect, test } from '@jest/globals';
import { django } from '../../migrations-templates/django.ts';
import { migration, now } from './migration.ts';

interface File {
  readonly path: string;
  readonly content: string;
}

const file = (name: string, dependencies: string, more = ''): File => ({
  path: `${name}.py`,
  content: `class Migration(migrations.Migration):\n${more}    dependencies = [${dependencies}]\n`,
});

const init: File = { path: '__init__.py', content: '' };
const chain = [
  init,
  file('0001_initial', '("auth", "0001_initial")'),
  file(
    '0002_b',
    `\n        migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n        ('shop', '0001_initial'),\n    `,
  ),
];

const render = (existing: readonly File[], folder = '/project/shop/migrations'): readonly File[] =>
  django.render([migration('0003_orders')], existing, now, folder);

describe('the graph', () => {
  test('the new file depends on the leaf of its app', () => {
    expect(render(chain)[0]?.content).toContain('dependencies = [("shop", "0002_b")]');
    expect(render([init])[0]?.content).toContain('dependencies = []');
  });

  test('an app may have another label than its folder', () => {
    const other = [...chain.slice(0, 2), file('0002_b', '("store", "0001_initial"), ("auth", "0012_x")')];
    expect(render(other)[0]?.content).toContain('("store", "0002_b")');
    expect(render(chain.slice(0, 2))[0]?.content).toContain('("shop", "0001_initial")');
  });

  test('two leaves are refused, a merge joins them', () => {
    const forked = [...chain, file('0002_c', '("shop", "0001_initial")')];
    expect(() => render(forked)).toThrow('the output folder has 2 leaves: 0002_b, 0002_c');
    const merged = [...forked, file('0003_merge', '("shop", "0002_b"), ("shop", "0002_c")')];
    expect(render(merged)[0]?.content).toContain('("shop", "0003_merge")');
  });

  test('a squashed migration stands for those that it replaces', () => {
    const replaces = '    replaces = [("shop", "0001_initial"), ("shop", "0002_b")]\n';
    const squashed = [...chain, file('0001_squashed_0002_b', '', replaces)];
    expect(render(squashed)[0]?.content).toContain('("shop", "0001_squashed_0002_b")');
    const later = [...squashed, file('0003_c', '("shop", "0002_b")')];
    expect(render(later)[0]?.content).toContain('("shop", "0003_c")');
  });

  test('what is applied is that of the app', () => {
    const rows = [
      { app: 'auth', name: '0002_b' },
      { app: 'shop', name: '0001_initial' },
    ];
    expect(django.history?.names(rows, chain)).toEqual(['0001_initial']);
    expect(django.inOrder?.([file('0001_z', '("shop", "0009_a")'), file('0009_a', '')])).toEqual([
      '0009_a',
      '0001_z',
    ]);
  });

  test('a folder that holds something else is refused', () => {
    expect(() => render([{ path: 'models.py', content: 'x' }])).toThrow(
      /models\.py .* no migration of Django/,
    );
    expect(() => render(chain.slice(0, 2), '/my-project/migrations')).toThrow('does not say which app');
  });
});

describe('a file', () => {
  test('takes the next number, and makes the folder a package', () => {
    const names = (existing: readonly string[]): readonly string[] =>
      django.names({ slug: 'orders', parts: [''], existing, now });
    expect(names([])).toEqual(['0001_orders']);
    expect(names(['0001_a', '0009_b', 'custom'])).toEqual(['0010_orders']);
    expect(render([]).map(({ path }) => path)).toEqual(['__init__.py', '0003_orders.py']);
  });

  test('says how to go back', () => {
    const down = (before: string | null): string =>
      django.commands('sqlite', { names: ['0008_x'], before, folder: 'shop/migrations', setup: null }).down;
    expect(down('0007_y')).toBe('python manage.py migrate shop 0007_y');
    expect(down(null)).toBe('python manage.py migrate shop zero');
  });

  test('reads like a migration', () => {
    expect(render([init])[0]?.content).toBe(`"""1 foreign key changes what a delete does.

  a(b) -> c(d)  NO ACTION → CASCADE
"""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = []

    operations = [
        # Swap the keys
        migrations.RunSQL(
            sql=[
                "BEGIN",
                # what it is for
                "SELECT 1",
                "COMMIT",
                "RESET lock_timeout",
            ],
            # 1 foreign key changes back to what a delete did before.
            reverse_sql=[
                "BEGIN",
                "SELECT 2",
                "COMMIT",
                "RESET lock_timeout",
            ],
        ),
    ]


# ondelete-set: {}
`);
  });
});
