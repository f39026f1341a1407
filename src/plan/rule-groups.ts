/** Changes by the rule that asks for them, as files and reports list them. Pure. */
import { groupBy } from '../core/group-by.ts';
import type { Change, Position, RuleReference } from '../core/model.ts';

export interface RuleGroup {
  /** Of the pattern that the first key matched. */
  readonly position: Position;
  /** The rule's patterns that matched: `bikes -> customers, repairs -> bikes`. */
  readonly matches: string;
  readonly reason: string | null;
  readonly changes: readonly Change[];
}

/** Every pattern has an arrow or a wildcard, and none is this word alone. */
function isDefault({ match }: RuleReference): boolean {
  return match === 'default';
}

/** The patterns of a rule that are named before the others are counted. */
const mostMatches = 3;

/**
 * In the order of the policy, its default last; rules of several files by the first key of each file. Rules that models bring share
 * a place in the config, but not their reason.
 */
export function byRule(changes: readonly Change[]): readonly RuleGroup[] {
  const files = [...new Set(changes.map(({ rule }) => rule.rulePosition.file))];
  const ordered = changes.toSorted(
    ({ rule: a }, { rule: b }) =>
      files.indexOf(a.rulePosition.file) - files.indexOf(b.rulePosition.file) ||
      Number(isDefault(a)) - Number(isDefault(b)) ||
      a.rulePosition.line - b.rulePosition.line ||
      a.rulePosition.column - b.rulePosition.column,
  );
  const groups = groupBy(ordered, ({ rule: { reason, rulePosition } }) =>
    JSON.stringify([rulePosition.file, rulePosition.line, rulePosition.column, reason]),
  );
  return [...groups.values()].flatMap((ofRule) =>
    ofRule.slice(0, 1).map(({ rule: { position, reason } }) => {
      const all = [...new Set(ofRule.map(({ rule }) => rule.match))];
      const rest = all.length > mostMatches ? ` and ${all.length - mostMatches} more` : '';
      return { position, reason, matches: `${all.slice(0, mostMatches).join(', ')}${rest}`, changes: ofRule };
    }),
  );
}
