// docs/tools.md is made of what the templates state and of what `npm run tools` has seen; UPDATE=1 writes it.
import { notesOf } from '../../src/commands/shared/tool-notes.ts';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { provenRuns, templates } from '../../migrations-templates/index.ts';
import type { Template } from '../../src/core/contracts/template.ts';

const page = join(import.meta.dirname, '../../docs/tools.md');
const engines = ['postgres', 'mysql', 'mariadb', 'sqlite'] as const;

function cell({ name, engines: served }: Template, engine: (typeof engines)[number]): string {
  if (!served.includes(engine)) return '–';
  const run = provenRuns.find((one) => one.tool === name && one.server.replace(/-.*/, '') === engine);
  if (run === undefined) return 'not run';
  return `${run.version}: up${run.down ? ', down' : ''}`;
}

function section(template: Template): string {
  const { engines: served, description, name, title } = template;
  const { down, up } = template.commands(served[0] ?? 'postgres', 'NAME');
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
    ...all.map(section),
  ].join('\n');
  if (process.env['UPDATE'] === '1') writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});
