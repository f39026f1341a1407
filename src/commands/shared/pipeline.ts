/** The steps that `generate` and `verify` share: job, assessment, statuses, plan, files. */
import type { Options } from 'yargs';
import { entryOf, gradeOf } from '../../core/codes/index.ts';
import type { EmitContext } from '../../core/contracts/engine.ts';
import type { ExistingFile, MigrationFile, Template } from '../../core/contracts/template.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Change, Plan } from '../../core/model.ts';
import type { Receipt } from '../../plan/record.ts';
import { migrations, runnerHazards } from '../../plan/migrations.ts';
import {
  conflictText,
  type MigrationStatus,
  migrationStatuses,
  withOriginalName,
} from '../../plan/pending.ts';
import { type Allowance, assess, type Assessment, plan } from '../../plan/plan.ts';
import { keyMatcher } from '../../policy/pattern/match.ts';
import { readSelector } from '../../policy/pattern/parse.ts';
import type { SchemaSource } from '../../registry.ts';
import type { CompareOptions, Comparison } from './compare.ts';
import {
  appliedNames,
  existingFiles,
  folderOf,
  type FolderOptions,
  type MigrationFolder,
  requireEngine,
} from './folder.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  formatOf,
  policyFlags,
  policyOptions,
  scratchFlag,
  textOf,
  textsOf,
} from './options.ts';
import type { Format } from '../../report/formats.ts';

export interface RequestOptions extends CompareOptions, FolderOptions {
  /** What the user calls the migration; null for the default. */
  readonly name: string | null;
  readonly only: readonly string[];
  readonly allow: readonly string[];
  readonly format: Format;
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
} as const satisfies Record<string, Options>;

export function requestOptions(argv: Arguments): RequestOptions {
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
  };
}

/** Inputs of one `generate` or `verify` run, resolved once. */
export interface MigrationRequest extends MigrationFolder {
  readonly comparison: Comparison;
  readonly existing: readonly ExistingFile[];
  /** Names of applied migrations, by the tool's own table; null where it was not asked. */
  readonly applied: ReadonlySet<string> | null;
  /** Those that --only picks. */
  readonly changes: readonly Change[];
  readonly allowances: readonly Allowance[];
  readonly name: string | null;
  readonly now: Date;
}

export async function openRequest(
  comparison: Comparison,
  folder: MigrationFolder,
  { allow, only, name }: RequestOptions,
  { now }: Context,
): Promise<MigrationRequest> {
  requireEngine(folder.template, comparison.source.snapshot.server.flavor);
  const existing = existingFiles(folder);
  const applied = await appliedNames(folder.template, existing, comparison.source.connection);
  return {
    ...folder,
    comparison,
    existing,
    applied,
    changes: selectChanges(comparison, only, existing, folder.template),
    allowances: allow.map((text) => allowance(text, comparison.source)),
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
function selectChanges(
  { source: { engine, snapshot }, diff }: Comparison,
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

/** Which changes can be made, by the schema and, where there is one, by the live server. */
export async function assessRequest({
  comparison,
  changes,
  allowances,
}: MigrationRequest): Promise<Assessment> {
  const { source, paths } = comparison;
  const { snapshot, schema, engine, connection } = source;
  const preflight = connection === null ? [] : await (await connection.probe()).preflight(changes, schema);
  const capabilities = engine.capabilities(snapshot.server);
  return assess(changes, schema, engine, capabilities, { allowances, preflight, paths });
}

/** What the files in the folder mean for the changes that can be made. @throws OndeleteError PENDING_CONTRADICTION */
export function statusesOf(
  { applied, comparison, existing, template }: MigrationRequest,
  { possible }: Assessment,
): readonly MigrationStatus[] {
  const { schema, engine } = comparison.source;
  const statuses = migrationStatuses(possible, { files: existing, applied }, template, schema, engine);
  for (const status of statuses) {
    if (status.kind !== 'conflict') continue;
    throw new OndeleteError(
      'PENDING_CONTRADICTION',
      `${conflictText(status)}; nothing was written`,
      status.stops === null
        ? 'Apply its files first, or delete all of them if they were never applied anywhere.'
        : 'Delete all of its files if they were never applied anywhere, and run `ondelete generate` again; else make the key as they expect it.',
    );
  }
  return statuses;
}

/** The steps of the changes that can be made, with the hazards of the tool's runner. */
export async function planFor(
  { source }: Comparison,
  assessment: Assessment,
  template: Template,
  allowances: readonly Allowance[],
  { plain, withOperations }: Pick<EmitContext, 'plain' | 'withOperations'>,
): Promise<Plan> {
  const { snapshot, schema, engine } = source;
  const { emit } = await engine.emitter();
  const context = {
    capabilities: engine.capabilities(snapshot.server),
    runner: template.runner,
    wraps: template.wraps(snapshot.server.flavor),
    plain,
    withOperations,
  };
  const made = plan(assessment, schema, emit, context, allowances);
  return { ...made, hazards: [...made.hazards, ...runnerHazards(made, template)] };
}

/** The plan that `generate` would write; null where its tool or folder cannot be known. */
export async function planOffline(
  comparison: Comparison,
  assessment: Assessment,
  context: Context,
): Promise<Plan | null> {
  const folder = await folderOf(comparison.config, context).catch(() => null);
  return folder === null
    ? null
    : planFor(comparison, assessment, folder.template, [], { plain: false, withOperations: true });
}

/** The plan as files of the tool. */
export function filesOf(
  job: MigrationRequest,
  made: Plan,
  { plain, receipt }: { readonly plain: boolean; readonly receipt: Receipt | null },
): readonly MigrationFile[] {
  const { comparison, template, existing, name, now } = job;
  const set = migrations(made, comparison.source.schema, template, {
    name,
    now,
    existing: existing.flatMap((file) => template.migrationName(file.path) ?? []),
    receipt,
    plain,
  });
  return template.render(set, existing, now, job.out);
}
