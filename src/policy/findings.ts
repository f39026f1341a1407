/** Findings about a policy, given the keys that its rules match. Pure. */
import type { Code } from '../core/codes/index.ts';
import { compareText, keyText, tableText } from '../core/names.ts';
import type { Finding, ForeignKey, Position } from '../core/model.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { nearestPattern } from './nearest-pattern.ts';
import type { Decision, Policy, Rule, RuleOutcome } from './policy.ts';
import { literalOf } from './pattern/ast.ts';

interface PolicyResult {
  readonly policy: Policy;
  readonly keys: readonly ForeignKey[];
  readonly decisions: readonly Decision[];
  readonly outcomes: readonly RuleOutcome[];
  /** By the key's place: the rule that would match it once it is changed. */
  readonly takers: ReadonlyMap<number, Rule>;
  readonly names: NameMatching;
}

/** In the order of the file; keys without a rule last, because a rule above may be misspelt. */
export function policyFindings(result: PolicyResult): readonly Finding[] {
  const { policy, keys, outcomes } = result;
  if (keys.length === 0) return policy.rules.length === 0 ? [] : [noKeys(policy)];
  return [
    ...noRule(result),
    ...takenOver(result),
    ...restrictByDefault(result),
    ...outcomes.flatMap((outcome, at) => [
      ...matchesNothing(outcome, result),
      ...unreachable(outcome, outcomes.slice(0, at)),
      ...ambiguousNames(outcome, keys),
      ...perKey(outcome, result),
    ]),
  ].sort(
    (a, b) =>
      Number(a.code === 'NO_RULE') - Number(b.code === 'NO_RULE') ||
      (a.position?.line ?? 0) - (b.position?.line ?? 0) ||
      (a.position?.column ?? 0) - (b.position?.column ?? 0) ||
      compareText(a.code, b.code) ||
      compareText(a.subject, b.subject),
  );
}

function finding(
  code: Code,
  severity: Finding['severity'],
  subject: string,
  detail: string,
  position: Position,
): Finding {
  return { code, severity, subject, detail, position };
}

function noKeys(policy: Policy): Finding {
  const rules = policy.rules.length === 1 ? 'one rule' : `${policy.rules.length} rules`;
  const detail = `the policy has ${rules}, but no foreign key is in scope`;
  return finding('NO_KEYS', 'error', 'policy', detail, policy.defaultPosition);
}

function noRule({ policy, decisions }: PolicyResult): readonly Finding[] {
  return decisions
    .filter((decision) => decision.rule === null)
    .map(({ foreignKey }) => {
      const detail = `no rule matches this key; its action is ${foreignKey.onDelete}`;
      return finding('NO_RULE', 'error', keyText(foreignKey), detail, policy.defaultPosition);
    });
}

function takenOver({ decisions, takers }: PolicyResult): readonly Finding[] {
  return [...takers].flatMap(([place, taker]) => {
    const { foreignKey, rule = null } = decisions[place] ?? {};
    if (foreignKey === undefined || rule === null) return [];
    const by = rule.match === 'default' ? 'the default' : `'${rule.match}'`;
    const detail = `if ${by} (line ${rule.position.line}) changed this key, this rule would then match it and ask for another action`;
    return [finding('RULE_TAKES_OVER', 'error', keyText(foreignKey), detail, taker.position)];
  });
}

function matchesNothing(
  { rule, matched, excepted, keys }: RuleOutcome,
  all: Pick<PolicyResult, 'keys' | 'names'>,
): readonly Finding[] {
  if (rule.optional) return [];
  const found = rule.match
    .filter((_, at) => matched[at]?.length === 0)
    .map(({ pattern, text, position }) => {
      const meant = nearestPattern(pattern, all.keys, all.names);
      const guess = meant === null ? '' : `; did you mean \`${meant}\`?`;
      const detail = `no foreign key in scope matches this pattern${guess}`;
      return finding('RULE_MATCHES_NOTHING', 'error', text, detail, position);
    });
  if (found.length === rule.match.length) return found;
  if (keys.length === 0) {
    const detail = `every key that it matches is excluded by ${conditions(rule)}`;
    found.push(finding('RULE_MATCHES_NOTHING', 'error', ruleText(rule), detail, rule.position));
  }
  const idle = rule.except.filter((_, at) => excepted[at]?.length === 0);
  return [
    ...found,
    ...idle.map(({ text, position }) => {
      const detail = 'this exception excludes no key of its rule';
      return finding('RULE_MATCHES_NOTHING', 'warning', text, detail, position);
    }),
  ];
}

function conditions(rule: Rule): string {
  return [
    ...(rule.except.length > 0 ? ['`except`'] : []),
    ...(rule.constraint === null ? [] : ['`constraint`']),
    ...(rule.nullable === null && rule.from === null ? [] : ['`when`']),
  ].join(' or ');
}

function unreachable(outcome: RuleOutcome, earlier: readonly RuleOutcome[]): readonly Finding[] {
  const { rule, keys, decided } = outcome;
  // The policy's rules are meant to win over those of the models.
  if (keys.length === 0 || decided.length > 0 || rule.ofModels === true) return [];
  const members = new Set(keys);
  const deciding = earlier.filter((each) => each.decided.some((key) => members.has(key)));
  const [first, ...others] = deciding.map(
    (each) => `'${ruleText(each.rule)}' (line ${each.rule.position.line})`,
  );
  const count = others.length === 1 ? 'one other rule' : `${others.length} other rules`;
  const detail = `every key that it matches is already decided by ${first ?? ''}${others.length === 0 ? '' : ` and ${count}`}`;
  return [finding('RULE_UNREACHABLE', 'warning', ruleText(rule), detail, rule.position)];
}

/** A literal name without a schema that matches tables of several. */
function ambiguousNames(
  { rule, matched, keys: remaining }: RuleOutcome,
  keys: readonly ForeignKey[],
): readonly Finding[] {
  const members = new Set(remaining);
  return rule.match.flatMap(({ pattern, position, text }, at) =>
    (['child', 'parent'] as const).flatMap((side) => {
      const end = pattern[side];
      const name = end === null || end.schema !== null ? null : literalOf(end.name);
      if (name === null) return [];
      const tables = (matched[at] ?? []).flatMap((key) =>
        members.has(key) ? (keys[key]?.[side] ?? []) : [],
      );
      if (new Set(tables.map((table) => table.schema)).size < 2) return [];
      const shown = [...new Set(tables.map(tableText))].sort(compareText);
      const rest = shown.length > 4 ? ` and ${shown.length - 4} more` : '';
      const detail = `\`${name}\` matches ${shown.slice(0, 4).join(', ')}${rest}.`;
      return [finding('AMBIGUOUS_NAME', 'warning', text, detail, position)];
    }),
  );
}

function perKey({ rule, decided }: RuleOutcome, { decisions, takers }: PolicyResult): readonly Finding[] {
  if (rule.onDelete.kind !== 'clause') return [];
  const { onDelete, onDeleteColumns } = rule.onDelete.clause;
  return decided.flatMap((place) => {
    const decision = decisions[place];
    if (decision === undefined || takers.has(place)) return [];
    const key = decision.foreignKey;
    const position = decision.rule?.position ?? rule.position;
    if (decision.wanted === 'undecided') {
      const detail = `the key has the columns ${key.columns.join(', ')}; the rule lists ${(onDeleteColumns ?? []).join(', ')}`;
      return [finding('COLUMN_LIST_MISMATCH', 'error', keyText(key), detail, position)];
    }
    return onDelete === 'RESTRICT' ? restrictDeferrable(key, 'rule', position) : [];
  });
}

function restrictByDefault({ policy, decisions, outcomes }: PolicyResult): readonly Finding[] {
  if (policy.default.kind !== 'clause' || policy.default.clause.onDelete !== 'RESTRICT') return [];
  const decidedByRule = new Set(outcomes.flatMap(({ decided }) => decided));
  return decisions.flatMap(({ foreignKey }, place) =>
    decidedByRule.has(place) ? [] : restrictDeferrable(foreignKey, 'default', policy.defaultPosition),
  );
}

function restrictDeferrable(
  key: ForeignKey,
  source: 'rule' | 'default',
  position: Position,
): readonly Finding[] {
  if (key.deferrability === 'NOT DEFERRABLE') return [];
  const detail = `the ${source} asks for RESTRICT, but the key is DEFERRABLE ${key.deferrability}`;
  return [finding('RESTRICT_DEFERRABLE', 'warning', keyText(key), detail, position)];
}

/** A rule as people recognise it: its first pattern. */
function ruleText({ match: [first, ...others] }: Rule): string {
  return `${first?.text ?? ''}${others.length === 0 ? '' : ', …'}`;
}
