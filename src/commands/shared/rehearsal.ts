/** Rehearsals as commands see them: where the scratch database comes from, what may be rehearsed, the receipt, the report. */
import type { Connection } from '../../core/contracts/connection.ts';
import type { SchemaIndex } from '../../core/schema-index.ts';
import type { Change, ForeignKey } from '../../core/model.ts';
import { keyText } from '../../core/model.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Receipt } from '../../plan/header.ts';
import type { Assessment } from '../../plan/plan.ts';
import { progressBar } from '../../report/layout.ts';
import { keysInFiles } from '../../plan/pending.ts';
import type { MigrationFile } from '../../core/contracts/template.ts';
import { partFor } from '../../rehearsal/subset.ts';
import { rehearse, type Rehearsal } from '../../rehearsal/rehearse.ts';
import type { Arguments, Context } from './options.ts';
import type { Comparison } from './compare.ts';
import { scratchUrlFor } from './scratch-url.ts';
import type { MigrationJob } from './pipeline.ts';
import { verifyJson } from '../../report/json.ts';
import { verifyText } from '../../report/text/verify.ts';

const connectTimeoutMilliseconds = 10_000;

/** @throws USAGE when working from a snapshot, and what opening the scratch database throws */
export async function rehearseWork(
  work: MigrationJob,
  changes: readonly Change[],
  files: readonly MigrationFile[],
  args: Arguments,
  context: Context,
): Promise<Rehearsal> {
  const { source } = work.comparison;
  const connection = liveConnection(work.comparison);
  // The files bring keys with them that are not asked for: with --only, and those that an interrupted run has finished.
  const held = keysInFiles(files, work.template, source.schema);
  const keys = new Set([...changes, ...held].map((one) => one.foreignKey));
  const elsewhere = [...keys].filter((key) => crossesDatabases(key, source.schema));
  if (elsewhere.length > 0) {
    throw new OndeleteError(
      'USAGE',
      `these keys reach into another database, of which there is no scratch copy: ${elsewhere.map(keyText).join('; ')}`,
      'Leave them out with --only, and try them on a copy of both databases.',
    );
  }
  return rehearse({
    changes,
    schema: source.schema,
    connection,
    engine: source.engine,
    template: work.template,
    files,
    held,
    scratchUrl: scratchUrlFor(
      source.engine.flavor,
      source.snapshot.server.product,
      args,
      context,
      work.comparison.config,
    ),
    timeoutMilliseconds: connectTimeoutMilliseconds,
    atInterrupt: (rest, act) => context.onInterrupt(rest, act),
    progress: (what, done, all) => {
      context.progress(what === '' ? '' : progressBar(what, done, all));
    },
  });
}

function liveConnection({ source }: Comparison): Connection {
  if (source.connection !== null) return source.connection;
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

/** What stands in the heads of the files; null unless everything was proven. */
export function receiptOf(rehearsal: Rehearsal, now: Date): Receipt | null {
  const isProven = rehearsal.failures.length === 0 && rehearsal.keys.every((key) => key.proven);
  const { before, after, server } = rehearsal;
  return isProven ? { before, after, server: server.product, date: now.toISOString().slice(0, 10) } : null;
}

/** @param notRehearsed changes that were left out, with why */
export function printRehearsal(
  work: MigrationJob,
  rehearsal: Rehearsal | null,
  notRehearsed: readonly { readonly change: Change; readonly why: string }[],
  { hazards }: Pick<Assessment, 'hazards'>,
  args: Arguments,
  context: Context,
): void {
  const report = { database: work.comparison.source.label, rehearsal, notRehearsed, hazards };
  if (args['format'] === 'json') {
    context.stdout(verifyJson(report));
  } else {
    context.stdout(verifyText(report, context.terminal).join('\n'));
  }
}
