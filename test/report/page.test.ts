// The page of `ondelete report` in a real browser: no network, no error, usable by keyboard, filtered and sorted, printable, short on a phone.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
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
    expect(text).toMatch(/<li class="deletes">.*>t0<\/button><ul><li>also deletes from /);
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

  const tree = (page: Page): Promise<string> => page.locator('#tree').innerText();

  test('20 tables: it opens on the worst table, whose tree opens; before and after', async () => {
    const page = await open('small.html');
    expect(await page.locator('.answer').innerText()).toMatch(/^t0\s+also deletes from t1, t2, t3/);
    const said = page.locator('#said');
    expect(await said.innerText()).toBe(
      'Deleting one row of t0 deletes rows in 3 tables and is refused by rows in 3 tables.',
    );
    expect(await tree(page)).not.toContain('t2');
    await page.locator('#tree summary', { hasText: 't1' }).click();
    expect(await tree(page)).toMatch(/deletes\s+t2\s*new\s+by up CASCADE.*\s+t0 → t1 → t2/);
    expect(await tree(page)).not.toContain('t4');
    await page.locator('#open-all').click();
    expect(await tree(page)).toMatch(/refuses\s+t4\s*new\s+by up NO ACTION\s+t0 → t1 → t2 → t3 → t4/);

    await page.check('input[value=before]');
    expect(await said.innerText()).toBe('Deleting one row of t0 is refused by rows in 2 tables.');
    expect(await tree(page)).not.toContain('t4');
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(place.path('small.html')).href]);
    await page.close();
  });

  test('rows are estimated from the data', async () => {
    place.write('rows/ondelete.config.yaml', config.replace('shop.db', '../rows.db'));
    const rows = new Database(place.path('rows.db'));
    rows.exec(`${schema(3)} CREATE INDEX a ON t1 (up); CREATE INDEX b ON t2 (up); INSERT INTO t0 VALUES (1); INSERT INTO t1 VALUES (1, 1), (2, 1), (3, 1);
      INSERT INTO t2 VALUES (1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3); ANALYZE;`);
    rows.close();
    const words = ['report', '--config', 'rows/ondelete.config.yaml', '--output', 'rows.html'];
    expect((await place.run(words)).code).toBe(0);
    const page = await open('rows.html');
    expect(await page.locator('.answer').innerText()).toContain('deletes about 10 rows in total');
    expect(await tree(page)).toContain('by up CASCADE; about 3 rows');
    await page.close();
  });

  test('the neighbours stand above and below, and lead to each other, by mouse and keyboard', async () => {
    const page = await open('small.html');
    await page.fill('#pick', 't2');
    await page.press('#pick', 'Enter');
    const place = async (text: string): Promise<number> =>
      (await page.locator('#around').getByText(text, { exact: true }).boundingBox())?.y ?? NaN;
    const [above, own, below] = [await place('t1'), await place('t2'), await place('t3')];
    expect(above).toBeLessThan(own);
    expect(own).toBeLessThan(below);
    expect(await page.locator('.children').innerText()).toMatch(/t3\s+up\s+NO ACTION → CASCADE/);
    await page.locator('.children button').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#said').innerText()).toContain('Deleting one row of t3');
    await page.locator('#keys button.go', { hasText: /^t0$/ }).first().click();
    expect(await page.locator('#said').innerText()).toContain('Deleting one row of t0');
    await page.fill('#pick', 'nothing');
    await page.press('#pick', 'Enter');
    expect(await page.locator('#said').innerText()).toBe('No table is called nothing.');
    await page.close();
  });

  test('dark and print', async () => {
    const page = await open('small.html');
    const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect([light, await ground()]).toEqual(['rgb(255, 255, 255)', 'rgb(20, 23, 27)']);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await ground()).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.tools').first().isVisible()).toBe(false);
    expect(await page.locator('#keys tr[data-key]:visible').count()).toBe(20);
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
    await page.close();
  });

  test('the policy of the page lets nothing out', async () => {
    const page = await open('small.html');
    const sent = await page.evaluate("fetch('https://example.org/').then(() => 'sent', () => 'held')");
    expect(sent).toBe('held');
    expect(complaints.join()).toContain('Content Security Policy');
    await page.close();
  });

  test('keys filter, sort, and are shown by rule again', async () => {
    const page = await open('small.html');
    const shown = async (): Promise<readonly string[]> =>
      (await page.locator('#keys tr[data-key]:visible td:first-child').allInnerTexts()).map((one) =>
        one.trim(),
      );
    expect(await shown()).toHaveLength(8);
    await page.selectOption('#will', 'CASCADE');
    expect(await shown()).toEqual(['t1', 't2', 't3']);
    await page.selectOption('#will', '');
    await page.fill('#word', 't1(up)');
    expect(await shown()).toEqual(['t1']);
    await page.fill('#word', 't1');
    const column = page.locator('#keys thead button', { hasText: 'Child' });
    await column.click();
    const up = await shown();
    expect(up.slice(0, 3)).toEqual([hostile.replace('\u2028', '\\u2028'), 't1', 't2']);
    expect(up.at(-1)).toBe('t19');
    await column.click();
    expect(await shown()).toEqual([...up].reverse());
    expect(await page.locator('#keys [aria-sort=descending]').innerText()).toBe('Child');
    expect(await page.locator('tr.rule:visible').count()).toBe(0);
    await column.click();
    expect(await page.locator('tr.rule:visible').count()).toBe(2);
    await page.fill('#word', '');
    await page.locator('#more').click();
    expect(await shown()).toHaveLength(20);
    await page.close();
  });

  // A policy that changes three quarters of the keys, with many rules, is the largest page.
  test('1,000 tables: nothing is wider than the screen, the page stays short, everything is found', async () => {
    place.sqlite(schema(1000).split('\n').slice(20).join('\n'));
    const rules = Array.from({ length: 30 }, (_, at) => at + 10).map(
      (at) =>
        `    - { match: 't${at}* -> *', onDelete: ${['cascade', 'set null', 'restrict'][at % 3] ?? ''} }\n`,
    );
    place.write('ondelete.config.yaml', config + rules.join(''));
    expect((await place.run(['report', '--output', 'large.html'])).code).toBe(0);
    const page = await open('large.html');
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThan(7000);
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThan(14_000);
    // Text that is squeezed into a column of single letters is as narrow as they are.
    expect(
      await page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, li, p:not(.chosen), summary, .box, .tile, tr[data-key]:not([hidden])')].filter((one) => one.checkVisibility() && one.clientWidth > 0 && one.clientWidth < 80).length",
      ),
    ).toBe(0);
    expect(await page.locator('#keys tr[data-key]').count()).toBe(1000);
    await page.fill('#word', 't777');
    expect(await page.locator('#found').innerText()).toBe('2 of 1,000 keys, 2 shown');
    await page.fill('#pick', 't777');
    await page.press('#pick', 'Enter');
    expect(await page.locator('#said').innerText()).toContain('Deleting one row of t777');
    expect(await page.locator('.children').innerText()).toContain('t778');
    await page.fill('#word', '');
    await page.fill('#pick', 't0');
    await page.press('#pick', 'Enter');
    expect(await page.locator('#around li.box').count()).toBe(16);
    await page.locator('#around button', { hasText: '84 more tables' }).click();
    expect(await page.locator('#word').inputValue()).toBe('t0');
    expect(complaints).toEqual([]);
    await page.close();
  });
});
