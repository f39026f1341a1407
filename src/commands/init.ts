/** `ondelete init`: a first config whose policy states what the database does today. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { OndeleteError } from '../core/errors.ts';
import { databaseFlags, textOf, type Arguments, type Command, type Context } from './shared/options.ts';
import { openSource } from './shared/open-source.ts';
import { writeNewFiles } from './shared/atomic-write.ts';
import { initText } from '../init/index.ts';

const defaultFile = 'ondelete.config.yaml';

export const init: Command = {
  flags: {
    ...databaseFlags,
    'per-key': { type: 'boolean', describe: 'One rule per key instead of one per group' },
    output: { type: 'string', requiresArg: true, describe: `Write to this file; default: ${defaultFile}` },
    tool: { type: 'string', requiresArg: true, describe: 'The migration tool to write into the config' },
    'dry-run': { type: 'boolean', describe: 'Print the config instead of writing it' },
  },
  async run(args, context) {
    const path = textOf(args, 'output') ?? textOf(args, 'config') ?? defaultFile;
    if (args['dryRun'] !== true) refuseExisting(path, context);
    const source = await openSource(args, context, null);
    try {
      const tool = textOf(args, 'tool');
      const text = initText(source.snapshot, {
        perKey: args['perKey'] === true,
        database: databaseLine(args),
        names: source.engine.names(source.snapshot.server),
        ...(tool === null ? {} : { tool }),
      });
      if (args['dryRun'] === true) {
        context.stdout(text.trimEnd());
        return 0;
      }
      writeNewFiles(context.cwd, [{ path, content: text }]);
      const keys = source.snapshot.foreignKeys.length;
      context.log(
        `Wrote ${path}: ${keys} foreign ${keys === 1 ? 'key' : 'keys'} as they are today. Next: edit the rules, then \`ondelete diff\`.`,
      );
      return 0;
    } finally {
      await source.close();
    }
  },
};

function refuseExisting(path: string, context: Context): void {
  if (!existsSync(resolve(context.cwd, path))) return;
  throw new OndeleteError(
    'FILE_EXISTS',
    `${path} is there already and is not overwritten`,
    'Move it away, or look at what would be written with --dry-run.',
  );
}

/** A URL may hold a password and differs between environments, so the config names the variable; a SQLite path stands as it is. */
function databaseLine(args: Arguments): string {
  const url = textOf(args, 'database') ?? '';
  const isFile = url !== '' && (!/^[a-z][a-z0-9+.-]+:/i.test(url) || /^(sqlite|file):/i.test(url));
  return isFile ? url : '${DATABASE_URL}';
}
