// npm publish: the registry's page finds the links of the README by `repository`; without it they lead nowhere.
import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
if (manifest.repository === undefined) {
  console.error(
    'package.json names no `repository`: the links of the README would lead nowhere on the registry’s page',
  );
  process.exitCode = 1;
}
