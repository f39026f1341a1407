// `npx ondelete …` in the commands of a page: the built command line, and no other package.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [name, ...words] = process.argv.slice(2);
if (name !== 'ondelete') throw new Error(`npx ${String(name)}: only ondelete is there`);
const main = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url));
process.exitCode = spawnSync(process.execPath, [main, ...words], { stdio: 'inherit' }).status ?? 1;
