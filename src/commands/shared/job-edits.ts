/** What the models have to say once the migrations of a job have run. */
import { dirname } from 'node:path';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Change } from '../../core/model.ts';
import { recognise } from '../../init/project.ts';
import { editsAfter } from '../../orm/lint/edits-after.ts';
import { type LocatedEdits, locateEdits } from './model-edits.ts';
import { asksForModels, lintInput, type Models, modelsInSight, readModels } from './models.ts';
import type { Context } from './options.ts';
import type { RequestOptions, MigrationRequest } from './pipeline.ts';
import { projectAt } from './project.ts';

/** Reads its schema as text; every other ORM has to be asked for, because reading it runs the application's code. */
const readsText = 'prisma';

/**
 * @param changes all that files hold or will hold
 * @param isNeeded the edits were asked for: without models there is no way to go on
 * @returns null where no models are known, or none could be read; then a line on stderr says why
 */
export async function editsAfterRequest(
  { comparison }: MigrationRequest,
  changes: readonly Change[],
  options: RequestOptions,
  isNeeded: boolean,
  context: Context,
): Promise<LocatedEdits | null> {
  const { config, decisions, source } = comparison;
  const models = comparison.models ?? (await modelsOrWhy(comparison, options, isNeeded, context));
  if (models === null) {
    if (!isNeeded) return null;
    throw new OndeleteError(
      'USAGE',
      '--patch edits models, and none are named',
      'Say which with --orm, or with `orm:` in the config.',
    );
  }
  const input = lintInput(models, source, decisions, context, config);
  return locateEdits(models, editsAfter(models.adapter, input, changes));
}

/** A migration can do without the models: where nobody has asked for them, what goes wrong is only told. */
async function modelsOrWhy(
  { config, source }: MigrationRequest['comparison'],
  options: RequestOptions,
  isNeeded: boolean,
  context: Context,
): Promise<Models | null> {
  const { flavor } = source.engine;
  const isConfigured = config.orm !== null || asksForModels(options);
  const found = isConfigured ? null : recognised(config.file);
  try {
    if (isConfigured) return await modelsInSight(options, context, config, flavor);
    if (found?.orm === readsText) return await readModels(options, context, config, flavor, readsText);
  } catch (error) {
    const isTold = ['USAGE', 'MODELS_UNREADABLE', 'FACTS_INVALID'].includes(codeOf(error));
    if (isNeeded || asksForModels(options) || !isTold) throw error;
    context.log(`What the models have to say then is not shown: ${messageOf(error)}.`);
    return null;
  }
  if (found !== null)
    context.log(
      `Found ${found.orm} (${found.because}). Reading its models runs the application’s code, so it is done only when asked for: with --orm ${found.orm}, or \`orm: { name: ${found.orm} }\` in the config, this ends with the edits that the models need.`,
    );
  return null;
}

function recognised(configFile: string): { readonly orm: string; readonly because: string } | null {
  const [found, ...more] = recognise(projectAt(dirname(configFile))).orms;
  return found === undefined || more.length > 0 ? null : found;
}
