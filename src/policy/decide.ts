/** The policy as data, and what it wants for each key. Pure. */
import type { WantedAction } from './actions.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { compareText } from '../core/model.ts';
import type {
  DeleteClause,
  Finding,
  ForeignKey,
  Position,
  ReferentialAction,
  RuleReference,
  Snapshot,
  TableName,
} from '../core/model.ts';
import { tableNamed } from '../core/schema-index.ts';
import type { PathPattern, Pattern } from './pattern/ast.ts';
import { foldName, keyFinder } from './pattern/match.ts';
import { policyFindings } from './findings.ts';

export interface LocatedPattern {
  readonly pattern: Pattern;
  /** As written, variables replaced. */
  readonly text: string;
  readonly position: Position;
}

export interface Rule {
  /** A key matches when one of these does … */
  readonly match: readonly LocatedPattern[];
  /** … and none of these. */
  readonly except: readonly LocatedPattern[];
  readonly constraint: string | null;
  /** True: every column that the action would write accepts NULL; false: one does not; null: not asked. */
  readonly nullable: boolean | null;
  /** The actions that a key may have before the change; null: not asked. */
  readonly from: readonly ReferentialAction[] | null;
  readonly onDelete: WantedAction;
  readonly reason: string | null;
  /** Matching nothing is fine. */
  readonly optional: boolean;
  readonly position: Position;
  /** It stands in the application's models, behind those of the policy. */
  readonly ofModels?: true;
}

export interface PathRule {
  readonly pattern: PathPattern;
  /** As written, variables replaced. */
  readonly text: string;
  readonly position: Position;
}

/** At least one of the two is not null. */
export interface LimitRule extends PathRule {
  /** The most rows that one delete may take in the tables on the right, by the statistics. */
  readonly rows: number | null;
  /** The most keys in a row. */
  readonly depth: number | null;
}

export interface Policy {
  /** Whose word comes behind the rules: the name of an ORM, or files of SQL; null for nobody's. */
  readonly from: { readonly texts: readonly string[]; readonly position: Position } | null;
  /** A model's key without an action means NO ACTION, not nothing. */
  readonly strictNone: boolean;
  /** What holds for a key that no rule matches; `error` leaves it undecided and is a finding. */
  readonly default: { readonly kind: 'error' } | WantedAction;
  readonly defaultPosition: Position;
  readonly rules: readonly Rule[];
  /** Paths that no delete may take, and paths with a limit; nothing here looks at them, src/reach-rules.ts does. */
  readonly never: readonly PathRule[];
  readonly limits: readonly LimitRule[];
}

export type SameAction = (a: ReferentialAction, b: ReferentialAction) => boolean;

export interface Decision {
  readonly foreignKey: ForeignKey;
  /** The rule that decided, `default` where the policy's default did, null where nothing did. */
  readonly rule: RuleReference | null;
  /** `keep`: whatever is there. `undecided`: a finding says why. */
  readonly wanted: DeleteClause | 'keep' | 'undecided';
}

export interface Decisions {
  /** One for each key that is not excluded, in the Snapshot's order. */
  readonly decisions: readonly Decision[];
  /** About the policy, in the order of the file. */
  readonly findings: readonly Finding[];
}

/** What one rule meets; numbers are places in the list of keys. For policy-findings.ts. */
export interface RuleOutcome {
  readonly rule: Rule;
  /** Per pattern of `match`, before anything is taken out. */
  readonly matched: readonly (readonly number[])[];
  /** Per pattern of `except`, those that `match` had matched. */
  readonly excepted: readonly (readonly number[])[];
  /** After `except`, `constraint` and `when`. */
  readonly keys: readonly number[];
  /** Those of `keys` that no earlier rule had decided. */
  readonly decided: readonly number[];
}

/**
 * Decides every key: the first rule that matches it, else the default.
 *
 * `from` means the action before the change. A key that already has what the rule wants matches as well, because it may be
 * one that the rule has changed: without that, applying a policy would make the rule match nothing and hand its keys to
 * later rules, which would change them back. For a half-done key the action before is known from its mark, or, where the
 * mark cannot hold it, is the one it has.
 *
 * A key that an earlier rule's `from` would take over as soon as it is changed stays undecided: one change would ask for the next.
 *
 * `excluded` drops keys by their child table. Keys and findings come back in a fixed order; nothing is thrown.
 */
export function decide(
  policy: Policy,
  snapshot: Snapshot,
  names: NameMatching,
  sameAction: SameAction,
  excluded: (table: TableName) => boolean = () => false,
): Decisions {
  const keys = snapshot.foreignKeys.filter((key) => !excluded(key.child));
  const outcomes = outcomesOf(policy, keys, snapshot, names, sameAction);
  const owners: RuleOutcome[] = [];
  for (const outcome of outcomes) for (const key of outcome.decided) owners[key] = outcome;
  const refusesNull = columnsThatRefuseNull(snapshot, names);
  const takers = new Map<number, Rule>();
  const asksWhatWas = outcomes.some((one) => one.rule.from !== null);
  const decisions = keys.map((key, place): Decision => {
    const owner = owners[place] ?? null;
    const decision = decisionFor(key, place, owner, policy, names);
    if (typeof decision.wanted === 'string' || !asksWhatWas) return decision;
    const earlier = owner === null ? outcomes : outcomes.slice(0, outcomes.indexOf(owner));
    const asking = earlier.filter((one) => one.rule.from !== null && isAbout(one, place));
    if (asking.length === 0) return decision;
    const changed = { ...key, ...decision.wanted, halfDone: null };
    const taker = asking.find(({ rule }) => meetsConditions(changed, rule, names, sameAction, refusesNull));
    const then = taker === undefined ? 'keep' : targetClause(taker.rule.onDelete, changed, names);
    const stays = then === 'keep' || (then !== null && sameClause(changed, then, key, sameAction));
    if (taker === undefined || stays) return decision;
    takers.set(place, taker.rule);
    return { ...decision, wanted: 'undecided' };
  });
  return { decisions, findings: policyFindings({ policy, keys, decisions, outcomes, takers }) };
}

/** Whether the rule's patterns are about a key, whatever its conditions say. */
function isAbout({ matched, excepted }: RuleOutcome, place: number): boolean {
  return matched.some((keys) => contains(keys, place)) && !excepted.some((keys) => contains(keys, place));
}

function outcomesOf(
  policy: Policy,
  keys: readonly ForeignKey[],
  snapshot: Snapshot,
  names: NameMatching,
  sameAction: SameAction,
): readonly RuleOutcome[] {
  const find = keyFinder(keys, names);
  const refusesNull = columnsThatRefuseNull(snapshot, names);
  const taken = new Set<number>();
  return policy.rules.map((rule) => {
    const matched = rule.match.map((each) => find(each.pattern));
    const all = new Set(matched.flat());
    const excepted = rule.except.map((each) => find(each.pattern).filter((key) => all.has(key)));
    const out = new Set(excepted.flat());
    const passes = (place: number): boolean => {
      const key = keys[place];
      return (
        key !== undefined && !out.has(place) && meetsConditions(key, rule, names, sameAction, refusesNull)
      );
    };
    const remaining = [...all].filter(passes).sort((a, b) => a - b);
    const decided = remaining.filter((key) => !taken.has(key));
    for (const key of decided) taken.add(key);
    return { rule, matched, excepted, keys: remaining, decided };
  });
}

function meetsConditions(
  key: ForeignKey,
  rule: Rule,
  names: NameMatching,
  sameAction: SameAction,
  refusesNull: (table: TableName, column: string) => boolean,
): boolean {
  const same = (a: string, b: string): boolean =>
    foldName(a, names.columnsIgnoreCase) === foldName(b, names.columnsIgnoreCase);
  if (rule.constraint !== null && (key.name === null || !same(key.name, rule.constraint))) return false;
  if (rule.nullable !== null) {
    const list = rule.onDelete.kind === 'clause' ? rule.onDelete.clause.onDeleteColumns : null;
    const written =
      list === null ? key.columns : key.columns.filter((column) => list.some((each) => same(each, column)));
    if (rule.nullable === written.some((column) => refusesNull(key.child, column))) return false;
  }
  if (rule.from === null) return true;
  const before = key.halfDone?.from?.onDelete ?? key.onDelete;
  if (rule.from.some((action) => sameAction(action, before))) return true;
  const wanted = targetClause(rule.onDelete, key, names);
  return typeof wanted === 'object' && wanted !== null && sameClause(key, wanted, key, sameAction);
}

/** A column that the Snapshot does not know is taken to refuse NULL: the answer that changes less. */
function columnsThatRefuseNull(
  snapshot: Snapshot,
  names: NameMatching,
): (table: TableName, column: string) => boolean {
  const fold = (name: string): string => foldName(name, names.columnsIgnoreCase);
  return (table, column) => {
    const wanted = fold(column);
    const columns = tableNamed(snapshot, table)?.columns ?? [];
    return !columns.some((each) => each.nullable && fold(each.name) === wanted);
  };
}

function decisionFor(
  key: ForeignKey,
  place: number,
  outcome: RuleOutcome | null,
  policy: Policy,
  names: NameMatching,
): Decision {
  if (outcome === null) {
    if (policy.default.kind === 'error') return { foreignKey: key, rule: null, wanted: 'undecided' };
    const rule = { match: 'default', reason: null, position: policy.defaultPosition };
    return { foreignKey: key, rule, wanted: targetClause(policy.default, key, names) ?? 'undecided' };
  }
  const { rule, matched } = outcome;
  const pattern = rule.match[matched.findIndex((found) => contains(found, place))];
  const reference: RuleReference = {
    match: pattern?.text ?? '',
    reason: rule.reason,
    position: pattern?.position ?? rule.position,
  };
  return { foreignKey: key, rule: reference, wanted: targetClause(rule.onDelete, key, names) ?? 'undecided' };
}

/** Binary search: the lists are in order, and some hold every key. */
function contains(sorted: readonly number[], wanted: number): boolean {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return sorted[low] === wanted;
}

/**
 * The clause that an action means for a key, its columns spelled and ordered as the key does;
 * null when the action's column list names columns that the key does not have.
 */
export function targetClause(
  action: WantedAction,
  key: ForeignKey,
  names: NameMatching,
): DeleteClause | 'keep' | null {
  if (action.kind === 'keep') return 'keep';
  if (action.kind === 'refuse') {
    const refusing = [key.onDelete, key.halfDone?.from?.onDelete].find(
      (there) => there === 'NO ACTION' || there === 'RESTRICT',
    );
    return { onDelete: refusing ?? 'NO ACTION', onDeleteColumns: null };
  }
  const { onDelete, onDeleteColumns } = action.clause;
  if (onDeleteColumns === null) return action.clause;
  const folded = new Set(onDeleteColumns.map((column) => foldName(column, names.columnsIgnoreCase)));
  const columns = key.columns.filter((column) => folded.has(foldName(column, names.columnsIgnoreCase)));
  return new Set(columns).size === folded.size ? { onDelete, onDeleteColumns: columns } : null;
}

/** Whether two clauses do the same to a key: equal actions over the same columns; no list means all columns of the key. */
export function sameClause(
  a: DeleteClause,
  b: DeleteClause,
  key: Pick<ForeignKey, 'columns'>,
  sameAction: SameAction,
): boolean {
  if (!sameAction(a.onDelete, b.onDelete)) return false;
  if (a.onDeleteColumns === null && b.onDeleteColumns === null) return true;
  const columns = (clause: DeleteClause): readonly string[] =>
    [...new Set(clause.onDeleteColumns ?? key.columns)].sort(compareText);
  const [ofA, ofB] = [columns(a), columns(b)];
  return ofA.length === ofB.length && ofA.every((column, place) => column === ofB[place]);
}
