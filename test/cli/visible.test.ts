// Names, reasons and values from a database or a policy reach no output raw: no control character, no mark of direction, no line of their own.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const hostile = 'a\u001b[31mb\r\n::error::c\u202ed\u2028e\u0085f';
const shown = 'a\\u001b[31mb\\r\\n::error::c\\u202ed\\u2028e\\u0085f';
const raw = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

let place: Project;
beforeAll(() => {
  place = openProject(ondelete);
  place.sqlite(
    `PRAGMA foreign_keys = off;
     CREATE TABLE "p ${hostile}" ("k ${hostile}" INTEGER PRIMARY KEY);
     CREATE TABLE "t ${hostile}" (id INTEGER PRIMARY KEY, "c ${hostile}" INTEGER NOT NULL REFERENCES "p ${hostile}");
     INSERT INTO "t ${hostile}" VALUES (1, 7);`,
  );
  const policy = {
    default: 'error',
    rules: [{ match: '* -> *', onDelete: 'cascade', reason: `because ${hostile}` }],
    never: [`"p ${hostile}" ~> "nowhere ${hostile}"`],
  };
  place.write('ondelete.config.json', JSON.stringify({ database: 'shop.db', policy }));
});
afterAll(() => place.remove());

test.each([
  'diff',
  'diff --format markdown',
  'diff --format github',
  'diff --format mermaid',
  'diff --format dot',
  'diff --format sarif',
  'diff --format json',
  'generate --dry-run --full',
  'generate --dry-run --format markdown',
  'generate change --verify',
  'reach',
  'reach --diff',
  'lint',
  'lint --format github',
  'verify --all',
  'snapshot',
  'report',
  'report --format mermaid',
  'init --dry-run --per-key -d shop.db',
])('%s', async (words) => {
  const { stdout, stderr } = await place.run(words.split(' '), { env: { FORCE_COLOR: '' } });
  expect(stderr).not.toContain('unexpected');
  expect(stdout + stderr).not.toBe('');
  expect(stdout).not.toMatch(raw);
  expect(stderr).not.toMatch(raw);
  // Statements that are to be run keep the line breaks that stand in names.
  if (!/markdown|--full/.test(words)) expect(`${stdout}\n${stderr}`).not.toMatch(/^\s*::error::c/m);
});

test('it is escaped and not left out', async () => {
  for (const words of [['diff'], ['diff', '--format', 'dot'], ['generate', '--dry-run', '--full']])
    expect((await place.run(words)).stdout.replaceAll('\\\\', '\\').replace(/\s+/g, ' ')).toContain(shown);
});

test('the comments of a file', async () => {
  await place.run(['generate', 'again', '--again', '--out', 'files']);
  const [file = ''] = readdirSync(place.path('files')).filter((name) => name.endsWith('.up.sql'));
  const comments = readFileSync(place.path(`files/${file}`), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('--'));
  expect(comments.join('\n')).toContain(shown);
  expect(comments.join('\n')).not.toMatch(raw);
});
