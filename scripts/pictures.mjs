// `npm run pictures`: the pictures of the docs, made of the shop in examples/shop with the built command line and Chromium.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const mostBytes = 150_000;

const folder = mkdtempSync(join(tmpdir(), 'ondelete-pictures-'));
try {
  const database = new Database(join(folder, 'shop.db'));
  database.exec(readFileSync(join(root, 'examples/shop/schema.sql'), 'utf8'));
  database.close();
  copyFileSync(join(root, 'examples/shop/ondelete.config.yaml'), join(folder, 'ondelete.config.yaml'));
  run(process.execPath, [join(root, 'dist/src/main.js'), 'report', '--output', 'report.html'], folder);
  const executablePath = run('which', ['chromium'], folder).trim();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  for (const [name, width, height] of /** @type {const} */ ([
    ['report', 1000, 1080],
    ['report-phone', 390, 1400],
  ])) {
    const page = await browser.newPage({ viewport: { width, height } });
    await page.goto(pathToFileURL(join(folder, 'report.html')).href);
    // The path of the folder is nobody's business.
    await page.evaluate(
      `for (const one of document.querySelectorAll('h1, title')) one.textContent = one.textContent.replace(/\\/.*\\//, '')`,
    );
    await page.locator('#tree summary', { hasText: 'carts' }).click();
    if (width < 800) await page.evaluate("document.getElementById('table').scrollIntoView()");
    const path = join(root, 'docs/pictures', `${name}.png`);
    await page.screenshot({ path });
    const { size } = statSync(path);
    if (size > mostBytes) throw new Error(`${path} has ${size} bytes, more than ${mostBytes}`);
    process.stdout.write(`docs/pictures/${name}.png: ${size} bytes\n`);
  }
  await browser.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {string} program @param {readonly string[]} words @param {string} cwd @returns {string} */
function run(program, words, cwd) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
  return stdout;
}
