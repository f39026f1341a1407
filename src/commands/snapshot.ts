/** `ondelete snapshot`: the Snapshot as JSON. */
import { snapshotText } from '../core/snapshot-print.ts';
import { breathe } from '../core/pauses.ts';
import { refuseOutput, writeText } from './shared/atomic-write.ts';
import { configOf, openSchema } from './shared/open-schema.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  type DatabaseOptions,
  type ExitCode,
  isSet,
  outputFlag,
  textOf,
} from './shared/options.ts';
import { keyStatistics } from './shared/figures.ts';

interface SnapshotOptions extends DatabaseOptions {
  readonly output: string | null;
  readonly stats: boolean;
}

export const flags = {
  ...databaseFlags,
  ...outputFlag,
  stats: {
    type: 'boolean',
    describe: 'Add estimates of rows, sizes and children per parent, which move by themselves',
  },
} as const;

export function parseOptions(argv: Arguments): SnapshotOptions {
  return { ...databaseOptions(argv), output: textOf(argv, 'output'), stats: isSet(argv, 'stats') };
}

export async function run(options: SnapshotOptions, context: Context): Promise<ExitCode> {
  refuseOutput(options.output, context);
  const config = options.snapshot === null ? await configOf(options, context) : null;
  const source = await openSchema(options, context, config);
  try {
    const { snapshot, statistics } = source;
    const figures = options.stats ? { statistics, keyStatistics: await keyStatistics(source) } : null;
    await breathe();
    writeText(snapshotText(snapshot, figures), options.output, context);
    if (options.output !== null)
      context.log(`Wrote ${options.output}: ${snapshot.foreignKeys.length} foreign keys.`);
    return 0;
  } finally {
    await source.close();
  }
}
