/** The half of `ondelete lint` that looks at models: facts beside the live keys. Nothing is imported unless a flag asks for it. */
import type { Config } from '../../config/read.ts';
import type { Source } from '../../registry.ts';
import type { Decision } from '../../policy/decide.ts';
import type { ModelSection } from '../../report/text/models.ts';
import { modelsOf } from './models.ts';
import type { Arguments, Context } from './options.ts';
import { lintModels } from '../../orm/lint.ts';
import { exclusion } from '../../config/scope.ts';

/**
 * Reads the models and holds them against the keys.
 * @param decisions what the policy wants for each key of the source's snapshot; empty without a policy
 */
export async function modelSection(
  args: Arguments,
  context: Context,
  config: Config | null,
  source: Source,
  decisions: readonly Decision[],
): Promise<ModelSection> {
  const { snapshot, engine: dialect } = source;
  const { adapter, facts } = await modelsOf(args, context, config, snapshot.server.flavor);
  const names = dialect.names(snapshot.server);
  const { findings, ignored } = lintModels(adapter, {
    facts,
    snapshot,
    names,
    decisions,
    sameAction: (a, b) => dialect.sameAction(a, b),
    excluded: exclusion(config?.exclude ?? [], names, context.environment),
  });
  const version = facts.ormVersion === null ? adapter.title : `${adapter.title} ${facts.ormVersion}`;
  return {
    orm: version,
    source: facts.source,
    deletes: adapter.deletes,
    keys: facts.foreignKeys.length,
    relationships: facts.relationships.length,
    findings,
    ignored: ignored.length,
    notes: facts.notes,
  };
}
