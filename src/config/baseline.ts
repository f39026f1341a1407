/** A baseline: findings that a team knows of and does not want to fail on for now. */
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { messageOf, OndeleteError } from '../core/errors.ts';
import { compareText } from '../core/names.ts';
import type { Finding } from '../core/model.ts';

/** A finding is recognised by its code and its subject; details may change. */
export type BaselineEntry = Pick<Finding, 'code' | 'subject'>;

export interface Baselined {
  /** Not in the baseline. */
  readonly fresh: readonly Finding[];
  readonly known: readonly Finding[];
  /** In the baseline, and not found any more. */
  readonly gone: readonly BaselineEntry[];
}

export function applyBaseline(findings: readonly Finding[], entries: readonly BaselineEntry[]): Baselined {
  const listed = new Set(entries.map(idOf));
  const found = new Set(findings.map(idOf));
  return {
    fresh: findings.filter((one) => !listed.has(idOf(one))),
    known: findings.filter((one) => listed.has(idOf(one))),
    gone: entries.filter((one) => !found.has(idOf(one))),
  };
}

function idOf(entry: BaselineEntry): string {
  return `${entry.code}\0${entry.subject}`;
}

const file = z.strictObject({
  version: z.literal(1),
  findings: z.array(z.strictObject({ code: z.string(), subject: z.string() })),
});

/**
 * @param shown what messages call the file
 * @throws OndeleteError BASELINE_INVALID for anything that `baselineText` did not write
 */
export function readBaseline(content: string, shown: string): readonly BaselineEntry[] {
  let data: unknown;
  try {
    data = parse(content);
  } catch (error) {
    throw invalid(shown, messageOf(error).split('\n')[0] ?? '');
  }
  const parsed = file.safeParse(data);
  if (parsed.success) return parsed.data.findings;
  const [issue] = parsed.error.issues;
  throw invalid(shown, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function invalid(shown: string, why: string): OndeleteError {
  return new OndeleteError(
    'BASELINE_INVALID',
    `${shown} is not a baseline: ${why}`,
    'Write one with `ondelete diff --write-baseline FILE`.',
  );
}

/** A file that people can read and edit, in a fixed order. */
export function baselineText(findings: readonly Finding[]): string {
  const entries = new Map(findings.map((one) => [idOf(one), { code: one.code, subject: one.subject }]));
  const sorted = [...entries.values()].sort(
    (a, b) => compareText(a.code, b.code) || compareText(a.subject, b.subject),
  );
  return [
    '# Known findings that do not fail a run. Written by `ondelete diff --write-baseline`; read with --baseline.',
    '# Remove an entry when it is fixed; `ondelete diff --baseline` lists the entries that are.',
    stringify({ version: 1, findings: sorted }, { lineWidth: 0 }),
  ].join('\n');
}
