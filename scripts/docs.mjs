// `npm run docs`: the pages of the repository as a static site in site/, built by VitePress, which is fetched into .cache on first use.
// DOCS_BASE=/path/ where the site is not at the root of its host.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './build.mjs';

const version = '1.6.4';
const tool = join(ROOT, '.cache', `vitepress-${version}`);
const program = join(tool, 'node_modules/vitepress/bin/vitepress.js');
if (!existsSync(program)) {
  mkdirSync(tool, { recursive: true });
  writeFileSync(join(tool, 'package.json'), '{ "private": true }\n');
  run('npm', ['install', '--no-audit', '--no-fund', '--prefix', tool, `vitepress@${version}`]);
}
run(process.execPath, [program, 'build', join(ROOT, 'scripts/site')]);
for (const folder of ['ci', 'template', 'demo'])
  cpSync(join(ROOT, 'examples', folder), join(ROOT, 'site/examples', folder), { recursive: true });
process.stdout.write('site/: open it with any web server, such as `npx serve site`\n');

/** @param {string} command @param {readonly string[]} words */
function run(command, words) {
  const { status } = spawnSync(command, words, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
