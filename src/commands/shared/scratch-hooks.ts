/** What the work on a scratch database gets from the command line. */
import type { RehearsalRequest } from '../../rehearsal/rehearse.ts';
import { connectTimeoutMilliseconds } from '../../schema-source.ts';
import { progressBar } from '../../report/layout.ts';
import type { Context } from './options.ts';

export function scratchHooks(
  context: Context,
): Pick<RehearsalRequest, 'timeoutMilliseconds' | 'atInterrupt' | 'progress'> {
  return {
    timeoutMilliseconds: connectTimeoutMilliseconds,
    atInterrupt: (rest, act) => context.onInterrupt(rest, act),
    progress: (what, done, all) => {
      context.progress(what === '' ? '' : progressBar(what, done, all));
    },
  };
}
