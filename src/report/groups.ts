/** What every report says of a group of changes, and changes that cannot be made, by reason. Pure. */
import { groupBy } from '../core/group-by.ts';
import type { Change, Hazard, Refusal } from '../core/model.ts';
import { clauseText } from '../core/names.ts';
import { joinDetails } from './content.ts';

/** `NO ACTION → CASCADE, RESTRICT → CASCADE`: what the keys of a group have in common. */
export function actionsText(changes: readonly Change[]): string {
  return [...new Set(changes.map(({ from, to }) => `${clauseText(from)} → ${clauseText(to)}`))].join(', ');
}

/** Refusals with the same codes. */
interface RefusalGroup {
  /** Each code once; without a detail where that differs from key to key. */
  readonly hazards: readonly Hazard[];
  readonly refusals: readonly Refusal[];
  /** What differs from key to key; '' where it is the same for all. */
  readonly detailOf: (refusal: Refusal) => string;
}

export function byReason(refusals: readonly Refusal[]): readonly RefusalGroup[] {
  const groups = groupBy(refusals, ({ hazards }) => [...new Set(hazards.map(({ code }) => code))].join('\0'));
  return [...groups.values()].map((alike) => {
    const shared = new Set(alike.map(detailsOf)).size === 1;
    const codes = new Map(
      alike
        .slice(0, 1)
        .flatMap(({ hazards }) => hazards)
        .map((hazard) => [hazard.code, shared ? hazard : { ...hazard, detail: '' }]),
    );
    return { hazards: [...codes.values()], refusals: alike, detailOf: shared ? () => '' : detailsOf };
  });
}

function detailsOf({ hazards }: Refusal): string {
  return joinDetails([...new Set(hazards.map(({ detail }) => detail))]);
}
