// Golden files: what a case gives must be what is committed; UPDATE=1 (npm run test:update) rewrites them.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';

const updating = process.env['UPDATE'] === '1';

/**
 * Compares a folder of goldens with what a test produced, file by file. A golden that nothing produces fails.
 * @param produced relative path → content
 */
export function expectGoldens(folder: string, produced: ReadonlyMap<string, string>): void {
  if (updating) {
    rmSync(folder, { recursive: true, force: true });
    for (const [path, content] of produced) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  }
  expect(filesBelow(folder)).toEqual([...produced.keys()].sort());
  for (const [path, content] of produced) expect(content).toBe(readFileSync(join(folder, path), 'utf8'));
}

/** Relative paths of all files, sorted; none for a folder that is not there. */
export function filesBelow(folder: string, prefix = ''): readonly string[] {
  if (!existsSync(join(folder, prefix))) return [];
  return readdirSync(join(folder, prefix))
    .flatMap((name) => {
      const path = prefix === '' ? name : `${prefix}/${name}`;
      return statSync(join(folder, path)).isDirectory() ? filesBelow(folder, path) : [path];
    })
    .sort();
}
