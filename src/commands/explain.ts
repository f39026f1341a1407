/** `ondelete explain CODE`: the catalogue's entry. */
import { OndeleteError } from '../core/errors.ts';
import { type ModelExample, modelExamples, wayOf } from '../core/codes/examples/models.ts';
import { examples } from '../core/codes/examples/index.ts';
import type { Example } from '../core/codes/examples/schemas.ts';
import { catalogue, type CatalogueEntry, entryOf } from '../core/codes/index.ts';
import { colorsFor, type Terminal, wrap } from '../report/layout.ts';
import { didYouMean } from '../core/suggest.ts';
import { type Arguments, type Context, type ExitCode, textOf } from './shared/options.ts';

const grades = {
  refused: 'refused: the change is never written',
  allow: 'refused until --allow CODE',
  notice: 'notice: shown, never refused',
} as const;

interface ExplainOptions {
  readonly code: string | null;
}

export const flags = {};

export function parseOptions(argv: Arguments): ExplainOptions {
  return { code: textOf(argv, 'code')?.toUpperCase() ?? null };
}

export function run({ code }: ExplainOptions, context: Context): Promise<ExitCode> {
  const { terminal } = context;
  context.stdout((code === null ? allCodes(terminal) : entryLines(code, terminal)).join('\n'));
  return Promise.resolve(0);
}

function entryLines(code: string, terminal: Terminal): readonly string[] {
  const entry = entryOf(code);
  if (entry === null) {
    throw new OndeleteError(
      'USAGE',
      `no finding or hazard has the code ${JSON.stringify(code)}${didYouMean(code, Object.keys(catalogue))}`,
      '`ondelete explain` lists them all.',
    );
  }
  return [
    `${colorsFor(terminal).bold(code)}  ${kindOf(entry)}`,
    ...wrap(entry.title, terminal, 2),
    '',
    ...wrap(entry.effect, terminal, 2),
    ...wrap(`Help: ${entry.help}`, terminal, 2),
    ...exampleLines(code, terminal),
  ];
}

function kindOf({ grade }: CatalogueEntry): string {
  return grade === null ? 'finding' : `hazard, ${grades[grade]}`;
}

/** All codes with their titles, in the order of the catalogue. */
function allCodes(page: Terminal): readonly string[] {
  const colors = colorsFor(page);
  const of = (title: string, wanted: (entry: CatalogueEntry) => boolean): readonly string[] => [
    colors.bold(title),
    '',
    ...Object.entries<CatalogueEntry>(catalogue)
      .filter(([, entry]) => wanted(entry))
      .flatMap(([code, entry]) => wrap(`${code}  ${entry.title}`, page, 2, 6)),
    '',
  ];
  return [
    ...of('Findings, about the policy, the database and the models', ({ grade }) => grade === null),
    ...of('Hazards that refuse a change', ({ grade }) => grade === 'refused'),
    ...of('Hazards that refuse a change until --allow', ({ grade }) => grade === 'allow'),
    ...of('Hazards that are notices; lint reports some of them as well', ({ grade }) => grade === 'notice'),
    '`ondelete explain CODE` shows one with an example.',
  ];
}

function exampleLines(code: string, page: Terminal): readonly string[] {
  const ofModels: Readonly<Record<string, ModelExample>> = modelExamples;
  const model = Object.hasOwn(ofModels, code) ? ofModels[code] : undefined;
  if (model !== undefined) {
    return [
      '',
      `  Example (${wayOf(model).title}):`,
      '',
      ...indented(model.schema),
      '',
      ...indented(model.models),
      '',
      `    $ ondelete ${wayOf(model).command}`,
    ];
  }
  const known: Readonly<Record<string, Example>> = examples;
  const example = Object.hasOwn(known, code) ? known[code] : undefined;
  if (example === undefined) return [];
  if (example.kind === 'described') return ['', ...wrap(`Example: ${example.text}`, page, 2)];
  return [
    '',
    `  Example (${example.on.join(', ')}):`,
    '',
    ...indented(example.schema),
    '',
    ...indented(example.config),
    '',
    `    $ ondelete ${example.command}`,
  ];
}

function indented(text: string): readonly string[] {
  return text.split('\n').map((line) => `    ${line}`);
}
