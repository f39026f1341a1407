// The example of every code, as `explain` prints it: made on a real server, it shows the code.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { examples } from '../../src/core/codes/examples/index.ts';
import { catalogue } from '../../src/core/codes/index.ts';
import { engineNames } from '../../src/core/model.ts';
import { ondelete } from '../support/shared-cli.ts';
import { enginesUnderTest } from '../support/database.ts';

const root = join(import.meta.dirname, '../..');
const all = Object.entries(examples);
/** One server of each engine, the newest of this run, unless an example names another. */
const usual = engineNames.flatMap((flavor) => {
  const servers = enginesUnderTest().filter(({ engine, id }) => engine === flavor && !id.endsWith('-native'));
  return servers.slice(-1);
});

const runs = all.flatMap(([code, example]) => {
  if (example.kind === 'described') return [];
  const servers =
    example.server === undefined
      ? usual.filter(({ engine }) => example.on.includes(engine) && isOneOfTwo(engine, example))
      : enginesUnderTest().filter(({ id }) => id === example.server);
  return servers.map((server) => ({ code, example, server, id: server.id }));
});

/** What `diff` says of a policy is the same code on every engine: two of them are enough. */
function isOneOfTwo(
  engine: string,
  { on, command }: { readonly on: readonly string[]; readonly command: string },
): boolean {
  return command !== 'diff' || on.length < engineNames.length || engine === 'sqlite' || engine === 'postgres';
}

describe.each(runs)('$code on $id', ({ code, example, server }) => {
  test('shows it', async () => {
    const database = await server.open();
    const folder = mkdtempSync(join(tmpdir(), 'ondelete-example-'));
    try {
      const loaded = await database.client(example.schema);
      expect({ code: loaded.code, stderr: loaded.stderr }).toMatchObject({ code: 0 });
      writeFileSync(join(folder, 'ondelete.config.yaml'), `${example.config}\n`);
      const words = [...example.command.split(' '), '-d', database.url, '--format', 'json'];
      const { stdout, stderr } = await ondelete(words, { cwd: folder });
      expect(codesIn(stdout, stderr)).toContain(code);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await database.drop();
    }
  });
});

/** Every `code` and `reason` of a report, at any depth. */
function codesIn(report: string, stderr: string): readonly string[] {
  const found: string[] = [];
  try {
    JSON.parse(report, (name, value: unknown) => {
      if (typeof value === 'string' && Object.hasOwn(catalogue, value)) found.push(value);
      return name === '' ? null : value;
    });
  } catch {
    return [report, stderr];
  }
  return found.length === 0 ? [report, stderr] : found;
}

test('what is only told names a test that raises it', () => {
  const unproven = all.filter(([code, example]) => {
    if (example.kind === 'run') return false;
    const file = join(root, example.test);
    return !existsSync(file) || !readFileSync(file, 'utf8').includes(code);
  });
  expect(unproven.map(([code]) => code)).toEqual([]);
});

test('every code of the database has an example', () => {
  const codes = Object.keys(catalogue).filter((code) => !code.startsWith('ORM_'));
  expect(Object.keys(examples).sort()).toEqual(codes.sort());
});
