// yoyo without yoyo: dependencies, names, and what a file says.
import { expect, test } from '@jest/globals';
import { yoyo } from '../../migrations-templates/yoyo.ts';
import { migration, now } from './migration.ts';

const chain = [
  { path: '20260101_01_aaaaa-z.py', content: '__depends__ = {"20260101_02_bbbbb-a"}\n' },
  { path: '20260101_02_bbbbb-a.sql', content: '-- first\n-- depends: old other\n' },
  { path: '20260101_02_bbbbb-a.rollback.sql', content: '' },
];

test('dependencies decide the order; a rollback is no migration of its own', () => {
  expect(chain.map(({ path }) => yoyo.migrationName(path))).toEqual([
    '20260101_01_aaaaa-z',
    '20260101_02_bbbbb-a',
    null,
  ]);
  expect(yoyo.inOrder?.(chain)).toEqual(['20260101_02_bbbbb-a', '20260101_01_aaaaa-z']);
});

test('names are made as yoyo makes them, or follow the form of the last', () => {
  const names = (...existing: readonly string[]): string =>
    yoyo.names({ slug: 'orders_cascade', parts: [''], existing, now })[0] ?? '';
  expect(names()).toMatch(/^20261128_01_\w{5}-orders-cascade$/);
  expect(names('20261128_01_aaaaa-a', '20261128_04_aaaaa-b')).toMatch(/^20261128_05_\w{5}-orders-cascade$/);
  expect(names('0001.first')).toBe('0002_orders_cascade');
});

test('the new file depends on all that no other depends on', () => {
  const fork = { path: '20260102_01_ccccc-c.py', content: `__depends__ = {'20260101_02_bbbbb-a'}\n` };
  const [file] = yoyo.render([migration('20261128_01_ddddd-x')], [...chain, fork], now, '');
  expect(file?.content).toBe(`"""1 foreign key changes what a delete does.

  a(b) -> c(d)  NO ACTION → CASCADE
"""

from yoyo import step

__depends__ = {"20260101_01_aaaaa-z", "20260102_01_ccccc-c"}
__transactional__ = False


def apply_step(conn):
    cursor = conn.cursor()
    try:
        cursor.execute("BEGIN")
        # what it is for
        cursor.execute("SELECT 1")
        cursor.execute("COMMIT")
    finally:
        cursor.execute("RESET lock_timeout")


def rollback_step(conn):
    """1 foreign key changes back to what a delete did before."""
    cursor = conn.cursor()
    try:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 2")
        cursor.execute("COMMIT")
    finally:
        cursor.execute("RESET lock_timeout")


steps = [step(apply_step, rollback_step)]

# ondelete-set: {}
`);
});
