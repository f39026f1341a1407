// docs/tools.md is made of what the templates state and of what `npm run tools` has seen; UPDATE=1 writes it.
import { anyMigration, notesOf } from '../../src/commands/shared/tool-notes.ts';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { provenRuns, templates } from '../../migrations-templates/index.ts';
import type { Template } from '../../src/core/contracts/template.ts';

const page = join(import.meta.dirname, '../../docs/tools.md');
/** Tools whose command line is not started by test/tools: the library behind it is. */
const byLibrary = ['atlas', 'laravel', 'mikro-orm', 'typeorm'];
const listed = (names: readonly string[]): string =>
  `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
const engines = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const;

function cell({ name, engines: served }: Template, engine: (typeof engines)[number]): string {
  if (!served.includes(engine)) return '–';
  const run = provenRuns.find((one) => one.tool === name && one.server.replace(/-.*/, '') === engine);
  if (run === undefined) return 'not run';
  return `${run.version}: up${run.down ? ', down' : ''}`;
}

function section(template: Template): string {
  const { engines: served, description, name, title } = template;
  const { down, up } = template.commands(served[0] ?? 'postgres', anyMigration);
  return [
    `## ${title}`,
    '',
    `\`tool: ${name}\``,
    '',
    `- **Files**: ${description.files.replace(/\.$/, '')}. ${description.order}`,
    `- **Run**: \`${up}\`; back: \`${down}\`. ${description.down}`,
    `- **Transactions**: ${description.transactions}`,
    `- **What is applied**: ${description.applied}`,
    `- **After a failure**: ${description.failure}`,
    ...notesOf(description).map((note) => `- ${note}`),
    '',
  ].join('\n');
}

function quickStart(template: Template): string {
  const { down, up } = template.commands(template.engines[0] ?? 'postgres', anyMigration);
  const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``;
  return `| [${template.title}](#${anchorOf(template.title)}) | ${code(template.name)} | ${code(up)} | ${/ (again|has no way) /.test(` ${down} `) ? down : code(down)} |`;
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
    `Read them, and run them with your tool. The tests run the tools of these lines on every engine that they serve (not each line as it stands), and ${listed(byLibrary.map((name) => all.find((one) => one.name === name)?.title ?? name))} through the library behind the command. What only a connection needs is left out here.`,
    '',
    '| Tool | `tool:` | Run | Back |',
    '| --- | --- | --- | --- |',
    ...all.map(quickStart),
    '',
    '`npx ondelete diff` says afterwards that database and policy match. It asks the tool’s own table which files are applied.',
    '',
    ...all.map(section),
  ].join('\n');
  if (process.env['UPDATE'] === '1') writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});

/** Placeholders, and options that the drivers write in another way. */
const otherwise = new Set([
  '-d',
  'DATA_SOURCE',
  'DATABASE',
  'APP',
  'NAME',
  '"NNN"',
  '--message',
  'NAME.up.sql',
  '"$DATABASE_URL"',
  '-f',
  'FOLDER',
]);

test('the commands of the page are those that the tests run', async () => {
  const drivers = join(import.meta.dirname, '../tools');
  const others: string[] = [];
  for (const entry of templates) {
    const template = await entry.load();
    // `d1.test.ts`, and what it keeps beside it in `d1-lab.ts`.
    const driver = readdirSync(drivers)
      .filter((file) => file === `${template.name}.test.ts` || file === `${template.name}-lab.ts`)
      .map((file) => readFileSync(join(drivers, file), 'utf8'))
      .join('');
    const { up } = template.commands(template.engines[0] ?? 'postgres', anyMigration);
    const words = (/^(?:npx )?([^(,#]*)/.exec(up)?.[1] ?? '').trim().split(/[ .]/).slice(1);
    if (!words.every((word) => otherwise.has(word) || driver.includes(word))) others.push(template.name);
  }
  expect(others.sort()).toEqual(byLibrary);
});
