/** `ondelete tools`: the migration tools that files are written for, and what each does with them. */
import { engineNames } from '../core/model.ts';
import type { Template } from '../core/contracts/template.ts';
import { provenRuns, templateFor, toolNames } from '../registry.ts';
import { colorsFor, wrap } from '../report/layout.ts';
import { type Arguments, type Context, type ExitCode, textOf } from './shared/options.ts';
import { anyMigration, notesOf } from './shared/tool-notes.ts';

interface ToolsOptions {
  readonly name: string | null;
}

export const flags = {};

export function parseOptions(argv: Arguments): ToolsOptions {
  return { name: textOf(argv, 'name') };
}

export async function run({ name }: ToolsOptions, context: Context): Promise<ExitCode> {
  const lines =
    name === null
      ? listLines(await Promise.all(toolNames.map((one) => templateFor(one))), context)
      : toolLines(await templateFor(name), context);
  context.stdout(lines.join('\n'));
  return 0;
}

/** One line per tool: its engines, and the version that was run on them. */
function listLines(templates: readonly Template[], { terminal }: Context): readonly string[] {
  const colors = colorsFor(terminal);
  const width = Math.max(...templates.map(({ name }) => name.length));
  return [
    ...wrap(
      'What is written for each tool was run with the tool itself, up and, where it has a way back, down:',
      terminal,
      0,
    ),
    '',
    ...templates.map((template) => {
      const engines =
        template.engines.length === engineNames.length ? 'every engine' : template.engines.join(', ');
      return `  ${colors.bold(template.name.padEnd(width))}  ${engines}; ${provenText(template)}`;
    }),
    '',
    '`ondelete tools NAME` says how one runs our files; `--tool NAME` or `tool:` in the config chooses it.',
  ];
}

function provenText({ name }: Template): string {
  const runs = provenRuns.filter((one) => one.tool === name);
  const versions = [...new Set(runs.map((one) => one.version))];
  return versions.length === 0 ? 'not run by our tests' : `run with ${versions.join(', ')}`;
}

/** Everything that the template states. */
function toolLines(template: Template, { terminal }: Context): readonly string[] {
  const { description, name, title } = template;
  const runs = provenRuns.filter((one) => one.tool === name);
  const part = (heading: string, ...texts: readonly string[]): readonly string[] => [
    '',
    colorsFor(terminal).bold(heading),
    ...texts.flatMap((text) => wrap(text, terminal, 2)),
  ];
  const notes = notesOf(description);
  const commands = template.commands(template.engines[0] ?? 'postgres', anyMigration);
  return [
    `${colorsFor(terminal).bold(title)} (--tool ${name})`,
    ...part('Engines', template.engines.join(', ')),
    ...part('Files', description.files, description.order),
    ...part('Run'),
    `  up:   ${commands.up}`,
    `  back: ${commands.down}`,
    ...wrap(description.down, terminal, 2),
    ...part('Transactions', description.transactions),
    ...part('What is applied', description.applied),
    ...part('After a failure', description.failure),
    ...(notes.length === 0 ? [] : part('To know before', ...notes)),
    ...part(
      'Proven',
      ...(runs.length === 0
        ? ['Not run by our tests; it follows the tool’s documentation.']
        : runs.map(
            ({ down, instead, server, version }) =>
              `${version} on ${server}: up${down ? ' and down' : ''}${instead === undefined ? '' : `, with ${instead}`}`,
          )),
    ),
  ];
}
