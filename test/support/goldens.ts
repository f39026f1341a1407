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

const width = 160;

/** JSON of which a table is a screenful: its columns and indexes one below the other, and what is short side by side. */
export function readableJson(value: unknown, indent = ''): string {
  const oneLine = JSON.stringify(value, null, 1).replaceAll(/\n */g, ' ');
  if (typeof value !== 'object' || value === null || indent.length + oneLine.length <= width) return oneLine;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const members = value.map((one) => inner + readableJson(one, inner));
    return `[\n${members.join(',\n')}\n${indent}]`;
  }
  const lines: string[] = [];
  for (const [name, one] of Object.entries(value)) {
    const member = `${JSON.stringify(name)}: ${readableJson(one, inner)}`;
    const joined = `${lines.at(-1) ?? ''}, ${member}`;
    if (lines.length > 0 && !joined.includes('\n') && joined.length <= width) lines.splice(-1, 1, joined);
    else lines.push(inner + member);
  }
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** How `after` differs from `before`, line by line: `-` for a line that goes, `+` for one that comes. With `before` it says all of `after`. */
export function lineDifference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')];
  /** For each pair of places: how many lines both have in common from there on. */
  const common = Array.from({ length: old.length + 1 }, () => Array<number>(now.length + 1).fill(0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const row = common[i];
      if (row !== undefined)
        row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: string[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length;) {
    if (i < old.length && j < now.length && old[i] === now[j]) [i, j] = [i + 1, j + 1];
    else if (i < old.length && (j === now.length || at(i + 1, j) >= at(i, j + 1)))
      lines.push(`- ${old[i++] ?? ''}`);
    else lines.push(`+ ${now[j++] ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}
