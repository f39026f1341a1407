// docs/codes.md is the catalogue (UPDATE=1 rewrites it), and `explain` without a code lists all of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type ModelExample, modelExamples, wayOf } from '../../src/core/codes/examples/models.ts';
import { examples } from '../../src/core/codes/examples/index.ts';
import type { Example } from '../../src/core/codes/examples/schemas.ts';
import { catalogue, type CatalogueEntry, type Grade } from '../../src/core/codes/index.ts';
import { ondelete } from '../support/cli.ts';

const file = join(import.meta.dirname, '../../docs/codes.md');

const chapters: readonly (readonly [title: string, lead: string, grade: Grade | null])[] = [
  ['Findings', 'About the policy, the database and the models; `diff` and `lint` report them.', null],
  ['Hazards: refused', '`generate` never writes a change with one of these.', 'refused'],
  [
    'Hazards: refused until allowed',
    'Refused until `--allow CODE[:MATCH]`, which the file records.',
    'allow',
  ],
  [
    'Hazards: notices',
    'Shown beside the change; `generate` writes it all the same. What stops the file later says so. `lint` reports them where they apply to a key as it is.',
    'notice',
  ],
];

/** The catalogue as Markdown. */
function codesPage(): string {
  const entries = Object.entries<CatalogueEntry>(catalogue);
  return [
    '# The codes',
    '',
    'A **finding** is about what exists today: the policy, the database or the models. `diff` and `lint` report findings, each as an error, a warning or info. A **hazard** is about one change that has not been made: it refuses the change, or is a notice beside it in `generate --dry-run`. Some hazards also apply to a key as it is (`CHILD_INDEX_MISSING`); `lint` reports those as findings, with the severity that it prints.',
    '',
    'The word **orphans** means rows without a parent: their key has a value that no row of the parent has. `ondelete explain CODE` prints one entry. This page is generated from the catalogue, and the tests run every example and expect its code.',
    ...chapters.flatMap(([title, lead, grade]) => [
      '',
      `## ${title}`,
      '',
      lead,
      ...entries
        .filter(([, entry]) => entry.grade === grade)
        .flatMap(([code, { title: name, effect, help }]) => [
          '',
          `### ${code}`,
          '',
          `*${name.charAt(0).toUpperCase()}${name.slice(1)}.* ${effect}`,
          '',
          `**Help:** ${help}`,
          ...exampleLines(code),
        ]),
    ]),
    '',
  ].join('\n');
}

function exampleLines(code: string): readonly string[] {
  const model = (modelExamples as Readonly<Record<string, ModelExample | undefined>>)[code];
  if (model !== undefined) {
    const { title, language, command } = wayOf(model);
    return [
      ...exampleTitle(title, command),
      ...fenced('sql', model.schema),
      ...fenced(language, model.models),
    ];
  }
  const example = (examples as Readonly<Record<string, Example | undefined>>)[code];
  if (example === undefined) return [];
  if (example.kind === 'described') return ['', `**Example:** ${example.text}`];
  const { command, config, on, schema, server } = example;
  return [
    ...exampleTitle(server ?? on.join(', '), command),
    ...fenced('sql', schema),
    ...fenced('yaml', config),
  ];
}

const exampleTitle = (where: string, command: string): readonly string[] => [
  '',
  `**Example** (${where}): \`ondelete ${command}\` reports it.`,
];
const fenced = (language: string, text: string): readonly string[] => [
  '',
  `\`\`\`${language}`,
  ...text.split('\n'),
  '```',
];

test('docs/codes.md is the catalogue', () => {
  const page = codesPage();
  if (process.env['UPDATE'] === '1') writeFileSync(file, page);
  expect(readFileSync(file, 'utf8')).toBe(page);
});

test('explain lists every code, and prints one with its example', async () => {
  const list = await ondelete(['explain'], { cwd: tmpdir() });
  const missing = Object.keys(catalogue).filter((code) => !list.stdout.includes(code));
  expect({ code: list.code, missing }).toEqual({ code: 0, missing: [] });
  const one = await ondelete(['explain', 'no_rule'], { cwd: tmpdir() });
  expect(one.stdout).toContain('CREATE TABLE orders');
  expect(one.stdout).toContain('$ ondelete diff');
  const wrong = await ondelete(['explain', 'NO_RUEL'], { cwd: tmpdir() });
  expect({ code: wrong.code, stderr: wrong.stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean `NO_RULE`'),
  });
});

test('every text of the catalogue is short and plain', () => {
  for (const [code, { title, effect, help }] of Object.entries<CatalogueEntry>(catalogue)) {
    const faults = [
      ...((/^(an?|the) /i.test(title) && !code.startsWith('ORM_')) || /\.$/.test(title) || title.length > 90
        ? [`title: ${title}`]
        : []),
      ...(effect.endsWith('.') ? [] : [`effect: ${effect}`]),
      ...(/^[A-Z][a-z]*\b.*\.$/s.test(help) && !/^[A-Z]{2,}/.test(help) ? [] : [`help: ${help}`]),
      ...(/^\w*_/.test(title) ? [`title begins with a name: ${title}`] : []),
      ...[title, effect, help].filter((text) => /\b(told|talk|way out|worth knowing)\b/i.test(text)),
    ];
    expect({ code, faults }).toEqual({ code, faults: [] });
  }
});
