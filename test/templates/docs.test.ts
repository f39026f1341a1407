// docs/tools.md is made of what the templates state and of what `npm run tools` has seen; UPDATE=1 writes it.
import { anyMigration, notesOf } from '../../src/commands/shared/tool-notes.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { provenRuns, templates } from '../../migrations-templates/index.ts';
import { noWayBack } from '../../migrations-templates/shared/commands.ts';
import type { Template } from '../../src/core/contracts/template.ts';

const page = join(import.meta.dirname, '../../docs/tools.md');
/** What `npm run tools` cannot run on some engines, and why. */
const notRun: Readonly<Record<string, string>> = {
  prisma: 'its engine for them cannot be had from a package registry',
};
const engines = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const;
const titles = { postgres: 'PostgreSQL', mysql: 'MySQL', mariadb: 'MariaDB', sqlite: 'SQLite' } as const;
const asWritten = 'as written';

function cell({ name, engines: served }: Template, engine: (typeof engines)[number]): string {
  if (!served.includes(engine)) return '–';
  const run = provenRuns.find((one) => one.tool === name && one.server.replace(/-.*/, '') === engine);
  if (run === undefined) return 'not run';
  return `${run.version}: up${run.down ? ', down' : ''}`;
}

function section(template: Template): string {
  const { engines: served, description, name, title } = template;
  const { down, up } = template.commands(served[0] ?? 'postgres', anyMigration);
  const back = down === noWayBack ? '' : `; back: \`${down}\``;
  return [
    `## ${title}`,
    '',
    `\`tool: ${name}\``,
    '',
    `- **Files**: ${description.files.replace(/\.$/, '')}. ${description.order}`,
    `- **Run**: \`${up}\`${back}. ${description.down}`,
    `- **Transactions**: ${description.transactions}`,
    `- **What is applied**: ${description.applied}`,
    `- **After a failure**: ${description.failure}`,
    ...notesOf(description).map((note) => `- ${note}`),
    '',
  ].join('\n');
}

/** Engines with the same text together, in the order of their first; the name of an engine only where there is a difference. */
function byEngine(
  { engines: served }: Template,
  textOf: (engine: (typeof engines)[number]) => string,
  between: string,
): string {
  const texts = [...new Set(served.map(textOf))];
  if (texts.length === 1) return texts.join('');
  const enginesOf = (text: string): string =>
    served
      .filter((engine) => textOf(engine) === text)
      .map((engine) => titles[engine])
      .join(', ');
  return texts.map((text) => `${enginesOf(text)}: ${text}`).join(between);
}

function quickStart(template: Template): string {
  const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
  const line = (direction: 'up' | 'down'): string =>
    byEngine(
      template,
      (engine) => {
        const text = template.commands(engine, anyMigration)[direction];
        return text === noWayBack ? text : code(text);
      },
      '<br>',
    );
  const tested = byEngine(template, (engine) => testedOn(template, engine), '; ');
  return `| [${template.title}](#${anchorOf(template.title)}) | ${code(template.name)} | ${line('up')} | ${line('down')} | ${tested} |`;
}

/** How `npm run tools` ran the lines of the page, as it recorded it. */
function testedOn({ name }: Template, engine: (typeof engines)[number]): string {
  const runs = provenRuns.filter((one) => one.tool === name && one.server.replace(/-.*/, '') === engine);
  const ways = runs.map(({ instead = asWritten }) => instead).sort();
  return ways.length === 0 ? `not run: ${notRun[name] ?? ''}` : ways.join(', ');
}

/** As forges make it of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

test('the page says what the templates state', async () => {
  const all: Template[] = [];
  for (const entry of templates) all.push(await entry.load());
  const text = [
    '# Migration tools',
    '',
    'What `ondelete generate` writes for each tool. `ondelete tools NAME` prints the same; `tool: NAME` in the config, or `--tool NAME`, chooses it. The table says with which version of the tool the files were run by `npm run tools`, on which engine, and whether its own way back was run too.',
    '',
    '| Tool | PostgreSQL | MySQL | MariaDB | SQLite |',
    '| --- | --- | --- | --- | --- |',
    ...all.map((one) => `| ${one.title} | ${engines.map((engine) => cell(one, engine)).join(' | ')} |`),
    '',
    'A tool that is not here: [a template of your own](templates.md).',
    '',
    '## Quick start',
    '',
    'In the folder of your project:',
    '',
    '```sh',
    'npx ondelete init -d "$DATABASE_URL"     # recognises the tool and its folder, and writes them into ondelete.config.yaml',
    '```',
    '',
    'If `init` says that it found no tool, or more than one, put `tool:` and `out:` there yourself. Edit the policy ([the policy file](policy.md)), then:',
    '',
    '```sh',
    'npx ondelete generate line_items         # files for that tool, in that folder',
    '```',
    '',
    `Read them, and run them with your tool. The tests paste these lines into a shell of a project, on every engine that the tool serves; the last column says where they cannot. Words in capitals are yours to fill in. The database stands where the tool wants it: in its own configuration, or in \`DATABASE_URL\`. Lines that begin with \`await\` are for the script in which you call the library.`,
    '',
    '| Tool | `tool:` | Run | Back | Run by the tests |',
    '| --- | --- | --- | --- | --- |',
    ...all.map(quickStart),
    '',
    '`npx ondelete diff` says afterwards that database and policy match. It asks the tool’s own table which files are applied.',
    '',
    ...all.map(section),
  ].join('\n');
  if (process.env['UPDATE'] === '1') writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});

test('every tool was run on every engine that it serves, or the page says why not', async () => {
  const without: string[] = [];
  for (const entry of templates) {
    const template = await entry.load();
    if (template.engines.some((engine) => testedOn(template, engine).startsWith('not run')))
      without.push(template.name);
  }
  expect(without).toEqual(Object.keys(notRun));
});
