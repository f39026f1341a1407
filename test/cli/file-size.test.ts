// What a reviewer has to read: how long whole files are, for keys without peculiarities. The machinery stands once, a key costs lines.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Snapshot } from '../../src/core/model.ts';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

/** Lines of a file, and for each key more; bytes of a key in the up and the down file together. */
const engines = [
  { engine: 'postgres', recorded: 'postgres-14', lines: 130, perKey: 5, bytes: 1250 },
  { engine: 'mysql', recorded: 'mysql-9.7', lines: 80, perKey: 8, bytes: 1250 },
  { engine: 'mariadb', recorded: 'mariadb-10.11', lines: 80, perKey: 8, bytes: 1250 },
  { engine: 'sqlite', recorded: 'sqlite', lines: 80, perKey: 4, bytes: 1250 },
];

/** The recorded schema with its child table many times. */
function snapshotOf(recorded: string, count: number): Snapshot {
  const file = join(import.meta.dirname, '../cases/line-items', recorded, 'snapshot.json');
  const snapshot = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
  const copies = <T>(all: readonly T[], isChild: (one: T) => boolean): readonly T[] =>
    all.flatMap((one) =>
      isChild(one)
        ? Array.from({ length: count }, (_, at) => {
            const name = `order_items_${String(at).padStart(5, '0')}`;
            return JSON.parse(JSON.stringify(one).replaceAll('order_items', name)) as T;
          })
        : [one],
    );
  return {
    ...snapshot,
    tables: copies(snapshot.tables, ({ name }) => name === 'order_items'),
    foreignKeys: copies(snapshot.foreignKeys, ({ child }) => child.name === 'order_items'),
  };
}

describe.each(engines)('$engine', ({ recorded, lines, perKey, bytes }) => {
  let project: Project;
  beforeAll(() => {
    project = openProject(ondelete);
    project.write(
      'ondelete.config.yaml',
      "policy:\n  rules:\n    - { match: 'order_items_* -> orders', onDelete: cascade, reason: part of its order }\n",
    );
  });
  afterAll(() => project.remove());

  async function filesOf(count: number): Promise<Readonly<Record<'up' | 'down', string>>> {
    project.write('snapshot.json', JSON.stringify(snapshotOf(recorded, count)));
    const out = `keys-${count}`;
    const made = await project.run([
      'generate',
      '--snapshot',
      'snapshot.json',
      '--tool',
      'sql',
      '--out',
      out,
    ]);
    expect([made.code, made.stderr.split('\n')[0]]).toEqual([0, expect.stringContaining('Wrote 2 files')]);
    const names = readdirSync(project.path(out));
    expect(names).toHaveLength(2);
    const textOf = (end: string): string =>
      readFileSync(join(project.path(out), names.find((name) => name.endsWith(end)) ?? ''), 'utf8');
    return { up: textOf('.up.sql'), down: textOf('.down.sql') };
  }

  test.each([1, 30])('%s keys: lines in bounds, none of them long', async (count) => {
    for (const text of Object.values(await filesOf(count))) {
      const all = text.trimEnd().split('\n');
      expect(all.length).toBeLessThanOrEqual(lines + perKey * count);
      // The last line is for programs.
      expect(all.slice(0, -1).filter((line) => line.length > 160)).toEqual([]);
    }
  });

  test('a key takes at most 1,000 bytes of a file, and little in both', async () => {
    const sizes = (files: Readonly<Record<'up' | 'down', string>>): readonly number[] =>
      [files.up, files.down].map((text) => Buffer.byteLength(text));
    const [few, many] = [sizes(await filesOf(20)), sizes(await filesOf(120))];
    const each = many.map((size, at) => (size - (few[at] ?? 0)) / 100);
    expect(Math.max(...each)).toBeLessThanOrEqual(1000);
    expect(each.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(bytes);
  });
});
