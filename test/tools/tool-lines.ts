// What one project runs: the page's lines for the first change, those of the file's head for the second.
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { templates } from '../../migrations-templates/index.ts';
import { noWayBack } from '../../migrations-templates/shared/commands.ts';
import { anyMigration } from '../../src/commands/shared/tool-notes.ts';
import { need } from '../servers/cache.ts';
import { testServers } from '../servers/index.ts';
import type { CliResult } from '../support/cli.ts';
import { clientPrograms, writePrograms } from '../support/paste.ts';
import type { Project, ToolDriver } from './contract.ts';
import { filled, headLines, runLine, shapeOf } from './lines.ts';

/** What one `generate` wrote. */
export interface Generated {
  /** Relative to the folder of the migrations. */
  readonly files: readonly string[];
  /** The migration before it. */
  readonly before: string | null;
}

export interface ToolLines {
  /** The folder of the programs. */
  readonly bin: string;
  readonly hasWayBack: boolean;
  /** Runs a line in the project's shell. */
  sh(line: string): Promise<CliResult>;
  /** The migrations in the folder, in the order of their names. */
  names(): readonly string[];
  /** Applies all pending files, with the line of the page, or of the head of the files just written. */
  up(head?: Generated): Promise<CliResult>;
  downAsOnPage(change: Generated): Promise<CliResult>;
  downAsInHead(change: Generated): Promise<CliResult>;
}

const nothing: CliResult = { code: 0, stdout: '', stderr: '' };

export async function openLines(
  driver: ToolDriver,
  project: Project,
  out: string,
  server: string,
): Promise<ToolLines> {
  const { engine, folder, url } = project;
  const template = await templates.find(({ name }) => name === driver.tool)?.load();
  if (template === undefined) throw new Error(`there is no template ${driver.tool}`);
  const page = template.commands(engine, anyMigration);
  const bin = mkdtempSync(join(tmpdir(), 'ondelete-bin-'));
  const own = driver.shell(project);
  const client = testServers().find(({ id }) => id === server);
  writePrograms(bin, {
    ...(client === undefined
      ? { sqlite3: { command: [await need('sqlite3', 'sqlite3')] } }
      : await clientPrograms(client, url)),
    ...own.programs,
  });
  // Some tools take it before their configuration.
  const isNamed = `${page.up}${page.down}`.includes('$DATABASE_URL');
  const shell = { ...own, env: { ...(isNamed && { DATABASE_URL: url }), ...own.env } };
  const words = {
    FOLDER: out,
    ...(engine === 'sqlite' ? { FILE: url } : { DATABASE: new URL(url).pathname.slice(1) }),
    ...own.words,
  };
  const sh = (line: string): Promise<CliResult> => runLine(filled(line, words), shell, bin, folder);

  const nameOf = (path: string): string | null => template.migrationName(path);
  const names = (): readonly string[] =>
    namesIn(readdirSync(join(folder, out)).filter((path) => template.holdsUp(path)));
  const namesIn = (paths: readonly string[]): readonly string[] =>
    [...new Set(paths.map(nameOf).filter((name) => name !== null))].sort();
  const headOf = ({ files }: Generated): ReturnType<typeof headLines> =>
    headLines(readFileSync(join(folder, out, files.find((file) => nameOf(file) !== null) ?? ''), 'utf8'));

  // Only of tools that are told each file by its name, or file by file.
  const applied = new Set<string>();
  const pending = (): readonly string[] => names().filter((name) => !applied.has(name));

  /** The page's line for one migration: only names stand where the page has words in capitals. */
  function pageLine(direction: 'up' | 'down', name: string, before: string | null): string {
    const line =
      template?.commands(engine, { names: [name], before, folder: '', setup: null })[direction] ?? '';
    expect(line).toMatch(shapeOf(page[direction]));
    return line;
  }

  async function up(head?: Generated): Promise<CliResult> {
    const wanted = pending();
    const isPerFile = page.up.includes('NAME.');
    const isPerStep = page.up.includes('once per file');
    if (isPerFile && wanted.length === 0) return nothing;
    const isOnce = wanted.length === 0 || !(isPerStep || (isPerFile && head === undefined));
    let result = nothing;
    for (const name of isOnce ? [names().at(-1) ?? ''] : wanted) {
      result = await sh(head === undefined ? pageLine('up', name, null) : headOf(head).up);
      if (result.code !== 0) return result;
      applied.add(name);
    }
    for (const name of wanted) applied.add(name);
    return result;
  }

  return {
    bin,
    sh,
    names,
    hasWayBack: page.down !== noWayBack,
    up: (head) => driver.around?.(project, () => up(head)) ?? up(head),
    async downAsOnPage({ before, files }) {
      const own = namesIn(files);
      for (const [at, name] of [...own.entries()].toReversed()) {
        const result = await sh(pageLine('down', name, own[at - 1] ?? before));
        if (result.code !== 0) return result;
        applied.delete(name);
      }
      return nothing;
    },
    async downAsInHead(change) {
      for (const name of namesIn(change.files)) applied.delete(name);
      return sh(headOf(change).down);
    },
  };
}
