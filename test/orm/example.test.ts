// The walk-through of examples/sqlalchemy, run again: its README is what it prints (UPDATE=1 rewrites it).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../support/cli.ts';
import { need } from '../servers/cache.ts';
import { environmentOf, python, sqlalchemies } from './sqlalchemy.ts';

const folder = join(import.meta.dirname, '../../examples/sqlalchemy');

test('from children left with NULL to three deletes that agree', async () => {
  await need('sqlite3', 'sqlite3');
  const [, second] = sqlalchemies;
  if (second === undefined) throw new Error('no SQLAlchemy 2');
  const env = { ...(await environmentOf(second)), PYTHON: python() };
  const { code, stdout, stderr } = await run(process.execPath, [join(folder, 'walk.mjs')], {
    cwd: folder,
    env,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const readme = join(folder, 'README.md');
  if (process.env['UPDATE'] === '1') writeFileSync(readme, stdout);
  expect(stdout).toBe(readFileSync(readme, 'utf8'));
}, 240_000);
