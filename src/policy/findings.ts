/** What is worth knowing about a policy, given the keys that it met. Pure. */
import { compareText, keyText, tableText } from '../core/model.ts';
import type { Finding, ForeignKey, Position } from '../core/model.ts';
import { literalOf } from './pattern/ast.ts';
import type { SidePattern } from './pattern/ast.ts';
import type { Decision, LocatedPattern, Policy, Rule, RuleOutcome } from './decide.ts';
import type { Code } from '../core/codes/index.ts';

interface Decided {
  readonly policy: Policy;
  readonly keys: readonly ForeignKey[];
  readonly decisions: readonly Decision[];
  readonly outcomes: readonly RuleOutcome[];
  /** By the key's place: the rule that would take it over once it is changed. */
  readonly takers: ReadonlyMap<number, Rule>;
}

/** Every finding about the policy, in the order of the file. */
export function policyFindings(decided: Decided): readonly Finding[] {
  const { policy, keys, decisions, outcomes, takers } = decided;
  if (keys.length === 0) return policy.rules.length === 0 ? [] : [noKeys(policy)];
  const findings = [
    ...noRule(decided),
    ...deferrableByDefault(decided),
    ...takenOver(decided),
    ...outcomes.flatMap((outcome, place) => [
      ...matchesNothing(outcome),
      ...unreachable(outcome, outcomes.slice(0, place)),
      ...ambiguous(outcome, keys),
      ...perKey(outcome, decisions, takers),
    ]),
  ];
  return findings.sort(
    (a, b) =>
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
  return finding(
    'NO_KEYS',
    'error',
    'policy',
    `The policy has ${rules} and no foreign key is in scope.`,
    policy.defaultPosition,
  );
}

function noRule({ policy, decisions }: Decided): readonly Finding[] {
  return decisions
    .filter((decision) => decision.rule === null)
    .map(({ foreignKey }) =>
      finding(
        'NO_RULE',
        'error',
        keyText(foreignKey),
        `No rule matches it; today it is ${foreignKey.onDelete}.`,
        policy.defaultPosition,
      ),
    );
}

function takenOver({ decisions, takers }: Decided): readonly Finding[] {
  return [...takers].flatMap(([place, rule]) => {
    const decision = decisions[place];
    if (decision === undefined) return [];
    const by = decision.rule?.match === 'default' ? 'the default' : `'${decision.rule?.match ?? ''}'`;
    const line = decision.rule?.position.line ?? 0;
    const detail = `Changed as ${by} (line ${line}) asks, it would be matched by this rule, which asks for another action.`;
    return [finding('RULE_TAKES_OVER', 'error', keyText(decision.foreignKey), detail, rule.position)];
  });
}

function matchesNothing({ rule, matched, excepted, keys }: RuleOutcome): readonly Finding[] {
  if (rule.optional) return [];
  const dead = rule.match.filter((_, place) => matched[place]?.length === 0);
  const found = dead.map((pattern) =>
    finding(
      'RULE_MATCHES_NOTHING',
      'error',
      pattern.text,
      'No foreign key in scope matches this pattern.',
      pattern.position,
    ),
  );
  if (dead.length < rule.match.length && keys.length === 0) {
    found.push(
      finding(
        'RULE_MATCHES_NOTHING',
        'error',
        ruleText(rule),
        `Every key it matches is taken out by ${conditions(rule)}.`,
        rule.position,
      ),
    );
  }
  const idle = rule.except.filter((_, place) => excepted[place]?.length === 0);
  const idleFindings = idle.map((pattern) =>
    finding(
      'RULE_MATCHES_NOTHING',
      'warning',
      pattern.text,
      'This exception takes no key out of its rule.',
      pattern.position,
    ),
  );
  return [...found, ...(dead.length < rule.match.length ? idleFindings : [])];
}

function conditions(rule: Rule): string {
  const names = [
    rule.except.length > 0 ? '`except`' : null,
    rule.constraint === null ? null : '`constraint`',
    rule.nullable === null && rule.from === null ? null : '`when`',
  ].filter((name) => name !== null);
  return names.join(' or ');
}

function unreachable(outcome: RuleOutcome, earlier: readonly RuleOutcome[]): readonly Finding[] {
  if (outcome.keys.length === 0 || outcome.decided.length > 0) return [];
  // the policy's rules are there to have the last word over the models'
  if (outcome.rule.ofModels === true) return [];
  const members = new Set(outcome.keys);
  const takers = earlier.filter((each) => each.decided.some((key) => members.has(key)));
  const [first, ...others] = takers.map(({ rule }) => `'${ruleText(rule)}' (line ${rule.position.line})`);
  const more =
    others.length === 0
      ? ''
      : others.length === 1
        ? ' and one other rule'
        : ` and ${others.length} other rules`;
  const detail = `Every key it matches is already decided by ${first ?? ''}${more}.`;
  return [finding('RULE_UNREACHABLE', 'warning', ruleText(outcome.rule), detail, outcome.rule.position)];
}

function ambiguous(outcome: RuleOutcome, keys: readonly ForeignKey[]): readonly Finding[] {
  const members = new Set(outcome.keys);
  return outcome.rule.match.flatMap((pattern, place) => {
    const met = (outcome.matched[place] ?? [])
      .filter((key) => members.has(key))
      .flatMap((key) => keys[key] ?? []);
    return [
      ...ambiguousSide(
        pattern,
        pattern.pattern.child,
        met.map((key) => key.child),
      ),
      ...ambiguousSide(
        pattern,
        pattern.pattern.parent,
        met.map((key) => key.parent),
      ),
    ];
  });
}

function ambiguousSide(
  pattern: LocatedPattern,
  side: SidePattern | null,
  tables: readonly ForeignKey['child'][],
): readonly Finding[] {
  if (side === null || side.schema !== null || literalOf(side.name) === null) return [];
  const schemas = new Set(tables.map((table) => table.schema));
  if (schemas.size < 2) return [];
  const shown = [...new Set(tables.map(tableText))].sort(compareText);
  const rest = shown.length > 4 ? ` and ${shown.length - 4} more` : '';
  const detail = `\`${literalOf(side.name) ?? ''}\` is ${shown.slice(0, 4).join(', ')}${rest}.`;
  return [finding('AMBIGUOUS_NAME', 'warning', pattern.text, detail, pattern.position)];
}

function perKey(
  { rule, decided }: RuleOutcome,
  decisions: readonly Decision[],
  takers: Decided['takers'],
): readonly Finding[] {
  if (rule.onDelete.kind !== 'clause') return [];
  const { onDelete, onDeleteColumns } = rule.onDelete.clause;
  return decided.flatMap((place) => {
    const decision = decisions[place];
    if (decision === undefined || takers.has(place)) return [];
    const key = decision.foreignKey;
    const position = decision.rule?.position ?? rule.position;
    if (decision.wanted === 'undecided') {
      const detail = `The key's columns are ${key.columns.join(', ')}, the list says ${(onDeleteColumns ?? []).join(', ')}.`;
      return [finding('COLUMN_LIST_MISMATCH', 'error', keyText(key), detail, position)];
    }
    return onDelete === 'RESTRICT' ? restrictDeferrable(key, 'rule', position) : [];
  });
}

function deferrableByDefault({ policy, decisions }: Decided): readonly Finding[] {
  if (policy.default.kind !== 'clause' || policy.default.clause.onDelete !== 'RESTRICT') return [];
  return decisions
    .filter(
      (decision) => decision.rule?.match === 'default' && decision.rule.position === policy.defaultPosition,
    )
    .flatMap((decision) => restrictDeferrable(decision.foreignKey, 'default', policy.defaultPosition));
}

function restrictDeferrable(
  key: ForeignKey,
  who: 'rule' | 'default',
  position: Position,
): readonly Finding[] {
  if (key.deferrability === 'NOT DEFERRABLE') return [];
  const detail = `The ${who} asks for RESTRICT and the key is DEFERRABLE ${key.deferrability}.`;
  return [finding('RESTRICT_DEFERRABLE', 'warning', keyText(key), detail, position)];
}

/** A rule as people recognise it: its first pattern. */
function ruleText(rule: Rule): string {
  const [first, ...others] = rule.match;
  return others.length === 0 ? (first?.text ?? '') : `${first?.text ?? ''}, …`;
}
