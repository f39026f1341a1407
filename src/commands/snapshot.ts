/** `ondelete snapshot`: the Snapshot as JSON. */
import { writeNewFiles } from './shared/atomic-write.ts';
import { databaseFlags, textOf, type Command } from './shared/options.ts';
import { keyStatistics } from './shared/row-estimates.ts';
import { openSource } from './shared/open-source.ts';
import { snapshotText } from '../core/snapshot-print.ts';

export const snapshotCommand: Command = {
  flags: {
    ...databaseFlags,
    output: {
      type: 'string',
      requiresArg: true,
      describe: 'Write to this file instead of stdout; an existing one is not overwritten',
    },
    stats: {
      type: 'boolean',
      describe: 'Add estimates of rows, sizes and children per parent, which move by themselves',
    },
  },
  async run(args, context) {
    const source = await openSource(args, context);
    try {
      const figures =
        args['stats'] === true
          ? { statistics: source.statistics, keyStatistics: await keyStatistics(source) }
          : null;
      const text = snapshotText(source.snapshot, figures);
      const output = textOf(args, 'output');
      if (output === null) context.stdout(text.trimEnd());
      else {
        writeNewFiles(context.cwd, [{ path: output, content: text }]);
        context.log(`Wrote ${output}: ${source.snapshot.foreignKeys.length} foreign keys.`);
      }
      return 0;
    } finally {
      await source.close();
    }
  },
};
