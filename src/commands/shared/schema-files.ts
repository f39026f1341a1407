/** Files of SQL as a source of models: which they are, their text, the scratch database they are loaded into. */
import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { engineFor as dialectFor, flavorNamedBy, type Source } from '../../registry.ts';
import type { Config } from '../../config/read.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import { flavors, type Flavor } from '../../core/model.ts';
import type { Facts } from '../../orm/facts.ts';
import { loadSchema, type SchemaText } from '../../orm/sql/load.ts';
import { progressBar } from '../../report/layout.ts';
import { textOf, textsOf, type Arguments, type Context } from './options.ts';
import { scratchUrlFor } from './scratch-url.ts';
import { configuredUrl } from './open-source.ts';

const connectTimeoutMilliseconds = 10_000;

/** What is asked for: paths, and the folder that they count from. */
export interface SchemaFiles {
  readonly paths: readonly string[];
  readonly folder: string;
}

/**
 * The files that a flag names, else those of the policy's `from`; null where it is an ORM, or nothing.
 * @param flags which of them may name one, the first that is given counts
 * @throws OndeleteError USAGE where files and an ORM are named together
 */
export function schemaFilesOf(
  args: Arguments,
  context: Context,
  config: Config | null,
  flags: readonly string[] = ['policyFrom'],
): SchemaFiles | null {
  const flag = flags.find((name) => textsOf(args, name).length > 0);
  const given = flag === undefined ? (config?.policy?.from?.texts ?? []) : textsOf(args, flag);
  if (given.length < 2 && !given.some(isSchemaFile)) return null;
  if (!given.every(isSchemaFile)) {
    throw new OndeleteError(
      'USAGE',
      `${given.join(' and ')} cannot be the policy together`,
      'Name files of SQL alone, or one ORM.',
    );
  }
  const folder = flag !== undefined || config === null ? context.cwd : dirname(config.file);
  return { paths: given, folder };
}

/** `--scratch` without a file of SQL has nothing to load. @throws OndeleteError USAGE */
export function refuseIdleScratch(args: Arguments, files: SchemaFiles | null): void {
  if (files !== null || textOf(args, 'scratch') === null) return;
  throw new OndeleteError(
    'USAGE',
    '--scratch says where a file of SQL is loaded, and none is asked for',
    'Name one, such as --policy-from schema.sql, or leave --scratch out.',
  );
}

export function isSchemaFile(text: string): boolean {
  return /\.sql$/i.test(text);
}

/**
 * What the files say, loaded into a scratch database of the source's engine.
 * @param source the live database or a snapshot; null where none is looked at, and then the engine is `--dialect`'s or the URL's
 * @throws OndeleteError USAGE, MODELS_UNREADABLE, and what opening a scratch database throws
 */
export async function schemaFacts(
  files: SchemaFiles,
  source: Source | null,
  args: Arguments,
  context: Context,
  config: Config | null,
): Promise<Facts> {
  const dialect = source?.engine ?? (await dialectFor({ flavor: flavorFor(args, context, config) }));
  const live = source?.snapshot.server ?? null;
  const texts = await Promise.all(files.paths.map((path) => textIn(path, files.folder, context.cwd)));
  const facts = await loadSchema({
    files: texts,
    dialect,
    live,
    target: source?.connection ?? null,
    scratchUrl: scratchUrlFor(dialect.flavor, live?.product ?? dialect.flavor, args, context, config),
    timeoutMilliseconds: connectTimeoutMilliseconds,
    atInterrupt: (rest, act) => context.onInterrupt(rest, act),
    progress: (what, done, all) => {
      context.progress(what === '' ? '' : progressBar(what, done, all));
    },
  });
  for (const note of facts.notes) context.log(note);
  return facts;
}

function flavorFor(args: Arguments, context: Context, config: Config | null): Flavor {
  const named = flavors.find((flavor) => flavor === textOf(args, 'dialect'));
  if (named !== undefined) return named;
  const url = configuredUrl(args, context, config);
  const flavor = url === null ? null : flavorNamedBy(url);
  if (flavor !== null) return flavor;
  throw new OndeleteError(
    'USAGE',
    'a file of SQL does not say which engine it is for',
    'Say --dialect postgres, mysql, mariadb or sqlite.',
  );
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
