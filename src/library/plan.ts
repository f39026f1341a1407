/** `plan` and `render`: from the keys that differ to the files of a migration tool. */
import { compareSchema } from '../commands/shared/compare.ts';
import { folderOf } from '../commands/shared/migrations-folder.ts';
import {
  assessRequest,
  type MigrationRequest,
  openRequest,
  requestOptions,
} from '../commands/shared/migration-request.ts';
import { changesToWrite } from '../commands/shared/pending.ts';
import { filesOf, planFor } from '../commands/shared/planning.ts';
import type { PolicyInput } from '../config/input.ts';
import type { MigrationFile, Template } from '../core/contracts/template.ts';
import { OndeleteError } from '../core/errors.ts';
import type { Plan as CorePlan, Server, Step } from '../core/model.ts';
import {
  type ChangeData,
  changeData,
  type HazardData,
  hazardData,
  type RefusalData,
  refusalData,
} from '../report/data.ts';
import { configured, contextOf, type Database } from './open.ts';

export interface PlanOptions {
  /** As below `policy:` in a configuration; else that of the configuration. */
  readonly policy?: PolicyInput;
  /** A migration tool of `ondelete tools`; else the configuration’s, else `sql`. */
  readonly tool?: string;
  /** A migration tool of your own, instead of `tool`. */
  readonly template?: Template;
  /** The folder of the migrations, whose files are read: what one of them holds is not planned again. Else the configuration’s. */
  readonly out?: string;
  /** Only keys that match one of these: `order_items -> orders`. */
  readonly only?: readonly string[];
  /** Hazards to allow: `CODE` or `CODE:MATCH`. */
  readonly allow?: readonly string[];
  /** Cut into migrations of at most so many keys. */
  readonly batch?: number;
  /** The statements alone, for a runner that brings its own retries. */
  readonly plain?: boolean;
}

/** What `ondelete generate --dry-run` says, with the names of its JSON report. */
export interface Plan {
  readonly server: Server;
  readonly changes: readonly ChangeData[];
  /** Keys that differ and cannot be changed; the plan leaves them out. */
  readonly refused: readonly RefusalData[];
  readonly hazards: readonly HazardData[];
  /** In the order in which they run, each with its way back; every operation names its locks. */
  readonly steps: readonly Step[];
  /** Sentences for people, such as which files hold some of the changes already. */
  readonly notes: readonly string[];
  /** @internal */
  readonly inside: { readonly request: MigrationRequest; readonly plan: CorePlan; readonly plain: boolean };
}

/**
 * Plans the migration of every key that differs and can be changed. Asks the live server what stands in the way, and writes nothing.
 * @throws OndeleteError what `compare` throws; `USAGE` for an unknown tool, one that does not know the engine, `only` that matches
 * no key, or an `allow` that is none; `PENDING_CONFLICT` where a file that is not applied yet is in conflict with the policy or with the key
 */
export function plan(database: Database, options: PlanOptions = {}): Promise<Plan> {
  return database.inside.inTurn(() => planOf(database, options));
}

async function planOf({ inside }: Database, options: PlanOptions): Promise<Plan> {
  const { tool, template, out, only = [], allow = [], plain = false, batch = null } = options;
  if (tool !== undefined && template !== undefined)
    throw new OndeleteError('USAGE', 'a tool and a template are named', 'Name one of them.');
  const notes: string[] = [];
  const context = contextOf(inside, (text) => notes.push(text));
  const policy = await configured(inside, options.policy, context);
  const flags = { tool: tool ?? (template === undefined ? null : 'sql'), out: out ?? null, template: null };
  const comparison = await compareSchema(inside.source, policy, { ...inside.options, ...flags }, context);
  const found = await folderOf(policy.config, context, flags);
  const folder = template === undefined ? found : { ...found, template };
  const wanted = { ...requestOptions({}), ...inside.options, only, allow };
  const request = await openRequest(comparison, folder, wanted, context);
  const assessment = await assessRequest(request);
  const possible = changesToWrite(request, assessment, { again: false }, context);
  const made = await planFor(comparison, { ...assessment, possible }, folder.template, request.allowances, {
    plain,
    withOperations: true,
    batch,
  });
  return {
    server: made.server,
    changes: made.changes.map(changeData),
    refused: made.refusals.map(refusalData),
    hazards: made.hazards.map(hazardData),
    steps: made.steps,
    notes,
    inside: { request, plan: made, plain },
  };
}

export interface RenderOptions {
  /** What the migration is called; else a name is made from the change. */
  readonly name?: string;
  /** The time that file names take; else now. */
  readonly now?: Date;
}

/**
 * The files of a plan for its tool, each with a path relative to the folder of the migrations. Empty where nothing differs.
 * @throws OndeleteError `USAGE` where no name of the tool’s form sorts after the last file
 */
export function render(planned: Plan, options: RenderOptions = {}): readonly MigrationFile[] {
  const { request, plan: made, plain } = planned.inside;
  if (made.changes.length === 0) return [];
  const named = { ...request, name: options.name ?? null, now: options.now ?? new Date() };
  return filesOf(named, made, { receipt: null, plain });
}
