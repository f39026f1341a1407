/** SQL files as a source of facts: which they are, their text, the scratch database they are loaded into. */
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import type { Config } from '../../config/read.ts';
import type { Engine } from '../../core/contracts/engine.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { EngineName } from '../../core/model.ts';
import type { Facts } from '../../orm/facts.ts';
import { loadSchema, type SchemaText } from '../../orm/sql/load.ts';
import { engineFor, flavorNamedBy } from '../../registry.ts';
import type { SchemaSource } from '../../schema-source.ts';
import { readModels } from './models.ts';
import { databaseUrls, scratchUrl } from './open-schema.ts';
import type { Context, OfflineOptions, ScratchOptions } from './options.ts';
import { scratchHooks } from './scratch-hooks.ts';

/** What is asked for: paths, and the folder that they count from. */
interface SchemaFiles {
  readonly paths: readonly string[];
  readonly folder: string;
}

/**
 * The files that a flag names, else those of the policy's `from`; null where it is an ORM, or nothing.
 * @param flag what the flag says; empty where it is not given
 * @throws OndeleteError USAGE where files and an ORM are named together
 */
export function schemaFilesOf(
  flag: readonly string[],
  context: Context,
  config: Config | null,
): SchemaFiles | null {
  const paths = flag.length > 0 ? flag : (config?.policy?.from?.texts ?? []);
  if (paths.length < 2 && !paths.some(isSchemaFile)) return null;
  if (!paths.every(isSchemaFile)) {
    throw new OndeleteError(
      'USAGE',
      `${paths.join(' and ')} cannot be the policy together`,
      'Name files of SQL alone, or one ORM.',
    );
  }
  return { paths, folder: flag.length > 0 || config === null ? context.cwd : dirname(config.file) };
}

/** `--scratch` without a file of SQL has nothing to load. @throws OndeleteError USAGE */
export function refuseUnusedScratch({ scratch }: ScratchOptions, files: SchemaFiles | null): void {
  if (files !== null || scratch === null) return;
  throw new OndeleteError(
    'USAGE',
    '--scratch has no effect: no SQL file is loaded',
    'Name one, such as --policy-from schema.sql, or leave --scratch out.',
  );
}

function isSchemaFile(text: string): boolean {
  return /\.sql$/i.test(text);
}

/**
 * What the files say, loaded into a scratch database of the engine.
 * @param source the live database or a snapshot; null where none is looked at
 * @throws OndeleteError USAGE, MODELS_UNREADABLE, and what opening a scratch database throws
 */
export async function schemaFacts(
  files: SchemaFiles,
  source: SchemaSource | null,
  engine: Engine,
  scratch: string | null,
  context: Context,
  config: Config | null,
): Promise<Facts> {
  const live = source?.snapshot.server ?? null;
  const facts = await loadSchema({
    files: await Promise.all(files.paths.map((path) => textIn(path, files.folder, context.cwd))),
    engine,
    live,
    target: source?.connection ?? null,
    scratchUrl: scratchUrl(scratch, engine.flavor, live?.product ?? engine.flavor, context, config),
    ...scratchHooks(context),
  });
  for (const note of facts.notes) context.log(note);
  return facts;
}

/** Facts for a command that looks at no database: of SQL files where some are named, else of models. */
export async function offlineFacts(
  files: SchemaFiles | null,
  options: OfflineOptions,
  orm: string | null,
  context: Context,
  config: Config | null,
): Promise<Facts> {
  refuseUnusedScratch(options, files);
  if (files === null) return (await readModels(options, context, config, options.engine, orm)).facts;
  const engine = await engineFor({ flavor: options.engine ?? flavorOf(options, context, config) });
  return schemaFacts(files, null, engine, options.scratch, context, config);
}

function flavorOf({ database }: OfflineOptions, context: Context, config: Config | null): EngineName {
  const [url = null] = databaseUrls(database, context, config);
  const flavor = url === null ? null : flavorNamedBy(url);
  if (flavor !== null) return flavor;
  throw new OndeleteError(
    'USAGE',
    'a file of SQL does not say which engine it is for',
    'Say --engine postgres, mysql, mariadb or sqlite.',
  );
}

export function logUnread({ errors }: Facts, context: Context): void {
  for (const { place, message } of errors)
    context.log(`Read only in part: ${place === null ? '' : `${place.file}:${place.line}: `}${message}`);
}

async function textIn(path: string, folder: string, cwd: string): Promise<SchemaText> {
  const full = resolve(folder, path);
  const file = relative(cwd, full) || path;
  const bytes = await readFile(full).catch((error: unknown) => {
    throw new OndeleteError(
      'USAGE',
      `cannot read ${file}: ${codeOf(error) || messageOf(error)}`,
      'Name a file of SQL; a path in the config counts from its folder.',
    );
  });
  return { file, text: textOfBytes(bytes, file) };
}

/** UTF-8, or UTF-16 as PowerShell's `>` writes it. */
function textOfBytes(bytes: Buffer, file: string): string {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes);
  if (!text.includes('\0')) return text;
  throw new OndeleteError(
    'MODELS_UNREADABLE',
    `${file} is no text${text.startsWith('PGDMP') ? ', but a dump in the custom format of pg_dump' : ''}`,
    text.startsWith('PGDMP')
      ? `Write it as SQL: pg_restore --schema-only --file schema.sql ${file}`
      : 'Name a file of SQL statements.',
  );
}
