/** The edits that models need: located in the application's files, and written as a patch where one is asked for. */
import { isUtf8 } from 'node:buffer';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Options } from 'yargs';
import { codeOf, helpOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Change } from '../../core/model.ts';
import { recognise } from '../../init/project.ts';
import { editsAfter, type WantedEdits } from '../../orm/lint/edits-after.ts';
import { type FileText, type LeftOut, sourceEdits } from '../../orm/model-files/edits.ts';
import { unifiedDiff } from '../../orm/model-files/patch.ts';
import { count } from '../../report/layout.ts';
import type { EditReport } from '../../report/text/edits.ts';
import { writeNewFiles } from './atomic-write.ts';
import type { MigrationRequest, RequestOptions } from './migration-request.ts';
import { asksForModels, lintInput, type Models, modelsInSight, readModels, titleOf } from './models.ts';
import type { Context } from './options.ts';
import { projectAt } from './project.ts';

export const patchFlag = {
  patch: {
    type: 'string',
    requiresArg: true,
    describe: 'Write the edits of the models to this file, as a patch for `git apply`',
  },
} as const satisfies Record<string, Options>;

export interface LocatedEdits {
  readonly report: EditReport;
  /** Empty where no place is certain. */
  readonly patch: string;
  /** Where the patch is to be applied. */
  readonly folder: string;
}

/** Reads its schema as text; every other ORM has to be asked for, because reading it runs the application's code. */
const readsText = 'prisma';

/** What the models have to say once these changes are made: all that files hold or will hold. */
export function editsAfterRequest(
  { comparison, models }: MigrationRequest,
  changes: readonly Change[],
  context: Context,
): LocatedEdits | null {
  if (models === null) return null;
  const { config, decisions, source } = comparison;
  const input = lintInput(models, source, decisions, context, config);
  return locateEdits(models, editsAfter(models.adapter, input, changes));
}

export function noModelsToPatch(): OndeleteError {
  return new OndeleteError(
    'USAGE',
    '--patch edits models, and none are named',
    'Say which with --orm, or with `orm:` in the config.',
  );
}

/**
 * The models of a request. A migration can do without them: where nobody has asked for them, what goes wrong is only told.
 * @param isNeeded their edits were asked for: without models there is no way to go on
 * @returns null where no models are known, or none could be read; then a line on stderr says why
 */
export async function modelsFor(
  { comparison }: MigrationRequest,
  options: RequestOptions,
  isNeeded: boolean,
  context: Context,
): Promise<Models | null> {
  if (comparison.models !== null) return comparison.models;
  const models = await modelsOrWhy(comparison, options, isNeeded, context);
  if (models === null && isNeeded) throw noModelsToPatch();
  return models;
}

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
    if (isConfigured) return await modelsInSight(options, context, config, flavor, isNeeded);
    if (found?.orm === readsText) return await readModels(options, context, config, flavor, readsText);
  } catch (error) {
    const isTold = ['USAGE', 'MODELS_UNREADABLE', 'FACTS_INVALID'].includes(codeOf(error));
    if (isNeeded || asksForModels(options) || !isTold) throw error;
    const help = helpOf(error);
    context.log(
      `The edits that the models need are not shown: ${messageOf(error)}.${help === '' ? '' : ` ${help}`}`,
    );
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

export function locateEdits(models: Models, wanted: WantedEdits): LocatedEdits {
  const { adapter, facts, folder, isFresh } = models;
  const texts = new Map<string, string>();
  const textOf = (file: string): FileText => {
    if (!isFresh) return { why: 'its line is from facts, and may have moved since' };
    const read = textIn(folder, file);
    if ('text' in read) texts.set(file, read.text);
    return read;
  };
  const { edits, leftOut } = sourceEdits(wanted.edits, facts, adapter.editor, textOf);
  const later = wanted.later.map(({ edit: { target, place, text }, why }): LeftOut => ({
    target,
    place,
    text,
    why,
  }));
  const byHand = new Map([...leftOut, ...later].map((one) => [JSON.stringify(one), one]));
  const note = edits.length + leftOut.length === 0 ? null : (adapter.editor?.note?.(facts) ?? null);
  return {
    report: { orm: titleOf(models), source: facts.source, edits, leftOut: [...byHand.values()], note },
    patch: unifiedDiff(edits, (file) => texts.get(file) ?? ''),
    folder,
  };
}

/** A file of the application; not what a compiler made, and nothing that lies elsewhere. */
function textIn(folder: string, file: string): FileText {
  if (isAbsolute(file) || file.split('/').includes('..')) return { why: `it is not below ${folder}` };
  try {
    const content = readFileSync(resolve(folder, file));
    if (!isUtf8(content)) return { why: 'the file is not UTF-8' };
    const text = content.toString();
    return /^\/\/# sourceMappingURL=/m.test(text) ? { why: 'a compiler makes that file' } : { text };
  } catch (error) {
    return { why: `the file cannot be read: ${codeOf(error)}` };
  }
}

/**
 * Writes the patch.
 * @returns what takes it back
 */
export function writePatch(
  { patch, folder, report }: LocatedEdits,
  file: string,
  context: Context,
): () => void {
  if (patch === '') {
    const why =
      report.leftOut.length === 0
        ? 'the models need no edit'
        : `none of the ${count(report.leftOut.length, 'edit')} has a place that is certain`;
    context.log(`No patch was written: ${why}.`);
    return () => undefined;
  }
  writeNewFiles(context.cwd, [{ path: file, content: patch }]);
  const from = relative(context.cwd, folder);
  const path = relative(folder, resolve(context.cwd, file)).split(sep).join('/');
  const apply = from === '' ? `git apply ${path}` : `(cd ${from} && git apply ${path})`;
  context.log(`Wrote ${file}: ${count(report.edits.length, 'edit')} of the models. Apply it with: ${apply}`);
  return () => rmSync(resolve(context.cwd, file), { force: true });
}
