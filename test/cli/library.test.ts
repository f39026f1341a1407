// docs/library.md: its examples compile as they stand, for every way to resolve modules, and do what is written above them.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import type { RawPolicy, RawRule } from '../../src/config/schema.ts';
import * as library from '../../src/index.ts';
import type { PolicyInput, RuleInput } from '../../src/index.ts';
import { type CliResult, environmentFor, run } from '../support/cli.ts';
import { openProject, type Project, shopConfig, shopSchema } from '../support/project.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/library.md'), 'utf8');
const examples = new Map(
  [...page.matchAll(/^```ts (\S+)\n([^]*?)^```$/gm)].map(([, name = '', text = '']) => [name, text]),
);

let place: Project;
beforeAll(() => {
  place = openProject();
  place.sqlite(shopSchema);
  place.write('ondelete.config.yaml', shopConfig);
  place.write('package.json', '{ "private": true, "type": "module" }');
  // The package as it is built, and what an application has beside it.
  mkdirSync(place.path('node_modules'));
  symlinkSync(root, place.path('node_modules/ondelete'));
  for (const name of ['@jest', '@types'])
    symlinkSync(join(root, 'node_modules', name), place.path(`node_modules/${name}`));
  for (const [name, text] of examples) place.write(name, text);
});
afterAll(() => place.remove());

const node = (file: string): Promise<CliResult> => run(process.execPath, [file], { cwd: place.folder });

test('the functions of the library, and no others', () => {
  expect(Object.keys(library).sort()).toEqual(
    ['OndeleteError', 'compare', 'errorCodes', 'open', 'plan', 'reach', 'render'].sort(),
  );
  for (const name of Object.keys(library)) expect(page).toContain(`\`${name}`);
});

test('a policy of a program is what a configuration may hold', () => {
  const policy = (raw: RawPolicy): PolicyInput => raw;
  const rule: keyof RawRule extends keyof RuleInput
    ? keyof RuleInput extends keyof RawRule
      ? true
      : false
    : false = true;
  const keys: keyof PolicyInput extends keyof RawPolicy ? true : false = true;
  expect([policy({}), rule, keys]).toEqual([{}, true, true]);
});

describe('the examples', () => {
  test.each([
    [
      'a bundler',
      { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
      [...examples.keys()],
    ],
    [
      'an application of ES modules',
      { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
      [...examples.keys()],
    ],
    [
      'an application of CommonJS',
      { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
      ['cjs/expect-policy.cts', 'cjs/keys.test.cts'],
    ],
  ])('compile in %s', (_, options, names) => {
    for (const name of names.filter((one) => one.endsWith('.cts')))
      place.write(name, (examples.get(name.slice(4).replace('.cts', '.ts')) ?? '').replace('.js', '.cjs'));
    const files = names.map((name) => place.path(name));
    const strict = {
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: false,
    };
    const program = ts.createProgram(files, {
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts'],
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      ...strict,
      ...options,
      outDir: place.folder,
    });
    const errors = ts
      .getPreEmitDiagnostics(program)
      // Declarations of others are their business; ours are not.
      .filter(({ file }) => file === undefined || !/node_modules\/(?!ondelete)/.test(file.fileName))
      .map(
        ({ file, messageText }) =>
          `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    expect(errors).toEqual([]);
    if (options.module !== ts.ModuleKind.ESNext) program.emit();
  });

  test('a CI check', async () => {
    const { code, stderr } = await node('check.js');
    expect(stderr.split('\n')[0]).toBe(
      'ondelete.config.yaml:4: order_items(order_id) -> orders(id) is NO ACTION, not CASCADE',
    );
    expect(code).toBe(1);
    expect((examples.get('check.ts') ?? '').trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  });

  test('a report', async () => {
    const { code, stdout } = await node('report.js');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'table,deletes rows of,refused by\norders,,order_items\n',
    });
  });

  test('a template', async () => {
    expect(await node('generate.js')).toMatchObject({ code: 0, stderr: '' });
    const [file = ''] = readdirSync(place.path('migrations'));
    const { up, down } = JSON.parse(readFileSync(place.path(`migrations/${file}`), 'utf8')) as Record<
      string,
      string[]
    >;
    expect(up?.join('\n')).toContain('ON DELETE CASCADE');
    expect(down?.length).toBeGreaterThan(0);
  });

  test('an admin page', async () => {
    const env = environmentFor({ PORT: '0' });
    const child = spawn(process.execPath, ['admin.js'], {
      cwd: place.folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const ended = once(child, 'exit').then(() => ['"it has ended"']);
      const [line] = (await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), ended])) as [
        string,
      ];
      const { port } = JSON.parse(line) as { port: number };
      const asked = async (path: string): Promise<Response> => fetch(`http://localhost:${port}${path}`);
      const answers = await Promise.all([asked('/orders/1/delete'), asked('/orders/1/delete')]);
      for (const answer of answers)
        expect(await answer.json()).toEqual({ rows: ['refused: 2 in order_items'], incomplete: null });
      expect((await asked('/orders/1;drop/delete')).status).toBe(404);
    } finally {
      child.kill();
    }
  });

  test('a helper for jest, in jest as it is without settings', async () => {
    const jest = join(root, 'node_modules/jest/bin/jest.js');
    writeFileSync(
      place.path('jest.config.json'),
      '{ "transform": {}, "testMatch": ["**/*.test.cjs"], "moduleFileExtensions": ["cjs", "js", "json", "node"] }',
    );
    const { code, stdout, stderr } = await run(process.execPath, [jest, '--no-cache'], { cwd: place.folder });
    expect(stdout + stderr).toContain('"order_items(order_id) -> orders(id) is NO ACTION, not CASCADE"');
    expect(code).toBe(1);
  });
});

test('what is thrown has a code, a message and a way out', async () => {
  const nothing = { environment: {}, cwd: place.folder, config: false } as const;
  await expect(library.open(nothing)).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
  await expect(library.open({ ...nothing, database: 'none.db' })).rejects.toMatchObject({
    code: 'DATABASE_NOT_FOUND',
  });
  await expect(library.open({ ...nothing, database: 'a', snapshot: 'b' })).rejects.toMatchObject({
    code: 'USAGE',
  });
  const database = await library.open({ ...nothing, database: 'shop.db' });
  try {
    await expect(library.compare(database)).rejects.toMatchObject({ code: 'CONFIG_MISSING' });
    await expect(library.reach(database, { table: 'nobody' })).rejects.toMatchObject({ code: 'USAGE' });
    const policy = { rules: [{ match: 'order_items -> orders', onDelete: 'cascada' }] };
    await expect(library.compare(database, { policy })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(library.plan(database, { policy: {}, tool: 'nothing' })).rejects.toMatchObject({
      code: 'USAGE',
    });
    // The calls before have failed, and the database answers all the same.
    const keep = { policy: { default: 'keep' } };
    expect(await library.compare(database, keep)).toMatchObject({ matches: true, summary: { keys: 1 } });
    expect(library.render(await library.plan(database, keep))).toEqual([]);
  } finally {
    await database.close();
  }
});
