#!/usr/bin/env node
/** The executable. `--version` is answered before anything is loaded, `--help` before the parser is. */
import { readFileSync } from 'node:fs';

const [argument] = process.argv.slice(2);
if (process.argv.length === 3 && (argument === '--version' || argument === '-v')) {
  process.stdout.write(`${packageVersion()}\n`);
} else if (process.argv.length === 3 && (argument === '--help' || argument === '-h')) {
  const { helpText } = await import('./commands/index.ts');
  process.stdout.write(`${helpText()}\n`);
} else {
  const { main } = await import('./cli.ts');
  await main(process.argv.slice(2), packageVersion());
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
