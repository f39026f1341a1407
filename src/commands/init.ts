/** `ondelete init`: a first config whose policy states what the database does today. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OndeleteError } from '../core/errors.ts';
import { initText } from '../init/index.ts';
import { count } from '../report/layout.ts';
import { writeText } from './shared/atomic-write.ts';
import { openSource } from './shared/open-source.ts';
import {
  type Arguments,
  type Context,
  databaseFlags,
  databaseOptions,
  type DatabaseOptions,
  type ExitCode,
  isSet,
  textOf,
} from './shared/options.ts';

const defaultFile = 'ondelete.config.yaml';

interface InitOptions extends DatabaseOptions {
  readonly perKey: boolean;
  readonly output: string;
  readonly tool: string | null;
  readonly dryRun: boolean;
}

export const flags = {
  ...databaseFlags,
  'per-key': { type: 'boolean', describe: 'One rule per key instead of one per group' },
  output: { type: 'string', requiresArg: true, describe: `Write to this file; default: ${defaultFile}` },
  tool: { type: 'string', requiresArg: true, describe: 'The migration tool to write into the config' },
  'dry-run': { type: 'boolean', describe: 'Print the config instead of writing it' },
} as const;

export function parseOptions(argv: Arguments): InitOptions {
  return {
    ...databaseOptions(argv),
    perKey: isSet(argv, 'perKey'),
    output: textOf(argv, 'output') ?? textOf(argv, 'config') ?? defaultFile,
    tool: textOf(argv, 'tool'),
    dryRun: isSet(argv, 'dryRun'),
  };
}

export async function run(options: InitOptions, context: Context): Promise<ExitCode> {
  const { dryRun, output, perKey, tool } = options;
  if (!dryRun) refuseExisting(output, context);
  const source = await openSource(options, context, null);
  try {
    const { engine, snapshot } = source;
    const text = initText(snapshot, {
      perKey,
      database: databaseLine(options.database ?? ''),
      names: engine.names(snapshot.server),
      ...(tool === null ? {} : { tool }),
    });
    writeText(text, dryRun ? null : output, context);
    if (!dryRun)
      context.log(
        `Wrote ${output}: ${count(snapshot.foreignKeys.length, 'foreign key')} as they are today. Next: edit the rules, then \`ondelete diff\`.`,
      );
    return 0;
  } finally {
    await source.close();
  }
}

function refuseExisting(path: string, context: Context): void {
  if (!existsSync(resolve(context.cwd, path))) return;
  throw new OndeleteError(
    'FILE_EXISTS',
    `${path} is there already and is not overwritten`,
    'Move it away, or look at what would be written with --dry-run.',
  );
}

/** A URL may hold a password and differs between environments, so the config names the variable; a SQLite path stands as it is. */
function databaseLine(url: string): string {
  const isFile = url !== '' && (!/^[a-z][a-z0-9+.-]+:/i.test(url) || /^(sqlite|file):/i.test(url));
  return isFile ? url : '${DATABASE_URL}';
}
