// The page of `ondelete report` in a real browser: no network, no error, usable by keyboard, searchable, printable.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { chromiumPath, launch } from './browser.ts';

const path = chromiumPath();
const inBrowser = path === null ? describe.skip : describe;

let place: Project;
beforeAll(() => {
  place = openProject(ondelete);
});
afterAll(() => place.remove());

/** A chain with a hub: table 0 is the parent of every tenth, each other hangs below the one before. */
function schema(tables: number): string {
  return Array.from({ length: tables }, (_, at) =>
    at === 0
      ? 'CREATE TABLE t0 (id INTEGER PRIMARY KEY);'
      : `CREATE TABLE t${at} (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t${at % 10 === 0 ? 0 : at - 1} (id));`,
  ).join('\n');
}

const config = `database: shop.db
policy:
  default: keep
  rules:
    - { match: 't{1,2,3} -> *', onDelete: cascade }
`;

const hostile = '</script><script>alert(1)</script>\u2028<img src=x onerror=alert(1)>';

describe('the file', () => {
  test('is written, written anew, and no other file is overwritten', async () => {
    place.sqlite(
      `${schema(20)} CREATE TABLE "${hostile}" (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t1 (id));`,
    );
    place.write('ondelete.config.yaml', config);
    const first = await place.run(['report', '--output', 'small.html']);
    expect([first.code, first.stdout]).toEqual([0, '']);
    const text = readFileSync(place.path('small.html'), 'utf8');
    expect(text).toContain("default-src 'none'");
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text).not.toMatch(/<img|\u2028|https?:\/\/(?!www\.w3\.org)/);
    expect((await place.run(['report', '--output', 'small.html'])).code).toBe(0);
    expect(readFileSync(place.path('small.html'), 'utf8')).toBe(text);
    place.write('mine.html', '<p>mine</p>');
    const refused = await place.run(['report', '--output', 'mine.html']);
    expect([refused.code, refused.stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(readFileSync(place.path('mine.html'), 'utf8')).toBe('<p>mine</p>');
  });

  test('holds the keys and the plan without a script', () => {
    const text = readFileSync(place.path('small.html'), 'utf8');
    expect(text.match(/<tr data-key=/g)).toHaveLength(20);
    expect(text).toContain('blocks reads and writes');
    expect(text.match(/<tr class="rule">/g)).toHaveLength(2);
    expect(text).toMatch(/<li class="deletes"><strong>t0<\/strong>: also deletes from /);
    expect(text).toContain('and 2 statements of the same shape');
  });
});

inBrowser('in Chromium', () => {
  let browser: Browser;
  const complaints: string[] = [];
  const requests: string[] = [];
  beforeAll(async () => {
    browser = await launch(path ?? '');
  });
  afterAll(() => browser.close());

  async function open(name: string): Promise<Page> {
    complaints.length = 0;
    requests.length = 0;
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(place.path(name)).href);
    return page;
  }

  test('20 tables: search, reach, before and after, dark, print', async () => {
    const page = await open('small.html');
    const detail = page.locator('#detail');
    await page.fill('#search', 't0');
    await page.press('#search', 'Enter');
    expect(await detail.innerText()).toContain('Deleting one row of t0');
    expect(await detail.innerText()).toMatch(/t3 \(new\)\s+t0 → t1 → t2 → t3/);
    expect(await page.locator('.table.deleted').count()).toBe(3);
    await page.check('input[value=before]');
    expect(await page.locator('.table.deleted').count()).toBe(0);
    expect(await detail.innerText()).toContain('Refused by rows in');
    await page.check('input[value=after]');
    await page.keyboard.press('Escape');
    await page.fill('#search', '');

    const node = page.locator('.table[aria-label="t2"]');
    await node.focus();
    await page.keyboard.press('Enter');
    expect(await detail.innerText()).toContain('Deleting one row of t2');
    await page.locator('#fit').click();
    await page.locator('.table[aria-label="t1"]').click();
    expect(await detail.innerText()).toContain('Deleting one row of t1');
    const button = page.locator('#keys button', { hasText: /^t0$/ }).first();
    await button.focus();
    await page.keyboard.press('Enter');
    expect(await detail.innerText()).toContain('Deleting one row of t0');

    const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect([light, await ground()]).toEqual(['rgb(255, 255, 255)', 'rgb(20, 23, 27)']);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await ground()).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.tools').isVisible()).toBe(false);
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(place.path('small.html')).href]);
    await page.close();
  });

  test('on a telephone nothing is wider than the screen', async () => {
    const page = await open('small.html');
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await page.close();
  });

  test('the policy of the page lets nothing out', async () => {
    const page = await open('small.html');
    const sent = await page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'held')");
    expect(sent).toBe('held');
    expect(complaints.join()).toContain('Content Security Policy');
    await page.close();
  });

  test('1,000 tables: what changes is drawn, everything is found', async () => {
    place.sqlite(schema(1000).split('\n').slice(20).join('\n'));
    expect((await place.run(['report', '--output', 'large.html'])).code).toBe(0);
    const page = await open('large.html');
    const drawn = await page.locator('.table').count();
    expect(drawn).toBeGreaterThan(4);
    expect(drawn).toBeLessThanOrEqual(80);
    expect(await page.locator('.key.changed[data-key]').count()).toBe(3);
    expect(await page.locator('#keys tr[data-key]').count()).toBe(1000);
    await page.fill('#search', 't777');
    expect(await page.locator('#found').innerText()).toContain('1 table, 2 keys');
    await page.press('#search', 'Enter');
    expect(await page.locator('#detail').innerText()).toMatch(/Deleting one row of t777[\s\S]*t778/);
    expect(await page.locator('#keys tr[data-key]:visible').count()).toBe(2);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
