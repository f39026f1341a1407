/** Policy and database brought together: what most commands begin with. */
import type { Config } from '../../config/read.ts';
import { exclusion } from '../../config/scope.ts';
import { asConfigured } from '../../config/severities.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { ForeignKey } from '../../core/model.ts';
import { diff, type Diff } from '../../diff/diff.ts';
import type { Facts } from '../../orm/facts.ts';
import { withModels } from '../../orm/policy/from-models.ts';
import { assess, type Assessment } from '../../plan/plan.ts';
import { decide } from '../../policy/decide.ts';
import type { Decision, Policy } from '../../policy/policy.ts';
import { pathFindings, type PathRules } from '../../reach/rules.ts';
import type { SchemaSource } from '../../schema-source.ts';
import { breathe } from '../../core/pauses.ts';
import { type FolderOptions, refusedBefore } from './migrations-folder.ts';
import { type Models, readModels } from './models.ts';
import { type ConfiguredPolicy, openSchema, policyOf } from './open-schema.ts';
import type { Context, DatabaseOptions, PolicyOptions } from './options.ts';
import { reachFigures } from './figures.ts';
import { schemaFacts, schemaFilesOf } from './schema-files.ts';

/** The policy is the one that decided: with the models' rules behind its own. */
export interface PolicyDiff extends ConfiguredPolicy {
  readonly source: SchemaSource;
  readonly diff: Diff;
  readonly decisions: readonly Decision[];
  /** The models that the policy takes rules from; null where it takes none. */
  readonly models: Models | null;
  /** The policy's rules over paths; null where it has none. */
  readonly paths: PathRules | null;
}

export type SourceOptions = DatabaseOptions & PolicyOptions;

/** Flags that name another tool or folder than the config, where the command has them. */
type CompareOptions = SourceOptions & Partial<FolderOptions>;

/**
 * Opens the database and compares it with the policy. The caller closes the source.
 * @param models what has been read already, for another database
 */
export async function compare(
  options: CompareOptions,
  context: Context,
  config: Config | null,
  models: Models | null = null,
): Promise<PolicyDiff> {
  const configured = policyOf(config, options.policyFrom, context);
  if (options.facts !== null && schemaFilesOf(options.policyFrom, context, config) !== null) {
    throw new OndeleteError(
      'USAGE',
      'the policy is a file of SQL, and --facts names facts beside it',
      'Leave --facts out, or say --policy-from sql to take the facts of a file.',
    );
  }
  const source = await openSchema(options, context, config);
  try {
    await breathe();
    return await compareSchema(source, configured, options, context, models);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Compares a database that is open. */
export async function compareSchema(
  source: SchemaSource,
  { config, policy, policyFile }: ConfiguredPolicy,
  options: CompareOptions,
  context: Context,
  read: Models | null = null,
): Promise<PolicyDiff> {
  const { facts, models } = await policyFacts(policy, options, context, config, source, read);
  const decided = await decideAndDiff(policy, facts, source, config, context, options);
  const { snapshot, engine } = source;
  const findings = asConfigured(
    decided.diff.findings,
    config.findings,
    snapshot,
    engine.names(snapshot.server),
  );
  return {
    config,
    policy: decided.policy,
    policyFile,
    source,
    diff: { ...decided.diff, findings },
    decisions: decided.decisions,
    models,
    paths: decided.paths,
  };
}

/**
 * What SQL files or models say, where the policy or a flag takes rules from them.
 * @param models what has been read already
 */
export async function policyFacts(
  policy: Policy,
  options: SourceOptions,
  context: Context,
  config: Config | null,
  source: SchemaSource,
  models: Models | null = null,
): Promise<{ readonly facts: Facts | null; readonly models: Models | null }> {
  const named = options.policyFrom[0] ?? policy.from?.texts[0] ?? null;
  if (named === null) return { facts: null, models };
  const files = schemaFilesOf(options.policyFrom, context, config);
  if (files !== null) {
    const facts = await schemaFacts(files, source, source.engine, options.scratch, context, config);
    return { facts, models };
  }
  const { flavor } = source.engine;
  const read = models ?? (await readModels(options, context, config, flavor, named));
  return { facts: read.facts, models: read };
}

/** What the policy wants of each key, and what differs from that. */
export async function decideAndDiff<P extends Policy | null>(
  given: P,
  facts: Facts | null,
  source: SchemaSource,
  config: Config | null,
  context: Context,
  { out = null, template = null, tool = null }: Partial<FolderOptions> = {},
): Promise<{
  readonly policy: P | Policy;
  readonly decisions: readonly Decision[];
  readonly diff: Diff;
  readonly paths: PathRules | null;
}> {
  const { snapshot, schema, engine } = source;
  const names = engine.names(snapshot.server);
  const excluded = exclusion(config?.exclude ?? [], names, context.environment);
  if (given === null) {
    const decisions = snapshot.foreignKeys.filter((key) => !excluded(key.child)).map(keepAsItIs);
    return { policy: given, decisions, diff: diff(schema, decisions, [], engine), paths: null };
  }
  const sameAction = engine.sameAction.bind(engine);
  const live = { snapshot, names, sameAction };
  const { policy, findings } =
    facts === null
      ? { policy: given, findings: [] }
      : withModels(given, facts, live, given.from?.position ?? given.defaultPosition);
  const before =
    config === null
      ? undefined
      : await refusedBefore(policy, source, config, context, { out, template, tool });
  const decided = decide(policy, schema, names, sameAction, excluded, before);
  const paths = await pathRulesOf(policy, source);
  const broken = paths === null ? [] : pathFindings(paths, schema);
  const all = [...decided.findings, ...findings, ...broken];
  return { policy, decisions: decided.decisions, diff: diff(schema, decided.decisions, all, engine), paths };
}

/** Without a policy every key may be what it is. */
function keepAsItIs(foreignKey: ForeignKey): Decision {
  return { foreignKey, rule: null, wanted: 'keep' };
}

async function pathRulesOf({ never, limits }: Policy, source: SchemaSource): Promise<PathRules | null> {
  if (never.length + limits.length === 0) return null;
  const { snapshot, engine } = source;
  const figures = limits.some((limit) => limit.rows !== null) ? await reachFigures(source) : null;
  return { never, limits, names: engine.names(snapshot.server), engine, figures };
}

/** Which changes can be made, by the schema alone: the live server is not asked. */
export function assessOffline({ source, diff: { changes }, paths }: PolicyDiff): Assessment {
  const { snapshot, schema, engine } = source;
  const capabilities = engine.capabilities(snapshot.server);
  return assess(changes, schema, engine, capabilities, { allowances: [], preflight: [], paths });
}
