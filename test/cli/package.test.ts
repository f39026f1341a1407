// `npm pack` into an empty project: what a user gets, and how it says what is missing.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, sep } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { publint } from 'publint';
import { installCommand } from '../../src/core/packages.ts';
import { closedLoop } from '../package/loop.mjs';
import { ondelete, pack, type Packed, projectWith } from '../package/project.mjs';
import { shopSchema } from '../support/project.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'ondelete-pack-'));
let packed: Packed;
let project: string;
let own: string;
beforeAll(() => {
  packed = pack(folder);
  project = projectWith([packed.tarball]);
  own = join(project, 'node_modules/ondelete');
});
afterAll(() => {
  for (const one of [folder, project]) rmSync(one, { recursive: true, force: true });
});

const text = (file: string): string => readFileSync(join(own, file), 'utf8');

describe('the package', () => {
  test('holds every asset of the sources', () => {
    const assets = ['src', 'dialects', 'migrations-templates'].flatMap((top) =>
      readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
        .map((path) => posix.join(top, path.split(sep).join('/')))
        .filter((path) => /\.runtime\.ts$|(?<!\.ts)$/.test(path) && statSync(join(root, path)).isFile()),
    );
    expect(assets.length).toBeGreaterThan(15);
    expect(assets.filter((path) => !packed.files.includes(`dist/${path}`))).toEqual([]);
  });

  test('every link between its pages leads somewhere', () => {
    const pages = packed.files.filter((path) => path.endsWith('.md'));
    expect(pages.length).toBeGreaterThan(12);
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  test('its registry page can resolve the links: they are relative, and publishing asks for `repository`', () => {
    const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
    expect(scripts['prepublishOnly']).toContain('before-publish');
    expect(text('README.md')).not.toMatch(/\]\(\//);
  });

  test('is what publint calls right', async () => {
    const { messages } = await publint({ pkgDir: own, pack: false });
    expect(messages).toEqual([]);
  });

  test('is small: what PostgreSQL, MySQL and MariaDB need has less than 15 MB', () => {
    expect(sizeOf(join(project, 'node_modules'))).toBeLessThan(15e6);
    for (const name of ['better-sqlite3', '@electric-sql/pglite', 'kysely', 'zod'])
      expect(existsSync(join(project, 'node_modules', name))).toBe(false);
  });

  test('names what it contains of others', () => {
    for (const name of ['kysely', 'yaml', 'yargs', 'zod'])
      expect(text('dist/bundle/LICENSES.txt')).toMatch(new RegExp(`^${name} \\d.* \\((MIT|ISC)\\)$`, 'm'));
  });
});

/** Links of a page to files and headings that are not in the package. */
function brokenLinks(page: string): readonly string[] {
  const prose = text(page).replace(/^```[^]*?^```/gm, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : posix.join(dirname(page), path);
      if (!packed.files.includes(file)) return true;
      return anchor !== undefined && !anchorsOf(text(file)).includes(anchor);
    })
    .map((target) => `${page}: ${target}`);
}

/** As forges make them of headings. */
function anchorsOf(markdown: string): readonly string[] {
  return [...markdown.replace(/^```[^]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

describe('a user', () => {
  const place = (name: string): string => join(project, name);
  const link = (name: string): void => {
    symlinkSync(join(root, 'node_modules', name), place(`node_modules/${name}`));
  };
  const oneLine = /^ondelete: [^\n]*\n$/;

  test('starts it, and has the drivers of the servers', () => {
    expect(ondelete(['--version'], project)).toEqual({ code: 0, stdout: '0.1.0\n', stderr: '' });
    const refused = (url: string): string => ondelete(['snapshot', '-d', url], project).stderr;
    expect(refused('postgres://me@127.0.0.1:1/shop')).toContain('cannot reach 127.0.0.1:1');
    expect(refused('mysql://me@127.0.0.1:1/shop')).toContain('cannot connect to 127.0.0.1:1');
  });

  test('is told the one command that brings what is missing, and goes on after it', () => {
    const database = new Database(place('shop.db'));
    database.exec(shopSchema);
    database.close();
    const without = ondelete(['init', '-d', 'shop.db'], project);
    expect(without).toMatchObject({ code: 2, stdout: '' });
    expect(without.stderr).toMatch(oneLine);
    expect(without.stderr).toContain(
      'better-sqlite3, which is not installed. npm install --save-dev better-sqlite3',
    );
    link('better-sqlite3');
    expect(ondelete(['init', '-d', 'shop.db'], project)).toMatchObject({ code: 0 });
    expect(ondelete(['diff'], project)).toMatchObject({ code: 0 });

    expect(ondelete(['report', '--output', 'page.html'], project)).toMatchObject({ code: 0 });
  });

  test('gets a config whose schema an editor finds', () => {
    const written = readFileSync(place('ondelete.config.yaml'), 'utf8');
    const [, schema = ''] = /^# yaml-language-server: \$schema=(.*)$/m.exec(written) ?? [];
    expect(JSON.parse(readFileSync(place(schema), 'utf8'))).toHaveProperty('properties.policy');
    const below = ondelete(['init', '-d', '../shop.db', '--dry-run'], place('empty'), project);
    expect(below.stdout).toContain('$schema=../node_modules/ondelete/ondelete.schema.json');
  });

  test('takes a SQLite file from init to down files', () => {
    const client = (file: string): readonly string[] => ['sqlite3', '-bail', 'shop.db', `.read ${file}`];
    closedLoop(project, process.execPath, { name: 'loop', url: 'shop.db', scratch: null, client });
  });

  test('has the probes that read models', () => {
    const models = ondelete(['facts', '--orm', 'drizzle', '--models', 'nothing.ts'], project);
    expect(models.stderr).toContain('nothing.ts');
  });
});

test.each([
  ['/home/me/shop/node_modules/ondelete/dist/x.js', /^npm install --(global|save-dev) pg$/],
  [
    '/home/me/.npm/_npx/ab12/node_modules/ondelete/dist/x.js',
    /^npx --package ondelete --package pg ondelete …$/,
  ],
  ['/shop/node_modules/.pnpm/ondelete@1/node_modules/ondelete/dist/x.js', /^pnpm add --save-dev pg$/],
  ['/usr/lib/node_modules/ondelete/dist/x.js', /^npm install --global pg$/],
  [join(root, 'src/core/packages.ts'), /^npm install --save-dev pg$/],
])('how a package comes beside %s', (where, command) => {
  expect(installCommand('pg', where)).toMatch(command);
});
