/** Policy and database brought together: what `diff` and `generate` both begin with. */
import type { Config } from '../../config/read.ts';
import type { Source } from '../../registry.ts';
import { diff, type Diff } from '../../diff/diff.ts';
import { asConfigured } from '../../config/severities.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Finding } from '../../core/model.ts';
import { decide, type Policy } from '../../policy/decide.ts';
import { pathFindings, type PathRules } from '../../reach/rules.ts';
import { configOf, policyOf, openSource } from './open-source.ts';
import { textOf, textsOf, type Arguments, type Context } from './options.ts';
import { exclusion } from '../../config/scope.ts';
import { modelsOf } from './models.ts';
import { schemaFacts, schemaFilesOf, refuseIdleScratch as refuseScratchWithoutFile } from './schema-files.ts';
import { withModels } from '../../orm/policy.ts';
import { reachFigures } from './row-estimates.ts';

export interface Comparison {
  readonly config: Config;
  readonly policy: Policy;
  readonly source: Source;
  readonly diff: Diff;
  /** The policy's rules over paths; null where it has none. */
  readonly paths: PathRules | null;
  /** The policy's file as seen from the working directory; whom `--policy-from` names where there is none. */
  readonly policyFile: string;
}

/** Reads the policy, opens the database, compares. The caller closes the source. */
export async function compare(args: Arguments, context: Context): Promise<Comparison> {
  const { config, policy: written, name } = await policyOf(args, context);
  refuseTwoSources(args, context, config);
  const source = await openSource(args, context, config);
  try {
    const { snapshot, engine: dialect } = source;
    const names = dialect.names(snapshot.server);
    const excluded = exclusion(config.exclude, names, context.environment);
    const { policy, findings: ofModels } = await policyFromModels(written, args, context, config, source);
    const comparison = decide(policy, snapshot, names, (a, b) => dialect.sameAction(a, b), excluded);
    const paths = await pathRulesOf(policy, source);
    const onPaths = brokenPathRules(paths, source);
    const compared = diff(
      source.schema,
      comparison.decisions,
      [...comparison.findings, ...ofModels, ...onPaths],
      dialect,
    );
    return {
      config,
      policy,
      source,
      diff: {
        ...compared,
        findings: asConfigured(compared.findings, config.findings, snapshot, names),
      },
      paths,
      policyFile: name,
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Facts are read instead of models, and never instead of a file that is named beside them. */
function refuseTwoSources(args: Arguments, context: Context, config: Config): void {
  if (textOf(args, 'facts') === null) return;
  if (schemaFilesOf(args, context, config) === null) return;
  throw new OndeleteError(
    'USAGE',
    'the policy is a file of SQL, and --facts names facts beside it',
    'Leave --facts out, or say --policy-from sql to take the facts of a file.',
  );
}

/** What `--scratch` means where nothing is rehearsed. @throws OndeleteError USAGE where it means nothing */
export async function refuseIdleScratch(args: Arguments, context: Context): Promise<void> {
  if (textOf(args, 'scratch') === null) return;
  refuseScratchWithoutFile(args, schemaFilesOf(args, context, await configOf(args, context)));
}

/** The policy with the models' rules behind its own, where it or a flag asks for them. */
export async function policyFromModels(
  policy: Policy,
  args: Arguments,
  context: Context,
  config: Config | null,
  source: Source,
): Promise<{ readonly policy: Policy; readonly findings: readonly Finding[] }> {
  const orm = textsOf(args, 'policyFrom')[0] ?? policy.from?.texts[0] ?? null;
  if (orm === null) return { policy, findings: [] };
  const { snapshot, engine: dialect } = source;
  const files = schemaFilesOf(args, context, config);
  const facts =
    files === null
      ? (await modelsOf(args, context, config, snapshot.server.flavor, orm)).facts
      : await schemaFacts(files, source, args, context, config);
  const names = dialect.names(snapshot.server);
  const live = { snapshot, names, sameAction: dialect.sameAction.bind(dialect) };
  return withModels(policy, facts, live, policy.from?.position ?? policy.defaultPosition);
}

/** What today's keys break of the rules. */
export function brokenPathRules(paths: PathRules | null, source: Source): readonly Finding[] {
  return paths === null ? [] : pathFindings(paths, source.schema);
}

/** The policy's rules over paths, ready to be looked at; null where it has none. */
export async function pathRulesOf(policy: Policy, source: Source): Promise<PathRules | null> {
  if (policy.never.length + policy.limits.length === 0) return null;
  const { snapshot, engine: dialect } = source;
  return {
    never: policy.never,
    limits: policy.limits,
    names: dialect.names(snapshot.server),
    engine: dialect,
    figures: policy.limits.some((limit) => limit.rows !== null) ? await reachFigures(source) : null,
  };
}
