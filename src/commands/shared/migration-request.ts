/** What `generate` and `verify` are asked for: flags, the changes that they pick, and which of those can be made. */
import type { Options } from 'yargs';
import { entryOf, gradeOf } from '../../core/codes/index.ts';
import type { ExistingFile, Template } from '../../core/contracts/template.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Change } from '../../core/model.ts';
import { unprovenName } from '../../core/unproven.ts';
import { withOriginalName } from '../../plan/chains.ts';
import { type Allowance, assess, type Assessment } from '../../plan/plan.ts';
import { keyMatcher } from '../../policy/pattern/match.ts';
import { readSelector } from '../../policy/pattern/parse.ts';
import type { SchemaSource } from '../../schema-source.ts';
import type { SourceOptions, PolicyDiff } from './compare.ts';
import {
  appliedNames,
  existingFiles,
  type FolderOptions,
  type MigrationFolder,
  requireEngine,
} from './migrations-folder.ts';
import type { Models } from './models.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  formatOf,
  numberOf,
  policyFlags,
  policyOptions,
  requireSeconds,
  scratchFlag,
  textOf,
  textsOf,
} from './options.ts';
import type { Format } from '../../report/formats.ts';

export interface RequestOptions extends SourceOptions, FolderOptions {
  /** What the user calls the migration; null for the default. */
  readonly name: string | null;
  readonly only: readonly string[];
  readonly allow: readonly string[];
  readonly format: Format;
  /** After so many, a rehearsal tries no more deletes. */
  readonly seconds: number;
}

export const requestFlags = {
  ...databaseFlags,
  ...policyFlags,
  ...scratchFlag,
  tool: {
    type: 'string',
    requiresArg: true,
    describe: 'The migration tool to write for; default: the config’s, else sql',
  },
  out: {
    type: 'string',
    requiresArg: true,
    describe: 'The folder of the migrations; default: the config’s, else migrations',
  },
  template: {
    type: 'string',
    requiresArg: true,
    describe: 'Write for a tool of your own: a module whose default export is a template',
    conflicts: 'tool',
  },
  only: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Only keys that match, such as ‘order_items -> orders’',
  },
  allow: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Allow a hazard: CODE or CODE:MATCH; recorded in the file',
  },
  timeout: {
    type: 'number',
    default: 300,
    requiresArg: true,
    describe: 'Where deletes are tried: seconds after which no more are; those keys count as not tried',
  },
} as const satisfies Record<string, Options>;

export function requestOptions(argv: Arguments): RequestOptions {
  const seconds = numberOf(argv, 'timeout') ?? 300;
  requireSeconds(seconds, 300);
  return {
    ...databaseOptions(argv),
    ...policyOptions(argv),
    tool: textOf(argv, 'tool'),
    out: textOf(argv, 'out'),
    template: textOf(argv, 'template'),
    name: textOf(argv, 'name'),
    only: textsOf(argv, 'only'),
    allow: textsOf(argv, 'allow'),
    format: formatOf(argv),
    seconds,
  };
}

/** Inputs of one `generate` or `verify` run, resolved once. */
export interface MigrationRequest extends MigrationFolder {
  readonly comparison: PolicyDiff;
  readonly existing: readonly ExistingFile[];
  /** Names of applied migrations, by the tool's own table; null where it was not asked. */
  readonly applied: ReadonlySet<string> | null;
  /** Those that --only picks. */
  readonly changes: readonly Change[];
  readonly allowances: readonly Allowance[];
  /** The application's models, where they have been read. */
  readonly models: Models | null;
  readonly name: string | null;
  readonly now: Date;
}

export async function openRequest(
  comparison: PolicyDiff,
  folder: MigrationFolder,
  { allow, only, name }: RequestOptions,
  { now }: Context,
): Promise<MigrationRequest> {
  requireEngine(folder.template, comparison.source.snapshot.server);
  const existing = existingFiles(folder);
  const applied = await appliedNames(folder.template, existing, comparison.source.connection);
  return {
    ...folder,
    comparison,
    existing,
    applied,
    changes: selectChanges(comparison, only, existing, folder.template),
    allowances: allow.map((text) => allowance(text, comparison.source)),
    models: comparison.models,
    name,
    now,
  };
}

/** `CODE` or `CODE:MATCH`. */
function allowance(text: string, { engine, snapshot }: SchemaSource): Allowance {
  const [, code = '', match] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (entryOf(code)?.kind !== 'hazard' || gradeOf(code) !== 'allow') {
    throw new OndeleteError(
      'USAGE',
      `--allow ${code}: no hazard of that name can be allowed`,
      'The message that refuses a change names its code; `ondelete explain CODE` says whether it can be allowed.',
    );
  }
  if (match === undefined) return { code, covers: () => true };
  const matches = keyMatcher(readSelector(match, '--allow'), engine.names(snapshot.server));
  return { code, covers: (change) => matches(change.foreignKey) };
}

/** The changes that --only picks, all of them without it; keys under a temporary name get back their own. */
export function selectChanges(
  { source: { engine, snapshot }, diff }: PolicyDiff,
  only: readonly string[],
  existing: readonly ExistingFile[],
  template: Template,
): readonly Change[] {
  const changes = diff.changes.map((change) =>
    withOriginalName(change, existing, template, snapshot.server.flavor),
  );
  if (only.length === 0) return changes;
  const names = engine.names(snapshot.server);
  const matchers = only.map((text) => keyMatcher(readSelector(text, '--only'), names));
  if (!snapshot.foreignKeys.some((key) => matchers.some((matches) => matches(key)))) {
    throw new OndeleteError(
      'USAGE',
      `--only ${only.join(', ')} matches no foreign key`,
      '`ondelete diff` lists them.',
    );
  }
  return changes.filter((change) => matchers.some((matches) => matches(change.foreignKey)));
}

/**
 * Which changes can be made, by the schema and, where there is one, by the live server.
 * @throws OndeleteError USAGE where a tool would run what is proven nowhere
 */
export async function assessRequest({
  comparison,
  changes,
  allowances,
  template,
}: MigrationRequest): Promise<Assessment> {
  const { source, paths } = comparison;
  const { snapshot, schema, engine, connection } = source;
  const preflight = connection === null ? [] : await (await connection.probe()).preflight(changes, schema);
  const capabilities = engine.capabilities(snapshot.server);
  const assessment = assess(changes, schema, engine, capabilities, { allowances, preflight, paths });
  if (assessment.allowed.includes('UNPROVEN_ENGINE') && template.name !== 'sql')
    throw new OndeleteError(
      'USAGE',
      `for ${unprovenName(snapshot.server)} ondelete writes plain SQL alone, because nothing was ever run there`,
      'Write for --tool sql, and let your tool run the file.',
    );
  return assessment;
}
