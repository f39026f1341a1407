/** What `generate` and `verify` share: the tool, its folder and files, the changes that are asked for, and the files they become. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Options } from 'yargs';
import { templateFor, type Source } from '../../registry.ts';
import type { Change, Plan } from '../../core/model.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Receipt } from '../../plan/header.ts';
import {
  withOriginalName,
  conflictText as contradictionText,
  migrationStatuses as standings,
  type ExistingFile,
  type MigrationStatus,
} from '../../plan/pending.ts';
import { plan as planFor, assess, type Allowance, type Assessment } from '../../plan/plan.ts';
import { databaseFlags, formatFlag, textOf, textsOf, type Arguments, type Context } from './options.ts';
import { policyFlags } from './models.ts';
import type { Comparison } from './compare.ts';
import type { Migration, MigrationFile, Template } from '../../core/contracts/template.ts';
import { expand } from '../../config/environment.ts';
import { gradeOf, entryOf } from '../../core/codes/index.ts';
import { readSelector } from '../../policy/pattern/parse.ts';
import { keyMatcher } from '../../policy/pattern/match.ts';
import { runnerHazards, migrations } from '../../plan/migrations.ts';

export const jobFlags = {
  ...databaseFlags,
  ...policyFlags,
  ...formatFlag,
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

/** Everything between the flags and the files that does not change any more once it is known. */
export interface MigrationJob {
  readonly comparison: Comparison;
  readonly template: Template;
  readonly out: string;
  readonly shownOut: string;
  readonly files: readonly ExistingFile[];
  readonly allowances: readonly Allowance[];
  /** What the user called the migration; null for the default. */
  readonly name: string | null;
  readonly now: Date;
}

export async function openJob(decided: Comparison, args: Arguments, context: Context): Promise<MigrationJob> {
  const { template, out, shownOut } = await folderOf(decided, args, context);
  return {
    comparison: decided,
    template,
    out,
    shownOut,
    files: existingFiles(out, template),
    allowances: allowancesOf(args, decided.source),
    name: textOf(args, 'name'),
    now: context.now,
  };
}

/** The tool and the folder that flags or config name. */
export async function folderOf(
  { config }: Pick<Comparison, 'config'>,
  args: Arguments,
  context: Context,
): Promise<Pick<MigrationJob, 'template' | 'out' | 'shownOut'>> {
  const valueOf = (name: 'tool' | 'out'): string | null => {
    const configured = config[name];
    return textOf(args, name) ?? (configured === null ? null : expand(configured, context.environment));
  };
  const template = await templateFor(valueOf('tool') ?? 'sql');
  const folder = textOf(args, 'out') === null ? dirname(config.file) : context.cwd;
  const out = resolve(folder, valueOf('out') ?? 'migrations');
  return { template, out, shownOut: relative(context.cwd, out) || '.' };
}

/** The tool's files in the folder; a folder that is not there holds none. @throws OUTPUT_NOT_WRITABLE */
export function existingFiles(folder: string, template: Template): readonly ExistingFile[] {
  try {
    return readdirSync(folder)
      .sort()
      .filter((path) => template.migrationName(path) !== null)
      .map((path) => ({ path, content: readFileSync(join(folder, path), 'utf8') }));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `cannot read ${folder}: ${codeOf(error) || messageOf(error)}`,
      'Choose another folder with --out.',
    );
  }
}

function allowancesOf(args: Arguments, source: Source): readonly Allowance[] {
  const texts = textsOf(args, 'allow');
  if (texts.length === 0) return [];
  return texts.map((text) => {
    const [, code = '', match] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
    if (entryOf(code)?.kind !== 'hazard' || gradeOf(code) !== 'allow') {
      throw new OndeleteError(
        'USAGE',
        `--allow ${code}: no hazard of that name can be allowed`,
        'The message that refuses a change names its code; `ondelete explain CODE` tells whether it can be allowed.',
      );
    }
    if (match === undefined) return { code, covers: () => true };
    const matches = keyMatcher(readSelector(match, '--allow'), source.engine.names(source.snapshot.server));
    return { code, covers: (change) => matches(change.foreignKey) };
  });
}

/** What the policy asks for, as far as --only lets it, and what speaks against it. */
export async function assessJob(
  work: MigrationJob,
  args: Arguments,
): Promise<{ readonly changes: readonly Change[]; readonly assessment: Assessment }> {
  const changes = wantedChanges(work, args);
  const { snapshot, schema, engine: dialect, connection } = work.comparison.source;
  const circumstances =
    connection === null ? [] : await (await connection.probe()).preflight(changes, schema);
  const assessment = assess(changes, schema, dialect, dialect.capabilities(snapshot.server), {
    allowances: work.allowances,
    circumstances,
    paths: work.comparison.paths,
  });
  return { changes, assessment };
}

function wantedChanges(work: MigrationJob, args: Arguments): readonly Change[] {
  const { source, diff } = work.comparison;
  const only = textsOf(args, 'only');
  const named = diff.changes.map((change) =>
    withOriginalName(change, work.files, work.template, source.snapshot.server.flavor),
  );
  if (only.length === 0) return named;
  const matchers = only.map((text) =>
    keyMatcher(readSelector(text, '--only'), source.engine.names(source.snapshot.server)),
  );
  if (!source.snapshot.foreignKeys.some((key) => matchers.some((matches) => matches(key)))) {
    throw new OndeleteError(
      'USAGE',
      `--only ${only.join(', ')} matches no foreign key`,
      '`ondelete diff` lists them.',
    );
  }
  return named.filter((change) => matchers.some((matches) => matches(change.foreignKey)));
}

/** What the folder says of the changes that can be made. @throws OndeleteError PENDING_CONTRADICTION */
export function statusesOf(work: MigrationJob, assessment: Assessment): readonly MigrationStatus[] {
  const { schema, engine } = work.comparison.source;
  const standing = standings(assessment.possible, work.files, work.template, schema, engine);
  const against = standing.find((one) => one.kind === 'contradicted');
  if (against?.kind === 'contradicted') {
    throw new OndeleteError(
      'PENDING_CONTRADICTION',
      `${contradictionText(against)}; nothing was written`,
      'Apply its files first, or delete all of them if they were never applied anywhere.',
    );
  }
  return standing;
}

/** The plan of the changes that are not written yet, with what the runner means for it. */
export async function planJob(
  work: MigrationJob,
  assessment: Assessment,
  fresh: readonly Change[],
): Promise<Plan> {
  const { snapshot, schema, engine: dialect } = work.comparison.source;
  const plain = planFor(
    { ...assessment, possible: fresh },
    schema,
    (await dialect.emitter()).emit,
    dialect.capabilities(snapshot.server),
    work.template.runner,
    work.allowances,
  );
  return { ...plain, hazards: [...plain.hazards, ...runnerHazards(plain, work.template)] };
}

/** The plan as files of the tool. */
export function filesOf(work: MigrationJob, plan: Plan, receipt: Receipt | null): readonly MigrationFile[] {
  const set = migrations(plan, work.comparison.source.schema, work.template, {
    name: work.name,
    now: work.now,
    existing: work.files.flatMap((file) => work.template.migrationName(file.path) ?? []),
    receipt,
  });
  return set.flatMap((migration) => rendered(work.template, migration));
}

/**
 * The files of one migration. The longest text that Node.js can hold is 512 MB: on PostgreSQL a file of about 30,000 keys.
 * @throws OndeleteError OUTPUT_NOT_WRITABLE for a file that would be longer
 */
export function rendered(template: Pick<Template, 'render'>, migration: Migration): readonly MigrationFile[] {
  try {
    return template.render(migration);
  } catch (error) {
    if (messageOf(error) !== 'Invalid string length') throw error;
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `one file for all changes of ${migration.name} would hold more than 512 MB, which Node.js cannot put together; nothing was written`,
      'Write fewer keys at a time with --only, or a file for each step with --tool kysely.',
      error,
    );
  }
}
