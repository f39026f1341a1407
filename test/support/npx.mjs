// `npx …` in the commands of a page: the built command line, or a program of a package that the project has.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [name = '', ...words] = process.argv.slice(2);
const main = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url));
const [program, before] =
  name === 'ondelete' ? [process.execPath, [main]] : [resolve('node_modules/.bin', name), []];
process.exitCode = spawnSync(program, [...before, ...words], { stdio: 'inherit' }).status ?? 1;
