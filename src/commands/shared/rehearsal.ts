/** Rehearsals as commands see them: what may be rehearsed, the receipt, the report. */
import type { Connection } from '../../core/contracts/connection.ts';
import type { MigrationFile } from '../../core/contracts/template.ts';
import { OndeleteError } from '../../core/errors.ts';
import { keyText } from '../../core/names.ts';
import type { Change, ForeignKey, Plan } from '../../core/model.ts';
import type { SchemaIndex } from '../../core/schema-index.ts';
import type { Receipt } from '../../plan/recorded-key.ts';
import { keysInFiles } from '../../plan/chains.ts';
import type { Allowance } from '../../plan/plan.ts';
import { templateFor } from '../../registry.ts';
import type { SchemaSource } from '../../schema-source.ts';
import { type Rehearsal, rehearse } from '../../rehearsal/rehearse.ts';
import { gapCode, isProven } from '../../rehearsal/results.ts';
import { partFor } from '../../rehearsal/subset.ts';
import type { Format } from '../../report/formats.ts';
import { verifyJson } from '../../report/json.ts';
import { count } from '../../report/layout.ts';
import { type VerifyReport, verifyText } from '../../report/text/verify.ts';
import { scratchUrl } from './open-schema.ts';
import type { Context } from './options.ts';
import type { MigrationRequest, RequestOptions } from './migration-request.ts';
import { filesOf, planFor } from './planning.ts';
import { scratchHooks } from './scratch-hooks.ts';

/**
 * Runs the files on a scratch database.
 * @throws USAGE when working from a snapshot, and what opening the scratch database throws
 */
export async function rehearseRequest(
  { allowances, comparison, template }: MigrationRequest,
  changes: readonly Change[],
  files: readonly MigrationFile[],
  { scratch, seconds }: Pick<RequestOptions, 'scratch' | 'seconds'>,
  context: Context,
): Promise<Rehearsal> {
  const { source, config } = comparison;
  const { engine, schema, snapshot } = source;
  const connection = liveConnection(source);
  // The files bring keys with them that are not asked for: with --only, and those that an interrupted run has finished.
  const held = keysInFiles(files, template, schema);
  const keys = new Set([...changes, ...held].map((one) => one.foreignKey));
  const elsewhere = [...keys].filter((key) => crossesDatabases(key, schema));
  if (elsewhere.length > 0) {
    throw new OndeleteError(
      'USAGE',
      `these keys reach into another database, of which there is no scratch copy: ${elsewhere.map(keyText).join('; ')}`,
      'Leave them out with --only, and try them on a copy of both databases.',
    );
  }
  return rehearse({
    changes,
    schema,
    connection,
    engine,
    template,
    files,
    held,
    mayMoveColumns: allowances.some(({ code }) => code === 'COLUMN_ORDER'),
    scratchUrl: scratchUrl(scratch, engine.flavor, snapshot.server.product, context, config),
    seconds,
    tooLong: (expected) => {
      context.log(
        `Trying deletes of ${count(changes.length, 'key')} would take ${durationText(expected)} here, and ends after ${durationText(seconds)}: give it more with --timeout, or try a part with --only.`,
      );
    },
    leftBehind: (names) => {
      const what = names.length === 1 ? 'a scratch database' : 'scratch databases';
      context.log(
        `A run of ondelete that was killed has left ${what} on the scratch server: ${names.join(', ')}. Drop ${names.length === 1 ? 'it' : 'them'} with DROP DATABASE unless a run is under way there.`,
      );
    },
    ...scratchHooks(context),
  });
}

/** The same request; with plain SQL files for a tool that cannot run here. */
export async function rehearsable(request: MigrationRequest): Promise<MigrationRequest> {
  return request.template.replay === null ? { ...request, template: await templateFor('sql') } : request;
}

function durationText(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

function liveConnection({ connection }: SchemaSource): Connection {
  if (connection !== null) return connection;
  throw new OndeleteError(
    'USAGE',
    'a saved snapshot does not say how the tables are made, so nothing can be rehearsed from it',
    'Name the database with --database.',
  );
}

/** On MySQL and MariaDB a scratch database stands for one database alone. */
function crossesDatabases(key: ForeignKey, schema: SchemaIndex): boolean {
  const local = schema.snapshot.server.settings['database'];
  if (local === undefined) return false;
  return partFor([key], schema).tables.some((table) => table.schema !== local);
}

/** The keys that could not be tried and for which --allow accepts that. */
export function acceptedGaps({ keys }: Rehearsal, allowances: readonly Allowance[]): readonly Change[] {
  const accepting = allowances.filter(({ code }) => code === gapCode);
  return keys
    .filter(({ change, result }) => result === 'not tried' && accepting.some((one) => one.covers(change)))
    .map(({ change }) => change);
}

/** What stands in the last line of the files; null unless everything was proven, without a gap. */
function receiptOf(rehearsal: Rehearsal, now: Date): Receipt | null {
  const { before, after, server } = rehearsal;
  return isProven(rehearsal)
    ? { before, after, server: server.product, date: now.toISOString().slice(0, 10) }
    : null;
}

export function printRehearsal(report: VerifyReport, format: Format, all: boolean, context: Context): void {
  const text = format === 'json' ? verifyJson(report) : verifyText(report, context.terminal, all).join('\n');
  context.stdout(text);
}

/** The files with their receipt, or null with the report printed when the rehearsal did not prove them. */
export async function rehearsedFiles(
  request: MigrationRequest,
  plan: Plan,
  files: readonly MigrationFile[],
  { format, plain, scratch, seconds }: RequestOptions & { readonly plain: boolean },
  context: Context,
): Promise<readonly MigrationFile[] | null> {
  if (files.length === 0) return files;
  const rehearsed = await rehearsable(request);
  const tried =
    rehearsed === request
      ? files
      : filesOf(rehearsed, await asPlainSql(request, plan, plain), { receipt: null, plain });
  const rehearsal = await rehearseRequest(rehearsed, plan.changes, tried, { scratch, seconds }, context);
  const accepted = acceptedGaps(rehearsal, request.allowances);
  if (!isProven(rehearsal, (change) => accepted.includes(change))) {
    const database = request.comparison.source.label;
    const report = { database, rehearsal, notRehearsed: [], accepted, hazards: plan.hazards };
    printRehearsal(report, format, false, context);
    context.log('Nothing was written, because the rehearsal did not prove the files.');
    return null;
  }
  const receipt = receiptOf(rehearsal, request.now);
  if (receipt === null) {
    const keys = accepted.map(({ foreignKey }) => keyText(foreignKey)).join('; ');
    context.log(
      `Not proven, and accepted with --allow ${gapCode}: ${keys}. The other keys are proven on ${rehearsal.scratch}; the files carry no receipt.`,
    );
  } else context.log(`Proven on ${rehearsal.scratch}: up, deletes, down; the receipt is in the files.`);
  for (const note of rehearsal.notes) context.log(`Note: ${note}.`);
  const allowed = accepted.length === 0 ? plan.allowed : [...plan.allowed, gapCode].sort();
  return filesOf(request, { ...plan, allowed }, { receipt, plain });
}

/** The plan in statements of the engine itself: those of a service run nowhere else. */
async function asPlainSql(
  { allowances, comparison, template }: MigrationRequest,
  plan: Plan,
  plain: boolean,
): Promise<Plan> {
  if (template.service === undefined) return plan;
  const assessment = { possible: plan.changes, refusals: [], hazards: [], allowed: plan.allowed };
  return planFor(comparison, assessment, template, allowances, {
    plain,
    withOperations: false,
    asPlainSql: true,
  });
}
