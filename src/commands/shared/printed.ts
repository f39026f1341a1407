/** Engines for which no migration is written: `generate` prints the statements of what the policy asks for, and `verify` has nothing to rehearse. */
import { OndeleteError } from '../../core/errors.ts';
import type { Change, Server } from '../../core/model.ts';
import { beforePrinted, printedEngine, type PrintedEngine } from '../../core/unproven.ts';
import { count } from '../../report/layout.ts';
import { assessOffline } from './compare.ts';
import { logRefusals, refusal } from './generate-report.ts';
import { selectChanges } from './migration-request.ts';
import type { PolicyDiff } from './compare.ts';
import type { MigrationFolder } from './migrations-folder.ts';
import type { Context, ExitCode } from './options.ts';
import type { RequestOptions } from './migration-request.ts';

/**
 * Prints what can be had by such statements; the reasons why the rest cannot go to stderr.
 * @throws OndeleteError REFUSED wherever there is anything to change
 */
export async function printWanted(
  engine: PrintedEngine,
  comparison: PolicyDiff,
  { template }: MigrationFolder,
  { format, only }: RequestOptions,
  context: Context,
): Promise<ExitCode> {
  const { schema, snapshot, engine: dialect } = comparison.source;
  if (format !== 'text')
    throw new OndeleteError(
      'USAGE',
      `--format ${format} has nothing to show: for ${engine} \`generate\` prints SQL`,
      'Leave --format out; `ondelete diff` has the other formats.',
    );
  const changes = selectChanges(comparison, only, [], template);
  if (changes.length === 0) {
    context.log('Nothing to do: every key matches the policy.');
    return 0;
  }
  const { refusals } = assessOffline({ ...comparison, diff: { ...comparison.diff, changes } });
  logRefusals({ refusals }, context);
  const printed = refusals
    .filter(({ hazards }) => hazards.every(({ code }) => code === 'PRINTED_ONLY'))
    .map(({ change }) => change);
  if (printed.length > 0) {
    const statements = (await dialect.emitter()).printed?.(printed, schema) ?? [];
    context.stdout([...head(engine, snapshot.server, printed), ...statements].join('\n'));
  }
  throw refusal(changes.length, changes.length);
}

function head(engine: PrintedEngine, { product }: Server, changes: readonly Change[]): readonly string[] {
  return [
    `What the policy asks for on ${product}: ${count(changes.length, 'key')}. This is no migration, and ondelete was never run there.`,
    ...beforePrinted[engine],
  ].map((line) => `-- ${line}`);
}

/** @throws OndeleteError REFUSED where no migration is written that could be rehearsed */
export function requireWritten(server: Server): void {
  const engine = printedEngine(server);
  if (engine === null) return;
  throw new OndeleteError(
    'REFUSED',
    `for ${engine} no migration is written, so there is nothing to rehearse`,
    '`ondelete generate` prints the statements of what the policy asks for.',
  );
}
