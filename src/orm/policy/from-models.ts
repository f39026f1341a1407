/** The models as the policy: what each declared key says becomes a rule behind those of the policy's file. Pure. */
import { schemaIndex } from '../../core/schema-index.ts';
import type { NameMatching } from '../../core/contracts/engine.ts';
import { keyText } from '../../core/names.ts';
import type { Finding, ForeignKey, Position, Snapshot } from '../../core/model.ts';
import { actionText, type WantedAction } from '../../policy/actions.ts';
import { type SameAction, sameClause } from '../../core/referential-actions.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { parsePattern } from '../../policy/pattern/parse.ts';
import type { Facts, ModelKey, Place } from '../facts.ts';
import { patternFor } from '../lint/key-edits.ts';
import { ormFinding, positionOf } from '../lint/key-findings.ts';
import { viewText } from '../lint/key-views.ts';
import { clauseFor, clauseOf, lookup } from '../lint/match-keys.ts';

interface ModelPolicy {
  readonly policy: Policy;
  readonly findings: readonly Finding[];
}

/** What a declared key asks for, and how the model says it, for people. */
export interface Wanted {
  readonly action: WantedAction;
  readonly said: string;
}

/**
 * What a declared key asks for; null where it says nothing, or nothing that is an action. What the ORM itself does counts where
 * its models have no other word for the key. A key without a constraint asks where the ORM does in its place what it says.
 */
export function wantedBy(
  { constrained, onDelete, onDeleteWritten, application }: ModelKey,
  { comparesActions }: Pick<Facts, 'comparesActions'>,
  strictNone: boolean,
): Wanted | null {
  if (!constrained && (onDelete === null || application === null)) return null;
  if (onDelete !== null) {
    const clause = clauseOf(onDelete);
    const said = `${onDelete}${onDeleteWritten ? '' : ' by default'}`;
    return clause === null ? null : { action: { kind: 'clause', clause }, said };
  }
  const action = comparesActions || application === null ? null : actionLike(application.onDelete);
  if (action !== null && application !== null) return { action, said: application.text };
  if (!strictNone) return null;
  return {
    action: { kind: 'clause', clause: clauseFor('NO ACTION') },
    said: 'no action, taken as NO ACTION',
  };
}

/** The action of the database that does the same as the ORM; null where there is none, or the ORM does nothing. */
function actionLike(onDelete: NonNullable<ModelKey['application']>['onDelete']): WantedAction | null {
  if (onDelete === 'RESTRICT') return { kind: 'refuse' };
  if (onDelete === 'SET VALUE' || onDelete === 'NOTHING') return null;
  return { kind: 'clause', clause: clauseFor(onDelete) };
}

/** `cascade`, `refuse`: as a policy writes it. */
export function wordOf(action: WantedAction): string {
  return action.kind === 'clause' ? actionText(action.clause) : action.kind;
}

interface LiveKeys {
  readonly snapshot: Snapshot;
  readonly names: NameMatching;
  readonly sameAction: SameAction;
}

/** What models ask of one live key; the rule is null where they disagree. */
interface Asked {
  readonly key: ModelKey;
  readonly wanted: Wanted;
  readonly rule: Rule | null;
}

/**
 * Adds the models' rules behind the policy's own.
 * @param fallback the place of the policy's `from`, for keys whose place is not known
 */
export function withModels(
  policy: Policy,
  facts: Facts,
  { snapshot, names, sameAction }: LiveKeys,
  fallback: Position,
): ModelPolicy {
  const found = lookup(facts, schemaIndex(snapshot), names);
  const findings: Finding[] = facts.errors
    .filter(({ stage }) => stage !== 'configure')
    .map(({ stage, message, place }) => ormFinding('ORM_PARTIAL', 'error', stage, message, { place }));
  const asked = new Map<string, Asked>();
  for (const key of facts.foreignKeys) {
    const { place } = key;
    const name = viewText({ live: null, reference: key });
    if (key.onDelete !== null && clauseOf(key.onDelete) === null) {
      const detail = `The model says ${JSON.stringify(key.onDelete)}.`;
      findings.push(ormFinding('ORM_UNKNOWN_ACTION', 'error', name, detail, { place }));
    }
    const wanted = wantedBy(key, facts, policy.strictNone);
    if (wanted === null) continue;
    const match = found.live(key);
    if (match.kind === 'ambiguous') {
      const schemas = match.tables.map(({ schema }) => schema).join(', ');
      const detail = `The schemas ${schemas} all have a table \`${key.child.name}\`, and the model names none of them.`;
      const position = positionOf(place);
      findings.push({ code: 'AMBIGUOUS_NAME', severity: 'warning', subject: name, detail, position });
      continue;
    }
    if (match.kind === 'missing' && !key.constrained) continue;
    if (match.kind === 'missing') {
      const detail = `The model wants ${wordOf(wanted.action)}; the database has no key over these columns.`;
      findings.push(ormFinding('ORM_KEY_NOT_IN_DATABASE', 'warning', name, detail, { place }));
      continue;
    }
    const id = keyText(match.key);
    const earlier = asked.get(id);
    if (earlier === undefined) {
      const rule = ruleFor(match.key, wanted, key, facts, positionOf(place) ?? fallback);
      asked.set(id, { key, wanted, rule });
    } else if (!sameWanted(earlier.wanted.action, wanted.action, match.key, sameAction)) {
      const says = (at: Place | null, action: WantedAction): string =>
        `${at === null ? 'one model' : `${at.file}:${at.line}`} says ${wordOf(action)}`;
      const detail = `${says(earlier.key.place, earlier.wanted.action)}, ${says(place, wanted.action)}.`;
      findings.push(ormFinding('ORM_MODELS_DISAGREE', 'error', id, detail, { place }));
      asked.set(id, { ...earlier, rule: null });
    }
  }
  const rules = [...asked.values()].flatMap(({ rule }) => rule ?? []);
  return { policy: { ...policy, rules: [...policy.rules, ...rules] }, findings };
}

function sameWanted(a: WantedAction, b: WantedAction, key: ForeignKey, sameAction: SameAction): boolean {
  return a.kind === 'clause' && b.kind === 'clause'
    ? sameClause(a.clause, b.clause, key, sameAction)
    : a.kind === b.kind;
}

function ruleFor(
  live: ForeignKey,
  { action, said }: Wanted,
  reference: ModelKey,
  { orm, source }: Facts,
  position: Position,
): Rule {
  const text = patternFor({ live, reference });
  const parsed = parsePattern(text);
  return {
    match: parsed.ok ? [{ pattern: parsed.value, text, position }] : [],
    except: [],
    constraint: null,
    nullable: null,
    from: null,
    onDelete: action,
    reason: `${orm === 'sql' ? source : `the ${orm} model`} says ${said}`,
    optional: true,
    position,
    ofModels: true,
  };
}
