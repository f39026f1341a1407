// Folders that cannot be made: one line, nothing left behind, and it ends.
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { CliResult } from '../support/cli.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';

let place: Project;
beforeEach(() => {
  place = openProject();
  place.sqlite(shopSchema);
  place.write('ondelete.config.yaml', shopConfig);
});
afterEach(() => place.remove());

const refused = (result: CliResult, ...words: readonly string[]): void => {
  expect(result).toMatchObject({ code: 2, stdout: '' });
  expect(result.stderr).toMatch(/^ondelete: [^\n]+\n$/);
  for (const word of words) expect(result.stderr).toContain(word);
};

(process.platform === 'linux' ? test : test.skip).each(['/proc/ondelete', '/proc/ondelete/below'])(
  'a folder that takes no other: %s',
  async (out) => {
    const result = await place.run(['generate', '--out', out], {
      onStart: (child) => {
        // What loops for ever would outlive the test.
        const guard = setTimeout(() => child.kill('SIGKILL'), 60_000);
        child.on('close', () => clearTimeout(guard));
      },
    });
    refused(result, `cannot write to ${out}`, '--out');
  },
);

test('folders that were made for files that cannot be written are taken back', async () => {
  const long = 'n'.repeat(300);
  refused(await place.run(['generate', '--out', `a/b/${long}`]), 'cannot write to', '--out');
  expect(existsSync(place.path('a'))).toBe(false);
});

test('a folder that the project has elsewhere is not guessed, and is taken where the project names it', async () => {
  place.write('flyway.conf', 'flyway.user=me\n');
  refused(await place.run(['generate', '--tool', 'flyway']), 'Flyway is not known: flyway.conf', '--out');
  expect(existsSync(place.path('migrations'))).toBe(false);
  place.write('flyway.conf', 'flyway.locations=filesystem:db/sql\n');
  const { code, stdout, stderr } = await place.run(['generate', 'one', '--tool', 'flyway']);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^db\/sql\/V\d+__one\.sql$/m)]);
  expect(stderr).toContain('Run:  flyway migrate\n');
});

test('the command that runs the files names them', async () => {
  const { stdout, stderr } = await place.run(['generate', 'one']);
  const [up = ''] = stdout.split('\n');
  expect(stderr).toContain(`Run:  sqlite3 FILE < ${up}\n`);
  expect(readFileSync(place.path(up), 'utf8')).toContain(`-- Run:  sqlite3 FILE < ${up}\n`);
  const again = await place.run(['diff']);
  expect(again.stdout).toContain(`Next: run the pending files\nRun:  sqlite3 FILE < ${up}\nBack: sqlite3 `);
});
