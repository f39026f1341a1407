// A template of the user's own: the worked example, and what is not one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';

const example = join(import.meta.dirname, '../../examples/template/in-house.mjs');
let place: Project;
beforeEach(() => {
  place = openProject();
  place.sqlite(shopSchema);
  place.write('ondelete.config.yaml', shopConfig);
});
afterEach(() => place.remove());

test('the worked example writes files, and knows them again', async () => {
  const first = await place.run(['generate', 'one', '--template', example]);
  expect(first).toMatchObject({ code: 0, stdout: 'migrations/0001_one.sql\n' });
  expect(first.stderr).toContain('Run:  our-runner up\nBack: our-runner back\n');
  const text = readFileSync(place.path('migrations/0001_one.sql'), 'utf8');
  expect(text).toMatch(/^-- 1 foreign key changes what a delete does\.\n/);
  expect(text).toMatch(/\n-- down\n/);
  expect(text).toMatch(/\n-- ondelete-set: .*\n$/);
  const second = await place.run(['generate', 'two', '--template', example]);
  expect(second.stderr).toContain(
    '1 change is written already: migrations/0001_one.sql'.replace('1 change is', 'One change is'),
  );
  expect(readdirSync(place.path('migrations'))).toEqual(['0001_one.sql']);
});

test('its statements can be rehearsed before they are written', async () => {
  const { code, stderr } = await place.run(['generate', 'one', '--template', example, '--verify']);
  expect(stderr).toContain('Proven on');
  expect(code).toBe(0);
});

test('what is no template is refused in one line, and nothing is written', async () => {
  place.write('none.mjs', 'export default { name: "x" };');
  place.write('broken.mjs', 'export default {');
  for (const [file, message] of [
    ['none.mjs', 'its default export has no title, engines, wraps, commands, migrationName, names, render'],
    ['broken.mjs', 'cannot be loaded'],
    ['missing.mjs', 'cannot be loaded'],
  ] as const) {
    const { code, stderr } = await place.run(['generate', '--template', file]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
  expect((await place.run(['generate', '--template', example, '--tool', 'sql'])).code).toBe(2);
  expect(readdirSync(place.folder)).not.toContain('migrations');
});
