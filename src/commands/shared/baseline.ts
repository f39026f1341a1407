/** `--baseline FILE` and `--write-baseline FILE`: findings that a team starts from. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Options } from 'yargs';
import { applyBaseline, readBaseline, baselineText, type Baselined } from '../../config/baseline.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Finding } from '../../core/model.ts';
import { textOf, type Arguments, type Context } from './options.ts';

export const baselineFlag = {
  baseline: {
    type: 'string',
    requiresArg: true,
    describe: 'Do not fail on the findings in this file; --write-baseline of diff writes it',
  },
} as const satisfies Record<string, Options>;

export const writeBaselineFlag = {
  'write-baseline': {
    type: 'string',
    requiresArg: true,
    describe: 'Write the errors and warnings of today to this file, for --baseline',
    conflicts: 'baseline',
  },
} as const satisfies Record<string, Options>;

/** The findings parted by the file that --baseline names; all of them fresh where it names none. @throws BASELINE_INVALID */
export function baselined(findings: readonly Finding[], args: Arguments, context: Context): Baselined {
  const file = textOf(args, 'baseline');
  if (file === null) return { fresh: findings, known: [], gone: [] };
  return applyBaseline(findings, readBaseline(textIn(resolve(context.cwd, file), file), file));
}

function textIn(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OndeleteError(
      'BASELINE_INVALID',
      `cannot read the baseline ${shown}: ${codeOf(error) || messageOf(error)}`,
      'Write one with `ondelete diff --write-baseline FILE`.',
    );
  }
}

/**
 * Writes the errors and warnings where --write-baseline says, whole or not at all; an older baseline is replaced, any other file is not.
 * @throws FILE_EXISTS, OUTPUT_NOT_WRITABLE
 */
export function writeBaseline(findings: readonly Finding[], args: Arguments, context: Context): void {
  const file = textOf(args, 'writeBaseline');
  if (file === null) return;
  const path = resolve(context.cwd, file);
  const kept = findings.filter((one) => one.severity !== 'info');
  if (existsSync(path)) {
    try {
      readBaseline(textIn(path, file), file);
    } catch {
      throw new OndeleteError(
        'FILE_EXISTS',
        `${file} is there already and is no baseline, so it is not overwritten`,
        'Choose another name.',
      );
    }
  }
  const draft = `${path}.${process.pid}.draft`;
  try {
    writeFileSync(draft, baselineText(kept), { flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new OndeleteError(
      'OUTPUT_NOT_WRITABLE',
      `cannot write ${file}: ${codeOf(error) || messageOf(error)}`,
      'Choose another place.',
    );
  }
  context.log(`Wrote ${file}: ${kept.length === 1 ? 'one finding' : `${kept.length} findings`}.`);
}
