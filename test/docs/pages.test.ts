// The docs as a whole: every link leads somewhere, every page is in the contents, every code that a page names is one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import { plot } from '../../bench/peers/plot.mjs';
import { enginesText, verdictsText } from '../../bench/peers/tables.mjs';
import type { Measured } from '../../bench/peers/measure.mjs';
import { errorCodes } from '../../src/core/errors.ts';
import { catalogue } from '../../src/core/codes/index.ts';

const root = join(import.meta.dirname, '../..');
const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/sqlalchemy/README.md',
  ...inDocs.map((name) => `docs/${name}`),
];
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const withoutCode = (text: string): string => text.replace(/^```[^]*?^```/gm, '');
const linksOf = (page: string): readonly string[] =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);

/** As forges make them of headings. */
function anchorsOf(path: string): readonly string[] {
  return [...withoutCode(read(path)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(pages)('every link of %s leads somewhere', (page) => {
  const broken = linksOf(page).filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? page : relative(root, join(root, dirname(page), path));
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test('every page is in the contents, and the README leads there', () => {
  const listed = new Set(linksOf('docs/index.md').map((target) => target.split('#')[0]));
  expect(inDocs.filter((name) => name !== 'index.md' && !listed.has(name))).toEqual([]);
  expect(linksOf('README.md')).toContain('docs/index.md');
});

test('every picture is small, and on a page', () => {
  const shown = new Set(inDocs.flatMap((name) => linksOf(`docs/${name}`)));
  for (const name of readdirSync(join(root, 'docs/pictures'))) {
    expect(shown).toContain(`pictures/${name}`);
    expect(readFileSync(join(root, 'docs/pictures', name)).length).toBeLessThanOrEqual(150_000);
  }
});

test('troubleshooting has every error', () => {
  const page = read('docs/troubleshooting.md');
  expect(errorCodes.filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([]);
});

test.each(['docs/orm-start.md', 'docs/orm.md', 'docs/how-it-works.md', 'README.md'])(
  'every code in %s is one',
  (page) => {
    const known = new Set(Object.keys(catalogue));
    const named = [...withoutCode(read(page)).matchAll(/`([A-Z]{3,}(?:_[A-Z]+)+)`/g)].map(
      ([, code = '']) => code,
    );
    const variables = /^(DATABASE|SCRATCH|ONDELETE|MYSQL|PG|VIRTUAL|FLASK|SQLITE|SET)_/;
    expect(named.filter((code) => !known.has(code) && !variables.test(code))).toEqual([]);
  },
);

test('the page of speed, and its picture, say what was measured', () => {
  const measured = JSON.parse(read('bench/peers/measured.json')) as readonly Measured[];
  const page = read('docs/performance.md');
  expect(page).toContain(enginesText(measured));
  expect(page).toContain(verdictsText(measured));
  expect(read('docs/pictures/performance.svg')).toBe(plot(measured));
});
