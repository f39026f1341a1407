// Alembic without Alembic: the chain, its heads, and what a file says.
import { describe, expect, test } from '@jest/globals';
import { alembic } from '../../migrations-templates/alembic.ts';
import { migration, now } from './migration.ts';

const revision = (name: string, id: string, down: string): { path: string; content: string } => ({
  path: `${name}.py`,
  content: `"""x"""\nrevision: str = "${id}"\ndown_revision: Union[str, Sequence[str], None] = ${down}\n`,
});

const chain = [
  revision('0c_third', 'ccc', `'bbb'`),
  revision('0z_first', 'aaa', 'None'),
  revision('0b_second', 'bbb', '"aaa"'),
];

const render = (existing: readonly { path: string; content: string }[]): string => {
  const [name = ''] = alembic.names({ slug: 'orders', parts: [''], existing: [], now });
  return alembic.render([migration(name)], existing, now, '')[0]?.content ?? '';
};

describe('the chain', () => {
  test('decides the order, not the names', () => {
    expect(alembic.inOrder?.(chain)).toEqual(['0z_first', '0b_second', '0c_third']);
  });

  test('what comes before the row of alembic_version is applied', () => {
    expect(alembic.history?.names([{ version_num: 'bbb' }], chain)).toEqual(['0z_first', '0b_second']);
    expect(alembic.history?.names([], chain)).toEqual([]);
  });

  test('the new revision comes after the head, or first in an empty folder', () => {
    expect(render(chain)).toContain('down_revision = "ccc"');
    expect(render([])).toContain('down_revision = None');
  });

  test('a merge is one head', () => {
    const forked = [...chain, revision('fork', 'ddd', '"bbb"')];
    const merged = [...forked, revision('merge', 'eee', '("ccc",\n    "ddd")')];
    expect(render(merged)).toContain('down_revision = "eee"');
    expect(() => render(forked)).toThrow('the output folder has 2 heads: 0c_third, fork');
  });

  test('a folder that holds something else, or half of a chain, is refused', () => {
    expect(() => render([{ path: 'env.py', content: 'run()' }])).toThrow(/env\.py .* no revision of Alembic/);
    expect(() => render([revision('a', 'aaa', '"lost"')])).toThrow('has no revision lost');
  });

  test('two files of one change follow each other', () => {
    const names = alembic.names({ slug: 'orders', parts: ['swap', 'validate'], existing: [], now });
    const files = alembic.render(
      names.map((name) => migration(name)),
      chain,
      now,
      '',
    );
    const [first = ''] = names.map((name) => name.slice(0, 12));
    expect(new Set(names).size).toBe(2);
    expect(files[1]?.content).toContain(`down_revision = "${first}"`);
  });
});

describe('a file', () => {
  test('carries a date in its name where the others do', () => {
    const names = (existing: readonly string[]): readonly string[] =>
      alembic.names({ slug: 'orders', parts: [''], existing, now });
    expect(names([])[0]).toMatch(/^[0-9a-f]{12}_orders$/);
    const [dated = ''] = names(['2026_01_31_0815-0123456789ab_first']);
    expect(dated).toMatch(/^2026_11_28_0930-[0-9a-f]{12}_orders$/);
    const [file] = alembic.render([migration(dated)], [], now, '');
    expect(file?.content).toContain(`revision = "${dated.slice(16, 28)}"`);
  });

  test('escapes what SQLAlchemy takes for a parameter', () => {
    const [file] = alembic.render(
      [migration('0123456789ab_x', `SELECT ':name', 'a::text', "a\\:b", x := 1, '12:30'`)],
      [],
      now,
      '',
    );
    expect(file?.content).toContain(String.raw`SELECT '\:name', 'a::text', "a\\:b", x := 1, '12:30'`);
  });

  test('reads like a revision', () => {
    expect(alembic.render([migration('0123456789ab_x')], [], now, '')[0]?.content)
      .toBe(`"""x: 1 foreign key changes what a delete does.

  a(b) -> c(d)  NO ACTION → CASCADE

Revision ID: 0123456789ab
Revises:
Create Date: 2026-11-28 09:30:00

"""
from alembic import op

# revision identifiers, used by Alembic.
revision = "0123456789ab"
down_revision = None
branch_labels = None
depends_on = None

# Raw SQL: one statement drops the old key and adds the new one. Between op.drop_constraint and
# op.create_foreign_key there would be no key.


def upgrade() -> None:
    with op.get_context().autocommit_block():
        try:
            op.execute("BEGIN")
            # what it is for
            op.execute("SELECT 1")
            op.execute("COMMIT")
        finally:
            op.execute("RESET lock_timeout")


def downgrade() -> None:
    """1 foreign key changes back to what a delete did before."""
    with op.get_context().autocommit_block():
        try:
            op.execute("BEGIN")
            op.execute("SELECT 2")
            op.execute("COMMIT")
        finally:
            op.execute("RESET lock_timeout")


# ondelete-set: {}
`);
  });
});
