/** Where a scratch database is to be made: flag, config, environment, in that order. */
import type { Config } from '../../config/read.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Flavor } from '../../core/model.ts';
import { textOf, type Arguments, type Context } from './options.ts';
import { namesServerOf } from '../../registry.ts';
import { expand } from '../../config/environment.ts';

/**
 * @param product the server that it stands for, for messages
 * @returns null for the engine's own default, in memory
 * @throws USAGE where another kind of server is named
 */
export function scratchUrlFor(
  flavor: Flavor,
  product: string,
  args: Arguments,
  context: Context,
  config: Config | null,
): string | null {
  const url = namedUrl(flavor, args, context, config);
  if (url === null || namesServerOf(url, flavor)) return url;
  throw new OndeleteError(
    'USAGE',
    `the scratch URL names another kind of server than ${product}`,
    'Give the URL of a server of the same kind, or none: --scratch, `scratch:` in the config, SCRATCH_DATABASE_URL.',
  );
}

function namedUrl(flavor: Flavor, args: Arguments, context: Context, config: Config | null): string | null {
  const flag = textOf(args, 'scratch');
  if (flag !== null) return flag;
  // SQLite is rehearsed in memory; what config and environment name is for the servers.
  if (flavor === 'sqlite') return null;
  if (config?.scratch != null) {
    return expand(config.scratch, context.environment);
  }
  const url = context.environment['SCRATCH_DATABASE_URL'];
  return url === undefined || url === '' ? null : url;
}
