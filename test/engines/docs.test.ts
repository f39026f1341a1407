// The table in docs/engines.md is made of list.ts and of what runs have seen; UPDATE=1 writes it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { provenRuns } from '../../migrations-templates/index.ts';
import { engineRows } from './list.ts';
import { type EngineProof, engineProofs } from './proven.ts';

const page = join(import.meta.dirname, '../../docs/engines.md');

function proofsFor(wanted: string): readonly EngineProof[] {
  const [kind, tool = ''] = wanted.split(' ');
  if (kind !== 'tool')
    return engineProofs.filter(({ id }) =>
      wanted.endsWith('*') ? id.startsWith(wanted.slice(0, -1)) : id === wanted,
    );
  const versions = new Set(provenRuns.filter((run) => run.tool === tool).map(({ version }) => version));
  return [...versions].map((version) => ({ id: '', version, tests: [`test/tools/${tool}.test.ts`] }));
}

/** Versions that the same tests have run on stand together. */
function provenText(wanted: readonly string[]): string {
  const byTests = new Map<string, string[]>();
  for (const { id, version, tests } of wanted.flatMap(proofsFor)) {
    const names = tests.map((name) => `\`${name}\``).join(', ');
    const same = byTests.get(names) ?? [];
    const numbers = id === '' ? version : (/^[\d.]+\d/.exec(version)?.[0] ?? version);
    if (id.endsWith('-native')) same.push(`${numbers} (native keys)`);
    else same.push(numbers);
    byTests.set(names, same);
  }
  return [...byTests].map(([tests, versions]) => `${[...new Set(versions)].join(', ')}: ${tests}`).join('; ');
}

test('the table says what was run', () => {
  const rows = engineRows.map(({ engine, read, written, proven, not = '' }) =>
    [engine, read, written, provenText(proven) || 'no', not].join(' | '),
  );
  const table = [
    '| engine | read | written | proven: version and tests | not tried, or refused |',
    '|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.trimEnd()} |`),
  ].join('\n');
  const text = readFileSync(page, 'utf8');
  const now = text.replace(
    /(<!-- engines -->\n)[^]*(\n<!-- \/engines -->)/,
    (_, start: string, end: string) => `${start}\n${table}\n${end}`,
  );
  if (process.env['UPDATE'] === '1') writeFileSync(page, now);
  expect(readFileSync(page, 'utf8')).toBe(now);
});

test('whatever a row names has run', () => {
  const named = engineRows.flatMap(({ proven }) => proven);
  expect(named.filter((wanted) => proofsFor(wanted).length === 0)).toEqual([]);
});
