// `ondelete diff --since`: only rules and migrations that changed since a commit.
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProject, type Project, shopSchema } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

let place: Project;
const git = (...words: readonly string[]): void => {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...words], { cwd: place.folder, stdio: 'ignore' });
};
const config = (items: string, notes: string): string => `database: shop.db
policy:
  rules:
    - match: 'order_items -> orders'
      onDelete: ${items}
    - match: 'notes -> orders'
      onDelete: ${notes}
    - match: 'nothing -> orders'
      onDelete: cascade
`;

beforeEach(() => {
  place = openProject(ondelete);
  place.sqlite(`${shopSchema}
  CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id));`);
  place.write('ondelete.config.yaml', config('cascade', 'no action'));
  git('init', '-q');
  git('add', 'ondelete.config.yaml');
  git('commit', '-q', '-m', 'before');
});
afterEach(() => place.remove());

interface Told {
  readonly changes: readonly { readonly key: string }[];
  readonly findings: readonly { readonly code: string }[];
}
const diffed = async (...flags: readonly string[]) => {
  const { code, stdout, stderr } = await place.run(['diff', '--format', 'json', ...flags]);
  const told = code === 2 ? { changes: [], findings: [] } : (JSON.parse(stdout) as Told);
  return {
    code,
    stderr,
    keys: told.changes.map(({ key }) => key),
    codes: told.findings.map((finding) => finding.code),
  };
};

test('a rule whose second line changed is looked at, the others are left out and counted', async () => {
  expect(await diffed('--since', 'HEAD')).toMatchObject({ code: 0, keys: [], codes: [] });
  place.write('ondelete.config.yaml', config('cascade', 'set null'));
  const since = await diffed('--since', 'HEAD');
  expect(since).toMatchObject({ code: 1, keys: ['notes(order_id) -> orders(id)'], codes: [] });
  expect(since.stderr).toContain('Only what changed since HEAD: 1 difference and 2 findings left out.');
  expect((await diffed()).keys).toHaveLength(2);
});

test('a migration that is new belongs to it', async () => {
  expect((await place.run(['generate'])).code).not.toBe(2);
  expect((await diffed('--since', 'HEAD')).codes).toEqual(['MIGRATION_PENDING']);
  git('add', '.');
  git('commit', '-q', '-m', 'written');
  expect((await diffed('--since', 'HEAD')).codes).toEqual([]);
  expect((await diffed('--since', 'HEAD~1')).codes).toEqual(['MIGRATION_PENDING']);
});

test('a policy that the commit does not have is new as a whole', async () => {
  git('rm', '-q', '--cached', 'ondelete.config.yaml');
  git('commit', '-q', '-m', 'without');
  expect((await diffed('--since', 'HEAD')).keys).toEqual(['order_items(order_id) -> orders(id)']);
});

test.each(['nowhere', '--output=x', ''])('a commit that git does not know is one line: %j', async (ref) => {
  const { code, stderr } = await diffed(`--since=${ref}`);
  expect(code).toBe(2);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
