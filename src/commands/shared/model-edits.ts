/** The edits that models need: located in the application's files, and written as a patch where one is asked for. */
import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Options } from 'yargs';
import { codeOf, OndeleteError } from '../../core/errors.ts';
import type { WantedEdits } from '../../orm/lint/edits-after.ts';
import { type FileText, type LeftOut, sourceEdits } from '../../orm/model-files/edits.ts';
import { unifiedDiff } from '../../orm/model-files/patch.ts';
import { count } from '../../report/layout.ts';
import type { EditReport } from '../../report/text/edits.ts';
import { writeNewFiles } from './atomic-write.ts';
import { type Models, titleOf } from './models.ts';
import type { Context } from './options.ts';

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
  const note = edits.length === 0 ? null : (adapter.editor?.note?.(facts) ?? null);
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

/** Said before anything else is done. @throws OndeleteError FILE_EXISTS */
export function refuseExistingPatch(file: string | null, { cwd }: Context): void {
  if (file === null || !existsSync(resolve(cwd, file))) return;
  throw new OndeleteError(
    'FILE_EXISTS',
    `${file} is there already and is not overwritten`,
    'Move it away or choose another name.',
  );
}

/**
 * Writes the patch, whole or not at all.
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
