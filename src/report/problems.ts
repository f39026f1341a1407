/** What a report complains of, as one list: for annotations and SARIF, which know places and nothing of keys. Pure. */
import { entryOf } from '../core/codes/index.ts';
import {
  clauseText,
  keyText,
  type Change,
  type Finding,
  type Position,
  type Refusal,
} from '../core/model.ts';

export interface Problem {
  readonly code: string;
  readonly level: 'error' | 'warning' | 'info';
  readonly title: string;
  readonly message: string;
  /** What it is about, the same from one run to the next wherever the rule stands. */
  readonly subject: string;
  readonly position: Position | null;
}

/** The code of a difference that can be mended; it is no finding, so the catalogue does not hold it. */
export const differs = {
  code: 'NOT_IN_POLICY',
  title: 'a key that differs from the policy',
  effect: 'A delete does something else than the policy says.',
  help: 'Write the migration with `ondelete generate`, or change the rule.',
} as const;

export interface Problematic {
  readonly possible: readonly Change[];
  readonly refusals: readonly Refusal[];
  readonly findings: readonly Finding[];
}

/** The errors first. */
export function problemsOf({ possible, refusals, findings }: Problematic): readonly Problem[] {
  const all = [
    ...possible.map((change) => ofChange(change, differs.code, 'error', differs.title, '')),
    ...refusals.flatMap(({ change, hazards }) =>
      hazards.map((hazard) =>
        ofChange(change, hazard.code, 'error', entryOf(hazard.code)?.title ?? '', hazard.detail),
      ),
    ),
    ...findings.map(ofFinding),
  ];
  const order = ['error', 'warning', 'info'] as const;
  return order.flatMap((level) => all.filter((one) => one.level === level));
}

function ofChange(
  change: Change,
  code: string,
  level: Problem['level'],
  title: string,
  detail: string,
): Problem {
  const key = keyText(change.foreignKey);
  const reason = change.rule.reason === null ? '' : ` (${change.rule.reason})`;
  return {
    code,
    level,
    title,
    message: `${key} is ${clauseText(change.from)}; the policy asks for ${clauseText(change.to)}${reason}${detail === '' ? '' : `. ${title}: ${detail}`}`,
    subject: key,
    position: change.rule.position,
  };
}

function ofFinding(finding: Finding): Problem {
  const entry = entryOf(finding.code);
  return {
    code: finding.code,
    level: finding.severity,
    title: entry?.title ?? '',
    message:
      `${finding.subject}${finding.detail === '' ? '' : `: ${finding.detail}`}. ${entry?.help ?? ''}`.trim(),
    subject: finding.subject,
    position: finding.position,
  };
}
