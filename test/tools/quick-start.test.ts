// The quick start of the engines that need a package: docs/quick-start.md from its first command to its last.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { followQuickStart } from '../support/quick-start.ts';
import { installWrangler, variables } from './d1-lab.ts';
import { npmTools } from './install.ts';

jest.setTimeout(600_000);
let place: Project;
beforeEach(() => {
  place = openProject();
});
afterEach(() => place.remove());

test.each([
  ['PGlite', () => npmTools('@electric-sql/pglite@0.5.14', '@electric-sql/pglite-socket@0.2.17')],
  ['Cloudflare D1', installWrangler],
  ['libSQL', () => npmTools('libsql@0.5.29', '@libsql/client@0.18.0')],
  ['Turso', () => npmTools('@tursodatabase/database@0.7.2')],
] as const)('%s', async (title, install) => {
  place.write('shop/package.json', '{ "private": true, "type": "module" }\n');
  symlinkSync(join(await install(), 'node_modules'), place.path('shop/node_modules'));
  await followQuickStart(title, place, 'shop', title === 'Cloudflare D1' ? variables(place.folder) : {});
  expect.hasAssertions();
});
