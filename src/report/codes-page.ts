/** docs/codes.md: the catalogue as a page. A test keeps the file the same as this. */
import { modelExamples, wayOf, type ModelExample } from '../core/codes/examples-orm.ts';
import { examples, type Example } from '../core/codes/examples.ts';
import { catalogue, type CatalogueEntry, type Grade } from '../core/codes/index.ts';

const chapters: readonly (readonly [title: string, lead: string, grade: Grade | null])[] = [
  ['Findings', 'About the policy, the database and the models: told by `diff` and `lint`.', null],
  ['Hazards: refused', 'A change that meets one of these is never written.', 'refused'],
  [
    'Hazards: refused until allowed',
    'Refused until `--allow CODE[:MATCH]`, which the file records.',
    'allow',
  ],
  ['Hazards: told', 'Shown beside the change, and by `lint` where they hold for a key as it is.', 'notice'],
];

/** @returns the whole page */
export function codesPage(): string {
  const entries = Object.entries<CatalogueEntry>(catalogue);
  return [
    '# The codes',
    '',
    'Every finding and hazard, as `ondelete explain CODE` tells it. Made from the catalogue; each example is run by the tests.',
    ...chapters.flatMap(([title, lead, grade]) => [
      '',
      `## ${title}`,
      '',
      lead,
      ...entries
        .filter(([, entry]) => entry.grade === grade)
        .flatMap(([code, entry]) => entryLines(code, entry)),
    ]),
    '',
  ].join('\n');
}

function entryLines(code: string, { title, effect, help }: CatalogueEntry): readonly string[] {
  return [
    '',
    `### ${code}`,
    '',
    `*${capital(title)}.* ${effect}`,
    '',
    `**Way out:** ${help}`,
    ...exampleLines(code),
  ];
}

function exampleLines(code: string): readonly string[] {
  const known: Readonly<Record<string, Example>> = examples;
  const example = Object.hasOwn(known, code) ? known[code] : undefined;
  const ofModels: Readonly<Record<string, ModelExample>> = modelExamples;
  const model = Object.hasOwn(ofModels, code) ? ofModels[code] : undefined;
  if (model !== undefined) {
    const { title, language, command } = wayOf(model);
    const sql = ['```sql', ...model.schema.split('\n'), '```'];
    const code = [`\`\`\`${language}`, ...model.models.split('\n'), '```'];
    return ['', `**Example** (${title}): \`ondelete ${command}\``, '', ...sql, '', ...code];
  }
  if (example === undefined) return [];
  if (example.kind === 'described') return ['', `**Example:** ${example.text}`];
  const on = example.server ?? example.on.join(', ');
  return [
    '',
    `**Example** (${on}): \`ondelete ${example.command}\``,
    '',
    '```sql',
    ...example.schema.split('\n'),
    '```',
    '',
    '```yaml',
    ...example.config.split('\n'),
    '```',
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
