import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findConfig, readConfig } from '../../src/config/read.ts';
import { failureText } from '../support/configs.ts';

describe('a configuration is found', () => {
  let root = '';
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'ondelete-config-')));
    await mkdir(join(root, 'repo/.git'), { recursive: true });
    await mkdir(join(root, 'repo/packages/app'), { recursive: true });
    await mkdir(join(root, 'plain/inner'), { recursive: true });
    await mkdir(join(root, 'two'), { recursive: true });
    await writeFile(join(root, 'ondelete.config.yaml'), 'tool: outside');
    await writeFile(join(root, 'repo/ondelete.config.yaml'), 'tool: repo');
    await writeFile(join(root, 'plain/ondelete.config.json'), '{"tool": "plain"}');
    await writeFile(join(root, 'two/ondelete.config.yml'), '');
    await writeFile(join(root, 'two/ondelete.config.ts'), '');
  });
  afterAll(() => rm(root, { recursive: true }));
  const read = (folder: string, file?: string) =>
    readConfig({ cwd: join(root, folder), file, environment: {} });
  const failure = (folder: string, file?: string) => read(folder, file).then(() => 'read', failureText);

  test('upward to the repository root and no further; outside a repository to the root of the file system', async () => {
    expect(await findConfig(join(root, 'repo/packages/app'))).toBe(join(root, 'repo/ondelete.config.yaml'));
    expect((await read('repo/packages/app'))?.tool).toEqual({
      text: 'repo',
      position: { file: '../../ondelete.config.yaml', line: 1, column: 7 },
    });
    expect((await read('plain'))?.tool?.text).toBe('plain');
    expect((await read('plain/inner'))?.tool?.text).toBe('plain');
    await rm(join(root, 'repo/ondelete.config.yaml'));
    expect(await read('repo')).toBeNull();
  });

  test('two in one folder, and named files that cannot be read', async () => {
    expect(await failure('two')).toBe(
      'CONFIG_INVALID two configurations in one folder: ondelete.config.ts and ondelete.config.yml | Remove one, or name the one to use with --config.',
    );
    expect(await failure('two', 'ondelete.config.yml')).toBe('read');
    expect(await failure('two', 'none.yaml')).toBe(
      'CONFIG_MISSING none.yaml does not exist | Check the path after --config, or run `ondelete init`.',
    );
    expect(await failure('two', '../plain')).toMatch(/^CONFIG_INVALID \.\.\/plain is not a kind of file/);
    await mkdir(join(root, 'folder.yaml'));
    expect(await failure('', 'folder.yaml')).toBe('CONFIG_INVALID folder.yaml is not a file');
  });

  test('a rule in code has the position of its pattern', async () => {
    const code = [
      "// match: 'b -> c' is not here",
      'const both = { onDelete: "cascade" };',
      'export default {',
      "  database: 'sqlite:shop.db',",
      '  policy: { rules: [',
      "    { match: 'a -> c', ...both },",
      '    { onDelete: `set null`, match: ["b -> c", "b -> d"] },',
      "    { match: ['x', 'y'].map((name) => `${name} -> c`), onDelete: 'cascade' },",
      "    { match: 'a -> c', onDelete: 'keep' },",
      '  ] },',
      '};',
    ];
    await writeFile(join(root, 'rules.ts'), code.join('\n'));
    const rules = (await read('', 'rules.ts'))?.policy?.rules ?? [];
    const at = rules.map(({ match }) => match.map(({ position: { line, column } }) => [line, column]));
    expect(at).toEqual([
      [[6, 14]],
      [
        [7, 37],
        [7, 47],
      ],
      // Computed: where the rules begin.
      [
        [6, 14],
        [6, 14],
      ],
      [[9, 14]],
    ]);
  });

  test('modules by their default export', async () => {
    const modules = {
      'a.mjs': 'export default { tool: "mjs" }',
      'b.ts': 'const tool: string = "ts"; export default { tool } satisfies object',
      'none.mjs': 'export const tool = 1',
      'throws.mjs': 'throw new Error("mysql://me:secret@host is down")',
      'wrong.mjs': 'export default { tool: 1 }',
    };
    for (const [name, content] of Object.entries(modules)) await writeFile(join(root, name), content);
    expect((await read('', 'a.mjs'))?.tool).toEqual({
      text: 'mjs',
      position: { file: 'a.mjs', line: 1, column: 24 },
    });
    expect((await read('', 'b.ts'))?.tool?.text).toBe('ts');
    expect(await failure('', 'none.mjs')).toBe(
      'CONFIG_INVALID none.mjs:1:1: the file has no default export | End it with `export default { … }`.',
    );
    expect(await failure('', 'throws.mjs')).toBe(
      'CONFIG_INVALID throws.mjs:1:1: the file cannot be loaded: mysql://me:***@host is down | Run it by itself to see where it fails.',
    );
    expect(await failure('', 'wrong.mjs')).toBe(
      'CONFIG_INVALID wrong.mjs:1:1: `tool` must be the name of a migration tool, not 1',
    );
  });
});
