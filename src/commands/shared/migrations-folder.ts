/** The migration tool, the folder of its files, and what of them is applied. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { expand } from '../../config/environment.ts';
import type { Config } from '../../config/read.ts';
import type { Connection } from '../../core/contracts/connection.ts';
import type { Commands, ExistingFile, Template } from '../../core/contracts/template.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { EngineName, Server } from '../../core/model.ts';
import { type FoundTool, recognise, usualFolder } from '../../init/project.ts';
import { chainOf, lastRefusal, linksIn, namesInOrder } from '../../plan/chains.ts';
import type { RefusedBefore } from '../../policy/decide.ts';
import type { Policy } from '../../policy/policy.ts';
import { templateFor, templateFrom } from '../../registry.ts';
import type { SchemaSource } from '../../schema-source.ts';
import type { Context } from './options.ts';
import { projectAt } from './project.ts';

export interface FolderOptions {
  readonly tool: string | null;
  readonly out: string | null;
  /** A module with a template of the user's own. */
  readonly template: string | null;
}

export interface MigrationFolder {
  readonly template: Template;
  readonly out: string;
  /** As seen from the working directory. */
  readonly shownOut: string;
  /** What shows that the project uses this tool, where neither that nor the config says in which folder; null elsewhere. */
  readonly undecided: FoundTool | null;
  /** As seen from the project's folder; empty where it lies elsewhere. */
  readonly ownOut: string;
  /** The project's file by which the tool was recognised; null where there is none. */
  readonly setup: string | null;
}

/** The tool and the folder that flags or config name. */
export async function folderOf(
  config: Config,
  context: Context,
  flags: FolderOptions = { tool: null, out: null, template: null },
): Promise<MigrationFolder> {
  const configured = (name: 'tool' | 'out'): string | null => {
    const value = config[name];
    return value === null ? null : expand(value, context.environment);
  };
  const template =
    flags.template === null
      ? await templateFor(flags.tool ?? configured('tool') ?? 'sql')
      : await templateFrom(resolve(context.cwd, flags.template), flags.template);
  const project = dirname(config.file);
  const named = flags.out === null ? configured('out') : resolve(context.cwd, flags.out);
  const found = recognise(projectAt(project)).tools.find(({ tool }) => tool === template.name);
  const out = resolve(project, named ?? found?.out ?? usualFolder(template.name));
  return {
    template,
    out,
    undecided: named === null && found?.out === null ? found : null,
    shownOut: relative(context.cwd, out) || '.',
    ownOut: ownPath(relative(project, out)),
    setup: found?.because ?? null,
  };
}

/** A file must not say where a project lies on one machine. */
function ownPath(path: string): string {
  return path.startsWith('..') || isAbsolute(path) ? '' : path.split(sep).join('/');
}

/** @throws OndeleteError USAGE where files would be written that the tool never looks at */
export function requireFolder({ template, undecided }: MigrationFolder): void {
  if (undecided === null) return;
  throw new OndeleteError(
    'USAGE',
    `the folder of the migrations of ${template.title} is not known: ${undecided.candidates === undefined ? `${undecided.because} does not say it` : `it may be ${undecided.candidates.join(' or ')}`}`,
    `Write \`out: ${undecided.candidates?.[0] ?? 'FOLDER'}\` into the config, or name it with --out.`,
  );
}

/** Whether the tool knows the engine, and the service that keeps the database. */
export function serves({ engines, service }: Template, { flavor, settings }: Server): boolean {
  return settings['service'] === service && engines.includes(flavor);
}

/** @throws OndeleteError USAGE where the tool does not serve the database */
export function requireEngine({ engines, name, service, title }: Template, server: Server): void {
  const { flavor, product, settings } = server;
  if (settings['service'] !== service)
    throw new OndeleteError(
      'USAGE',
      `--tool ${name} writes nothing for ${product}`,
      settings['service'] === undefined
        ? `Name the database as ${service ?? ''}:…, or choose another tool; \`ondelete tools\` lists them.`
        : `Write for --tool ${settings['service']}.`,
    );
  if (engines.includes(flavor)) return;
  throw new OndeleteError(
    'USAGE',
    `--tool ${name} (${title}) writes nothing for ${flavor}, only for ${engines.join(', ')}`,
    'Choose another tool; `ondelete tools` lists them with their engines.',
  );
}

/** How deep below the folder a tool keeps its files. */
const deepest = 3;

/** The tool's files in the folder, its bookkeeping included; a folder that is not there holds none. @throws OUTPUT_NOT_WRITABLE */
export function existingFiles({ out, template }: MigrationFolder): readonly ExistingFile[] {
  const isWanted = (path: string): boolean =>
    template.migrationName(path) !== null || template.isBookkeeping?.(path) === true;
  try {
    return pathsBelow(out, '', deepest)
      .filter(isWanted)
      .map((path) => ({ path, content: readFileSync(join(out, path), 'utf8') }));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `cannot read ${out}: ${codeOf(error) || messageOf(error)}`,
      'Choose another folder with --out.',
    );
  }
}

function pathsBelow(folder: string, below: string, levels: number): readonly string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(below, entry.name);
      if (!entry.isDirectory()) return [path.split(sep).join('/')];
      const isIgnored = entry.name === 'node_modules' || entry.name.startsWith('.');
      return isIgnored || levels === 1 ? [] : pathsBelow(folder, path, levels - 1);
    })
    .sort();
}

/** What `refuse` means for a key that our migrations have changed; the folder is read only where the policy says `refuse`. */
export async function refusedBefore(
  { default: fallback, rules }: Policy,
  { schema }: Pick<SchemaSource, 'schema'>,
  config: Config,
  context: Context,
  flags?: FolderOptions,
): Promise<RefusedBefore> {
  if (![fallback, ...rules.map(({ onDelete }) => onDelete)].some(({ kind }) => kind === 'refuse'))
    return () => null;
  try {
    const folder = await folderOf(config, context, flags);
    const links = linksIn(existingFiles(folder), folder.template);
    return (key) => lastRefusal(chainOf(key, links, schema));
  } catch {
    // a tool or a folder that is not there is the business of `generate`
    return () => null;
  }
}

/** The names of applied migrations by the tool's own table; null where it cannot be read or no database is connected. */
export async function appliedNames(
  { history }: Template,
  existing: readonly ExistingFile[],
  connection: Connection | null,
): Promise<ReadonlySet<string> | null> {
  if (history === null || connection === null) return null;
  // The first run of the tool creates the table; until then, and without the right to read it, the keys themselves tell.
  return connection.query(history.query(connection.server.flavor)).then(
    (rows) => new Set(history.names(rows, existing)),
    () => null,
  );
}

/** How to apply these migrations of the folder, and how to take them back. @param existing what lay in the folder before them, or with them */
export function commandsFor(
  { setup, shownOut, template }: MigrationFolder,
  flavor: EngineName,
  names: readonly string[],
  existing: readonly ExistingFile[],
): Commands {
  const all = namesInOrder(existing, template);
  const at = all.indexOf(names[0] ?? '');
  const before = (at === -1 ? all : all.slice(0, at)).at(-1) ?? null;
  return template.commands(flavor, { names, before, folder: shownOut.split(sep).join('/'), setup });
}
