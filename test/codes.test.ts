// docs/codes.md is the catalogue (UPDATE=1 rewrites it), and `explain` without a code lists all of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { catalogue } from '../src/core/codes/index.ts';
import { codesPage } from '../src/report/codes-page.ts';
import { ondelete } from './harness/cli.ts';

const file = join(import.meta.dirname, '../docs/codes.md');

test('docs/codes.md is the catalogue', () => {
  const page = codesPage();
  if (process.env['UPDATE'] === '1') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});

test('explain lists every code, and tells one with its example', async () => {
  const list = await ondelete(['explain'], { cwd: tmpdir() });
  expect({
    code: list.code,
    missing: Object.keys(catalogue).filter((code) => !list.stdout.includes(code)),
  }).toEqual({
    code: 0,
    missing: [],
  });
  const one = await ondelete(['explain', 'no_rule'], { cwd: tmpdir() });
  expect(one.stdout).toContain('CREATE TABLE orders');
  expect(one.stdout).toContain('$ ondelete diff');
  const wrong = await ondelete(['explain', 'NO_RUEL'], { cwd: tmpdir() });
  expect({ code: wrong.code, stderr: wrong.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean `NO_RULE`'),
  });
});
