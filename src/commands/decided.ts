/** Policy and database brought together: what `diff` and `generate` both begin with. */
import { relative } from 'node:path';
import type { Config } from '../config.ts';
import type { Source } from '../composition.ts';
import type { Diff } from '../diff.ts';
import type { Finding } from '../model.ts';
import type { Policy } from '../policy.ts';
import { policyOf, openSource } from './source.ts';
import type { Arguments, Context } from './command.ts';

export interface Decided {
  readonly config: Config;
  readonly policy: Policy;
  readonly source: Source;
  readonly diff: Diff;
  /** The policy's file as seen from the working directory. */
  readonly policyFile: string;
}

/** Reads the policy, opens the database, compares. The caller closes the source. */
export async function decideAll(args: Arguments, context: Context): Promise<Decided> {
  const { config, policy } = await policyOf(args, context);
  const [{ decide }, { diff }, { exclusion }] = await Promise.all([
    import('../policy.ts'),
    import('../diff.ts'),
    import('../scope.ts'),
  ]);
  const source = await openSource(args, context, config);
  try {
    const { snapshot, dialect } = source;
    const names = dialect.names(snapshot.server);
    const excluded = exclusion(config.exclude, names, context.environment);
    const decided = decide(policy, snapshot, names, (a, b) => dialect.sameAction(a, b), excluded);
    return {
      config,
      policy,
      source,
      diff: diff(snapshot, decided.decisions, [...decided.findings, ...pathRules(policy)], dialect),
      policyFile: relative(context.cwd, config.file) || config.file,
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

function pathRules(policy: Policy): readonly Finding[] {
  return policy.never.map((rule) => ({
    code: 'PATH_RULES_UNCHECKED',
    severity: 'warning',
    subject: rule.text,
    detail: '',
    position: rule.position,
  }));
}
