/** The action that a policy wants for each key. Pure. */
import type { Decision, Decisions, LocatedPattern, Policy, Rule, RuleOutcome } from './policy.ts';
import { isRefusing, type SameAction, sameClause } from '../core/referential-actions.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import type { DeleteClause, ForeignKey, ReferentialAction, RuleReference, TableName } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import type { WantedAction } from './actions.ts';
import { policyFindings } from './findings.ts';
import { foldName, keyFinder } from './pattern/match.ts';

/** What the conditions of a rule are checked with. */
interface Server {
  readonly names: NameMatching;
  readonly sameAction: SameAction;
  readonly refusesNull: (table: TableName, column: string) => boolean;
  readonly refusedBefore: RefusedBefore;
}

/** The refusing action that a key had before it was changed to another, where somebody knows it. */
export type RefusedBefore = (key: ForeignKey) => ReferentialAction | null;

/**
 * Decides every key: the first rule that matches it, else the default.
 *
 * `from` means the action before the change. A key that already has what the rule wants matches as well, because it may be
 * one that the rule has changed: without that, applying a policy would make the rule match nothing and hand its keys to
 * later rules, which would change them back. For a half-done key the action before is known from its mark, or, where the
 * mark cannot hold it, is the one it has.
 *
 * A key that an earlier rule's `from` would match as soon as it is changed stays undecided: one change would ask for the next.
 *
 * `excluded` drops keys by their child table; `refusedBefore` is what `refuse` takes for a key that does not refuse today. Keys and findings come back in a fixed order; nothing is thrown.
 */
export function decide(
  policy: Policy,
  schema: SchemaIndex,
  names: NameMatching,
  sameAction: SameAction,
  excluded: (table: TableName) => boolean = () => false,
  refusedBefore: RefusedBefore = () => null,
): Decisions {
  const keys = schema.snapshot.foreignKeys.filter((key) => !excluded(key.child));
  const server: Server = {
    names,
    sameAction,
    refusesNull: columnsThatRefuseNull(schema, names),
    refusedBefore,
  };
  const outcomes = outcomesOf(policy, keys, server);
  const deciding = new Map<number, number>();
  outcomes.forEach(({ decided }, at) => decided.forEach((place) => deciding.set(place, at)));
  const takers = new Map<number, Rule>();
  const decisions = keys.map((key, place): Decision => {
    const at = deciding.get(place) ?? outcomes.length;
    const decision = decisionFor(key, place, outcomes[at], policy, server);
    if (typeof decision.wanted === 'string') return decision;
    const taker = ruleTakingOver(key, decision.wanted, place, outcomes.slice(0, at), server);
    if (taker === null) return decision;
    takers.set(place, taker);
    return { ...decision, wanted: 'undecided' };
  });
  return { decisions, findings: policyFindings({ policy, keys, decisions, outcomes, takers, names }) };
}

function outcomesOf(policy: Policy, keys: readonly ForeignKey[], server: Server): readonly RuleOutcome[] {
  const find = keyFinder(keys, server.names);
  const taken = new Set<number>();
  return policy.rules.map((rule) => {
    const matched = rule.match.map((each) => find(each.pattern));
    const patterns = new Map<number, LocatedPattern>();
    rule.match.forEach((pattern, at) => {
      for (const place of matched[at] ?? []) if (!patterns.has(place)) patterns.set(place, pattern);
    });
    const excepted = rule.except.map((each) => find(each.pattern).filter((place) => patterns.has(place)));
    for (const place of excepted.flat()) patterns.delete(place);
    const meets = (place: number): boolean => {
      const key = keys[place];
      return key !== undefined && meetsConditions(key, rule, server);
    };
    const remaining = [...patterns.keys()].filter(meets).sort((a, b) => a - b);
    const decided = remaining.filter((place) => !taken.has(place));
    for (const place of decided) taken.add(place);
    return { rule, matched, excepted, patterns, keys: remaining, decided };
  });
}

function meetsConditions(key: ForeignKey, rule: Rule, server: Server): boolean {
  const { names, sameAction, refusesNull } = server;
  const same = (a: string, b: string): boolean =>
    foldName(a, names.columnsIgnoreCase) === foldName(b, names.columnsIgnoreCase);
  if (rule.constraint !== null && (key.name === null || !same(key.name, rule.constraint))) return false;
  if (rule.nullable !== null) {
    const list = rule.onDelete.kind === 'clause' ? rule.onDelete.clause.onDeleteColumns : null;
    const written = key.columns.filter((column) => list?.some((each) => same(each, column)) ?? true);
    if (rule.nullable === written.some((column) => refusesNull(key.child, column))) return false;
  }
  if (rule.from === null) return true;
  const before = key.halfDone?.from?.onDelete ?? key.onDelete;
  if (rule.from.some((action) => sameAction(action, before))) return true;
  const wanted = targetClause(rule.onDelete, key, server);
  return wanted !== 'keep' && wanted !== null && sameClause(key, wanted, key, sameAction);
}

/** A column that the Snapshot does not know is taken to refuse NULL: the answer that changes less. */
function columnsThatRefuseNull(schema: SchemaIndex, names: NameMatching): Server['refusesNull'] {
  const fold = (name: string): string => foldName(name, names.columnsIgnoreCase);
  return (table, column) => {
    const columns = schema.table(table)?.columns ?? [];
    return !columns.some((each) => each.nullable && fold(each.name) === fold(column));
  };
}

function decisionFor(
  key: ForeignKey,
  place: number,
  outcome: RuleOutcome | undefined,
  policy: Policy,
  server: Server,
): Decision {
  const wanted = (action: WantedAction): Decision['wanted'] =>
    targetClause(action, key, server) ?? 'undecided';
  if (outcome !== undefined) {
    const { rule, patterns } = outcome;
    const { text: match = '', position = rule.position } = patterns.get(place) ?? {};
    return {
      foreignKey: key,
      rule: { match, reason: rule.reason, position, rulePosition: rule.position },
      wanted: wanted(rule.onDelete),
    };
  }
  if (policy.default.kind === 'error') return { foreignKey: key, rule: null, wanted: 'undecided' };
  const position = policy.defaultPosition;
  const rule: RuleReference = { match: 'default', reason: null, position, rulePosition: position };
  return { foreignKey: key, rule, wanted: wanted(policy.default) };
}

/** The rule with `from` among those before the deciding one that would match the changed key and change it again. */
function ruleTakingOver(
  key: ForeignKey,
  wanted: DeleteClause,
  place: number,
  earlier: readonly RuleOutcome[],
  server: Server,
): Rule | null {
  const possible = earlier.filter(({ rule, patterns }) => rule.from !== null && patterns.has(place));
  if (possible.length === 0) return null;
  const changed: ForeignKey = { ...key, ...wanted, halfDone: null };
  const taker = possible.find(({ rule }) => meetsConditions(changed, rule, server));
  if (taker === undefined) return null;
  const next = targetClause(taker.rule.onDelete, changed, server);
  const stays = next === 'keep' || (next !== null && sameClause(changed, next, changed, server.sameAction));
  return stays ? null : taker.rule;
}

/**
 * The clause that an action means for a key, its columns spelled and ordered as in the key;
 * null when the action's column list names columns that the key does not have.
 */
function targetClause(
  action: WantedAction,
  key: ForeignKey,
  { names, refusedBefore }: Server,
): DeleteClause | 'keep' | null {
  if (action.kind === 'keep') return 'keep';
  if (action.kind === 'refuse') {
    const known = [key.onDelete, key.halfDone?.from?.onDelete, refusedBefore(key)];
    const onDelete = known.find((action) => action != null && isRefusing(action)) ?? 'NO ACTION';
    return { onDelete, onDeleteColumns: null };
  }
  const { onDelete, onDeleteColumns } = action.clause;
  if (onDeleteColumns === null) return action.clause;
  const folded = new Set(onDeleteColumns.map((column) => foldName(column, names.columnsIgnoreCase)));
  const columns = key.columns.filter((column) => folded.has(foldName(column, names.columnsIgnoreCase)));
  return new Set(columns).size === folded.size ? { onDelete, onDeleteColumns: columns } : null;
}
