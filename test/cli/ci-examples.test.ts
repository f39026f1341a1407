// The examples for CI: they are YAML, and every call of ondelete in them and in the pages about them is one that there is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import type { Options } from 'yargs';
import { commands, commonFlags } from '../../src/commands/index.ts';

const root = join(import.meta.dirname, '../..');
const examples = readdirSync(join(root, 'examples/ci'));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Calls with their flags, from `ondelete` to the end of the command. */
function callsIn(text: string): readonly (readonly string[])[] {
  return [
    ...text.matchAll(
      /\bondelete ((?:init|diff|generate|reach|verify|snapshot|lint|report|explain|facts)\b[^\n`|>&;)]*)/g,
    ),
  ].map(([, words = '']) => words.trim().split(/\s+/));
}

async function complaints(words: readonly string[]): Promise<readonly string[]> {
  const [name = '', ...rest] = words;
  const entry = commands.find((command) => command.usage.split(' ')[0] === name);
  if (entry === undefined) return [`no command ${name}`];
  const flags: Readonly<Record<string, Options>> = {
    ...commonFlags,
    ...(await entry.load()).flags,
  };
  return rest.flatMap((word, at) => {
    if (!word.startsWith('--')) return [];
    const flag = flags[word.slice(2)];
    if (flag === undefined) return [`${name} has no ${word}`];
    const { choices } = flag;
    const value = rest[at + 1] ?? '';
    return choices === undefined || choices.includes(value) ? [] : [`${name} ${word} takes no ${value}`];
  });
}

describe('examples/ci', () => {
  test('there are one for each service', () => {
    expect(examples.sort()).toEqual(['github.yml', 'gitlab.yml', 'pre-commit-config.yaml']);
  });

  test.each(examples)('%s is YAML', (file) => {
    expect(Object.keys(parse(read(`examples/ci/${file}`)) as object).length).toBeGreaterThan(0);
  });

  test('the workflow for GitHub has the rights it needs and no more', () => {
    const workflow = parse(read('examples/ci/github.yml')) as { permissions: unknown };
    expect(workflow.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
  });
});

test.each([...examples.map((file) => `examples/ci/${file}`), 'docs/ci.md', 'docs/reports.md'])(
  'every call in %s is one that there is',
  async (file) => {
    const calls = callsIn(read(file));
    expect(calls.length).toBeGreaterThan(0);
    expect((await Promise.all(calls.map(complaints))).flat()).toEqual([]);
  },
);

test('the check itself fails on an unknown command, flag or format', async () => {
  const [unknown, flag, format] = await Promise.all([
    complaints(['shrug']),
    complaints(['diff', '--colour']),
    complaints(['diff', '--format', 'pdf']),
  ]);
  expect([unknown, flag, format].map((one) => one.length)).toEqual([1, 1, 1]);
});
