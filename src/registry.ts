/** The one place that knows which engines and migration tools there are. */
import { engines } from '../dialects/index.ts';
import { templates } from '../migrations-templates/index.ts';
export { type ProvenRun, provenRuns } from '../migrations-templates/index.ts';
import type { Engine, EngineEntry } from './core/contracts/engine.ts';
import { schemeOf } from './core/database-url.ts';
import { messageOf, OndeleteError } from './core/errors.ts';
import { didYouMean } from './core/suggest.ts';
import type { Server } from './core/model.ts';
import { usualSpelling } from './core/url-spellings.ts';
import type { Template } from './core/contracts/template.ts';

/** Servers that people may try and that ondelete refuses by name before a driver is loaded. */
const refusedSchemes: Readonly<Record<string, string>> = {
  duckdb: 'DuckDB',
  spanner: 'Spanner',
  mssql: 'SQL Server',
  sqlserver: 'SQL Server',
  oracle: 'Oracle',
  mongodb: 'MongoDB',
};

/** Servers that are reached over the protocol that they speak. */
const spokenSchemes: Readonly<Record<string, string>> = {
  cockroachdb: 'postgres',
  cockroach: 'postgres',
  yugabytedb: 'postgres',
  tidb: 'mysql',
  planetscale: 'mysql',
  vitess: 'mysql',
};

/** @throws UNSUPPORTED_SERVER, UNKNOWN_SCHEME */
export async function engineOfScheme(scheme: string): Promise<Engine> {
  const entry = engines.find((candidate) => candidate.schemes.includes(scheme));
  if (entry === undefined) throw unknownScheme(scheme);
  return loaded(entry);
}

async function loaded({ core, emitter, scratch, schemaReader }: EngineEntry): Promise<Engine> {
  return { ...(await core()), emitter, scratch, schemaReader };
}

/** Whether a URL names a server of this kind; MySQL and MariaDB answer to each other's scheme. @throws UNKNOWN_SCHEME */
export function namesServerOf(url: string, flavor: Server['flavor']): boolean {
  const { scheme } = normalUrl(url);
  if (!engines.some((entry) => entry.schemes.includes(scheme))) throw unknownScheme(scheme);
  const family = flavor === 'mysql' || flavor === 'mariadb' ? ['mysql', 'mariadb'] : [flavor];
  return engines.some((entry) => entry.schemes.includes(scheme) && family.includes(entry.flavor));
}

/** The kind of server that a URL's scheme names; null where none does. */
export function flavorNamedBy(url: string): Server['flavor'] | null {
  const { scheme } = normalUrl(url);
  return engines.find((entry) => entry.schemes.includes(scheme))?.flavor ?? null;
}

/** The engine that a server's flavor names. */
export async function engineFor(server: Pick<Server, 'flavor'>): Promise<Engine> {
  const entry = engines.find((candidate) => candidate.flavor === server.flavor);
  if (entry === undefined) throw new OndeleteError('INTERNAL', `no engine for ${server.flavor}`);
  return loaded(entry);
}

/** @throws OndeleteError USAGE when there is no such tool */
export async function templateFor(name: string): Promise<Template> {
  const entry = templates.find((candidate) => candidate.name === name);
  if (entry === undefined) throw unknownTool(name);
  return entry.load();
}

/** Thrown here; a configuration adds where it stands. */
export function unknownTool(name: string): OndeleteError {
  return new OndeleteError(
    'USAGE',
    `no migration tool is called ${JSON.stringify(name)}${didYouMean(name, toolNames)}`,
    `Known tools: ${toolNames.join(', ')}. A template of your own: --template FILE.`,
  );
}

/** What a template cannot do without; the rest of the contract is checked by its use. */
const templateParts = [
  'name',
  'title',
  'engines',
  'wraps',
  'commands',
  'migrationName',
  'names',
  'render',
] as const;

/**
 * A template of the user's own, the default export of a module. Runs its code.
 * @throws OndeleteError USAGE where the module cannot be loaded or is no template
 */
export async function templateFrom(file: string, shown: string): Promise<Template> {
  const loaded: unknown = await (
    await import('jiti')
  )
    .createJiti(import.meta.url)
    .import(file, { default: true })
    .catch((error: unknown) => {
      throw new OndeleteError(
        'USAGE',
        `--template ${shown} cannot be loaded: ${messageOf(error).split('\n')[0] ?? ''}`,
        'Run it by itself to see where it fails.',
        error,
      );
    });
  const missing = templateParts.filter((part) => !(isObject(loaded) && part in loaded));
  if (missing.length > 0)
    throw new OndeleteError(
      'USAGE',
      `--template ${shown} is no template: its default export has no ${missing.join(', ')}`,
      'docs/templates.md has a whole one.',
    );
  return loaded as Template;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export const toolNames: readonly string[] = templates.map((entry) => entry.name);

/** A bare path is a SQLite file; `C:\x` is one too. */
export function normalUrl(written: string): { readonly normal: string; readonly scheme: string } {
  const url = usualSpelling(written);
  const scheme = schemeOf(url);
  if (scheme === null && /(^|\s)(host|dbname|user|password|passwd)\s*=/i.test(url)) {
    throw new OndeleteError(
      'USAGE',
      'the database is named by keywords and values',
      'Write a URL: postgres://user@host:5432/database.',
    );
  }
  return scheme === null ? { normal: `sqlite:${url}`, scheme: 'sqlite' } : { normal: url, scheme };
}

function unknownScheme(scheme: string): OndeleteError {
  const spoken = spokenSchemes[scheme];
  if (spoken !== undefined)
    return new OndeleteError(
      'UNKNOWN_SCHEME',
      `${scheme}: is no scheme of a driver here`,
      `Write ${spoken}://…, the protocol that it speaks; docs/engines.md says what is read and written there.`,
    );
  const refused = refusedSchemes[scheme];
  if (refused !== undefined) {
    return new OndeleteError(
      'UNSUPPORTED_SERVER',
      `this version of ondelete does not support ${refused}`,
      'Nothing was read or written.',
    );
  }
  const known = engines.flatMap((entry) => entry.schemes).map((one) => `${one}:`);
  return new OndeleteError(
    'UNKNOWN_SCHEME',
    `${scheme}: is no database URL that ondelete knows${didYouMean(`${scheme}:`, known)}`,
    `Known: ${known.join(' ')} or the path of a SQLite file.`,
  );
}
