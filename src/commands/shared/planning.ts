/** From a request and its assessment to files: the plan, the files of the tool. */
import type { EmitContext } from '../../core/contracts/engine.ts';
import type { MigrationFile, Template } from '../../core/contracts/template.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Hazard, Plan, Server } from '../../core/model.ts';
import { namesInOrder } from '../../plan/chains.ts';
import { migrations, runnerHazards } from '../../plan/migrations.ts';
import { type Allowance, type Assessment, plan } from '../../plan/plan.ts';
import type { Receipt } from '../../plan/recorded-key.ts';
import { appsIn } from './apps.ts';
import type { PolicyDiff } from './compare.ts';
import { folderOf } from './migrations-folder.ts';
import type { MigrationRequest } from './migration-request.ts';
import type { Context } from './options.ts';

/** The steps of the changes that can be made, with the hazards of the tool's runner. */
export async function planFor(
  { source }: PolicyDiff,
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
  return { ...made, hazards: [...made.hazards, ...runnerHazards(made, template, engine.traits)] };
}

/** Why files of these changes cannot be the statements alone; null where they can. */
export function whyNotPlain(
  { comparison, template }: MigrationRequest,
  hazards: readonly Hazard[],
): OndeleteError | null {
  // The bound on waiting stands in the text of a plain statement, and with the text goes to the other nodes.
  if (hazards.some(({ code }) => code === 'GALERA'))
    return new OndeleteError(
      'USAGE',
      '--plain is not for a Galera cluster: a node that waits too long for a lock would go on without the change',
      'Leave --plain out; the whole file waits as long as it has to.',
    );
  if (template.runner.oneMessage === true && comparison.source.snapshot.server.flavor === 'postgres')
    return new OndeleteError(
      'USAGE',
      `--plain is not for ${template.title} on PostgreSQL: it sends a file as one message, so the locks of the swaps would last until all rows are scanned`,
      'Leave --plain out; the whole file commits after each key.',
    );
  return null;
}

function withoutService(server: Server): Server {
  const settings = Object.entries(server.settings).filter(([name]) => name !== 'service');
  return { ...server, settings: Object.fromEntries(settings) };
}

/** The plan that `generate` would write; null where its tool or folder cannot be known. */
export async function planOffline(
  comparison: PolicyDiff,
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
    place: {
      folder: request.ownOut,
      setup: request.setup,
      before: namesInOrder(existing, template).at(-1) ?? null,
    },
    appOf: appsIn(request),
  });
  return template.render(set, existing, now, request.out);
}
