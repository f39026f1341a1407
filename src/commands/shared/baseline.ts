/** `--baseline FILE` and `--write-baseline FILE`: findings that a team starts from. And which of the others end with 1. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Options } from 'yargs';
import { applyBaseline, type Baselined, baselineText, readBaseline } from '../../config/baseline.ts';
import { severities, type Severity } from '../../core/codes/index.ts';
import { codeOf, messageOf, OndeleteError } from '../../core/errors.ts';
import type { Finding } from '../../core/model.ts';
import type { Diff } from '../../diff/diff.ts';
import { standingNotices } from '../../report/content.ts';
import { replaceOwn } from './atomic-write.ts';
import { type Arguments, type Context, textOf } from './options.ts';

/** Which findings count for the exit code. */
export interface FailOptions {
  readonly baseline: string | null;
  readonly writeBaseline: string | null;
  readonly failOn: Severity;
}

export const failFlags = {
  baseline: {
    type: 'string',
    requiresArg: true,
    describe: 'Do not fail on the findings in this file; --write-baseline of diff writes it',
  },
  'write-baseline': {
    type: 'string',
    requiresArg: true,
    describe: 'Write the errors and warnings of today to this file, for --baseline',
    conflicts: 'baseline',
  },
  'fail-on': {
    type: 'string',
    choices: severities,
    default: 'error',
    describe: 'The least severe finding that makes the exit code 1',
  },
} as const satisfies Record<string, Options>;

export function failOptions(argv: Arguments): FailOptions {
  return {
    baseline: textOf(argv, 'baseline'),
    writeBaseline: textOf(argv, 'writeBaseline'),
    failOn: severities.find((severity) => severity === argv['failOn']) ?? 'error',
  };
}

export function isFailing({ severity }: Finding, failOn: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(failOn);
}

/** A difference is always 1; a finding from the severity on that --fail-on names. */
export function exitCodeOf(
  { changes, findings }: Pick<Diff, 'changes' | 'findings'>,
  { failOn }: Pick<FailOptions, 'failOn'>,
): 0 | 1 {
  const failing = findings.some((one) => isFailing(one, failOn) && !standingNotices.has(one.code));
  return changes.length > 0 || failing ? 1 : 0;
}

/**
 * Writes the baseline where --write-baseline names a file, and takes out the findings that --baseline lists.
 * @throws BASELINE_INVALID, FILE_EXISTS, OUTPUT_NOT_WRITABLE
 */
export function withBaseline(
  findings: readonly Finding[],
  { baseline, writeBaseline }: FailOptions,
  context: Context,
): Baselined {
  if (writeBaseline !== null) write(findings, writeBaseline, context);
  if (baseline === null) return { fresh: findings, known: [], gone: [] };
  return applyBaseline(findings, readBaseline(textIn(resolve(context.cwd, baseline), baseline), baseline));
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

function write(findings: readonly Finding[], file: string, context: Context): void {
  const kept = findings.filter((one) => one.severity !== 'info');
  replaceOwn(context.cwd, { path: file, content: baselineText(kept) }, isBaseline, 'baseline');
  context.log(`Wrote ${file}: ${kept.length === 1 ? 'one finding' : `${kept.length} findings`}.`);
}

function isBaseline(text: string): boolean {
  try {
    readBaseline(text, '');
    return true;
  } catch {
    return false;
  }
}
