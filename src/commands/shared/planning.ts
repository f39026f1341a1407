/** From a request and its assessment to files: what the folder holds already, the plan, the files of the tool. */
import { join } from 'node:path';
import type { EmitContext } from '../../core/contracts/engine.ts';
import type { MigrationFile, Template } from '../../core/contracts/template.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Change, Plan, Server } from '../../core/model.ts';
import { migrations, runnerHazards } from '../../plan/migrations.ts';
import { conflictText, type MigrationStatus, migrationStatuses } from '../../plan/pending.ts';
import { type Allowance, type Assessment, plan } from '../../plan/plan.ts';
import type { Receipt } from '../../plan/record.ts';
import type { Comparison } from './compare.ts';
import { folderOf } from './migrations-folder.ts';
import type { MigrationRequest } from './migration-request.ts';
import type { Context } from './options.ts';

/** What the files in the folder mean for the changes that can be made. @param again keys may be written anew @throws OndeleteError PENDING_CONTRADICTION */
export function statusesOf(
  { applied, comparison, existing, template }: MigrationRequest,
  { possible }: Assessment,
  again = false,
): readonly MigrationStatus[] {
  const { schema, engine } = comparison.source;
  const statuses = migrationStatuses(possible, { files: existing, applied }, template, schema, engine);
  for (const status of statuses) {
    // Where no table of the tool says so, the files may have been applied and the key changed since.
    const isWanted = again && applied === null && status.kind === 'conflict' && status.stops !== null;
    if (status.kind !== 'conflict' || isWanted) continue;
    throw new OndeleteError(
      'PENDING_CONTRADICTION',
      `${conflictText(status)}; nothing was written`,
      status.stops === null
        ? 'Apply its files first, or delete all of them if they were never applied anywhere.'
        : `Delete all of its files if they were never applied anywhere, and run \`ondelete generate\` again; else make the key as they expect it${applied === null ? ', or, if they were applied, write the change anew with --again' : ''}.`,
    );
  }
  return statuses;
}

/** The changes that no pending file holds, or all with --again. @throws OndeleteError PENDING_CONTRADICTION */
export function changesToWrite(
  request: MigrationRequest,
  assessment: Assessment,
  { again }: { readonly again: boolean },
  context: Context,
): readonly Change[] {
  const statuses = statusesOf(request, assessment, again);
  if (again) return statuses.map((status) => status.change);
  const keysByFile = new Map<string, number>();
  for (const status of statuses)
    if (status.kind === 'pending') keysByFile.set(status.path, (keysByFile.get(status.path) ?? 0) + 1);
  for (const [path, keys] of keysByFile) {
    const what = keys === 1 ? 'One change is' : `${keys} changes are`;
    context.log(
      `${what} written already: ${join(request.shownOut, path)}. Apply it. If your tool says that it is applied, the key was changed since then, and --again writes the change anew.`,
    );
  }
  return statuses.flatMap((status) => (status.kind === 'new' ? [status.change] : []));
}

/** The steps of the changes that can be made, with the hazards of the tool's runner. */
export async function planFor(
  { source }: Comparison,
  assessment: Assessment,
  template: Template,
  allowances: readonly Allowance[],
  {
    batch = null,
    plain,
    withOperations,
    asPlainSql = false,
  }: Pick<EmitContext, 'plain' | 'withOperations'> & {
    readonly batch?: number | null;
    /** For a rehearsal, which knows no statements of a service. */
    readonly asPlainSql?: boolean;
  },
): Promise<Plan> {
  const { snapshot, schema, engine } = source;
  const { emit } = await engine.emitter();
  const context = {
    capabilities: engine.capabilities(asPlainSql ? withoutService(snapshot.server) : snapshot.server),
    runner: template.runner,
    wraps: template.wraps(snapshot.server.flavor),
    plain,
    withOperations,
  };
  const made = plan(assessment, schema, emit, context, allowances, batch);
  return { ...made, hazards: [...made.hazards, ...runnerHazards(made, template)] };
}

function withoutService(server: Server): Server {
  const settings = Object.entries(server.settings).filter(([name]) => name !== 'service');
  return { ...server, settings: Object.fromEntries(settings) };
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
  request: MigrationRequest,
  made: Plan,
  { plain, receipt }: { readonly plain: boolean; readonly receipt: Receipt | null },
): readonly MigrationFile[] {
  const { comparison, template, existing, name, now } = request;
  const set = migrations(made, comparison.source.schema, template, {
    name,
    now,
    existing: existing.flatMap((file) => template.migrationName(file.path) ?? []),
    receipt,
    plain,
  });
  return template.render(set, existing, now, request.out);
}
