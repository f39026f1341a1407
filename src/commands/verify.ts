/** `ondelete verify`: the plan, rehearsed on a scratch database. */
import { filesOfSets } from '../plan/chains.ts';
import { compare, type PolicyDiff } from './shared/compare.ts';
import { folderOf } from './shared/migrations-folder.ts';
import { configOf } from './shared/open-schema.ts';
import { type Arguments, type Context, type ExitCode, formatFlag, isSet } from './shared/options.ts';
import {
  assessRequest,
  requestFlags,
  requestOptions,
  type RequestOptions,
  openRequest,
} from './shared/migration-request.ts';
import { isProven } from '../rehearsal/results.ts';
import { acceptedGaps, printRehearsal, rehearsable, rehearseRequest } from './shared/rehearsal.ts';
import { statusesWithoutConflict } from './shared/pending.ts';
import { planFor, filesOf } from './shared/planning.ts';
import { requireWritten } from './shared/printed.ts';

interface VerifyOptions extends RequestOptions {
  readonly all: boolean;
}

export const flags = {
  ...requestFlags,
  ...formatFlag('text', 'json'),
  allow: {
    ...requestFlags.allow,
    describe: 'Allow a hazard, or accept a key that could not be tried: CODE or CODE:MATCH',
  },
  all: { type: 'boolean', describe: 'Print every key, and every delete that was tried' },
} as const;

export function parseOptions(argv: Arguments): VerifyOptions {
  return { ...requestOptions(argv), all: isSet(argv, 'all') };
}

export async function run(options: VerifyOptions, context: Context): Promise<ExitCode> {
  const comparison = await compare(options, context, await configOf(options, context));
  try {
    return await verify(comparison, options, context);
  } finally {
    await comparison.source.close();
  }
}

async function verify(comparison: PolicyDiff, options: VerifyOptions, context: Context): Promise<0 | 1> {
  requireWritten(comparison.source.snapshot.server);
  const folder = await folderOf(comparison.config, context, options);
  const request = await openRequest(comparison, folder, options, context);
  const assessment = await assessRequest(request);
  const statuses = statusesWithoutConflict(request, assessment);
  const pending = statuses.flatMap((status) => (status.kind === 'pending' ? status.files : []));
  // What the tool would run is rehearsed; where the tool cannot run here, what `generate` writes for these keys, as plain SQL files.
  const rehearsed = await rehearsable(request);
  const canRun = rehearsed === request;
  const written = statuses.flatMap((status) => (status.kind === 'new' || !canRun ? [status.change] : []));
  const plan = await planFor(
    comparison,
    { ...assessment, possible: written },
    request.template,
    request.allowances,
    {
      plain: false,
      withOperations: false,
      asPlainSql: !canRun,
    },
  );
  if (!canRun && pending.length > 0)
    context.log(
      `${request.template.title} cannot run here: for the keys of its pending files, what \`generate\` writes for them now is rehearsed as plain SQL.`,
    );
  const files = [
    ...(canRun ? filesOfSets(pending, request.existing, request.template) : []),
    ...filesOf(rehearsed, plan, { receipt: null, plain: false }),
  ];
  const changes = statuses.map((status) => status.change);
  const rehearsal =
    changes.length === 0 ? null : await rehearseRequest(rehearsed, changes, files, options, context);
  const notRehearsed = assessment.refusals.map(({ change, hazards: reasons }) => ({
    change,
    why: `refused: ${reasons.map((hazard) => hazard.code).join(', ')}`,
  }));
  const { hazards } = assessment;
  const accepted = rehearsal === null ? [] : acceptedGaps(rehearsal, request.allowances);
  const database = comparison.source.label;
  const report = { database, rehearsal, notRehearsed, accepted, hazards };
  printRehearsal(report, options.format, options.all, context);
  const holds = rehearsal === null || isProven(rehearsal, (change) => accepted.includes(change));
  return holds && notRehearsed.length === 0 ? 0 : 1;
}
