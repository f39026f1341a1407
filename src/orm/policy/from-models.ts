/** The models as the policy: what each declared key says becomes a rule behind those of the policy's file. Pure. */
import { schemaIndex } from '../../core/schema-index.ts';
import type { NameMatching } from '../../core/contracts/engine.ts';
import { keyText } from '../../core/names.ts';
import type { Finding, ForeignKey, Position, Snapshot } from '../../core/model.ts';
import { actionText, type WantedAction } from '../../policy/actions.ts';
import { type SameAction, sameClause } from '../../core/referential-actions.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { parsePattern } from '../../policy/pattern/parse.ts';
import type { Facts, ModelKey } from '../facts.ts';
import type { OrmFinding } from '../finding.ts';
import { patternFor } from '../lint/key-edits.ts';
import { ormFinding, positionOf } from '../lint/key-findings.ts';
import { viewText } from '../lint/key-views.ts';
import { clauseFor, clauseOf, type LiveMatch, lookup } from '../lint/match-keys.ts';

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

/** What one model asks of a live key. */
interface Asked {
  readonly model: ModelKey;
  readonly wanted: Wanted;
  readonly live: ForeignKey;
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
  const keys = lookup(facts, schemaIndex(snapshot), names);
  const findings: Finding[] = facts.errors
    .filter(({ stage }) => stage !== 'configure')
    .map(({ stage, message, place }) => ormFinding('ORM_PARTIAL', 'error', stage, message, { place }));
  // The first model that asks decides; null where another asks for something else.
  const rules = new Map<string, { readonly first: Asked; readonly rule: Rule | null }>();
  for (const model of facts.foreignKeys) {
    findings.push(...unreadAction(model));
    const wanted = wantedBy(model, facts, policy.strictNone);
    if (wanted === null) continue;
    const match = keys.liveKey(model);
    if (match.kind !== 'found') {
      findings.push(...notFound(model, wanted, match));
      continue;
    }
    const asked = { model, wanted, live: match.key };
    const id = keyText(match.key);
    const earlier = rules.get(id);
    if (earlier === undefined)
      rules.set(id, { first: asked, rule: ruleFor(asked, facts, positionOf(model.place) ?? fallback) });
    else if (!sameWanted(earlier.first, asked, sameAction)) {
      findings.push(disagreement(earlier.first, asked));
      rules.set(id, { ...earlier, rule: null });
    }
  }
  const added = [...rules.values()].flatMap(({ rule }) => rule ?? []);
  return { policy: { ...policy, rules: [...policy.rules, ...added] }, findings };
}

function unreadAction({ onDelete, place, ...reference }: ModelKey): readonly Finding[] {
  if (onDelete === null || clauseOf(onDelete) !== null) return [];
  const detail = `The model says ${JSON.stringify(onDelete)}.`;
  return [ormFinding('ORM_UNKNOWN_ACTION', 'error', viewText({ live: null, reference }), detail, { place })];
}

/** A key that the ORM looks after itself need not be in the database. */
function notFound(
  model: ModelKey,
  { action }: Wanted,
  match: Exclude<LiveMatch, { readonly kind: 'found' }>,
): readonly Finding[] {
  const { child, constrained, place } = model;
  const subject = viewText({ live: null, reference: model });
  if (match.kind === 'ambiguous') {
    const schemas = match.tables.map(({ schema }) => schema).join(', ');
    const detail = `The schemas ${schemas} all have a table \`${child.name}\`, and the model names none of them.`;
    return [{ code: 'AMBIGUOUS_NAME', severity: 'warning', subject, detail, position: positionOf(place) }];
  }
  if (!constrained) return [];
  const detail = `The model wants ${wordOf(action)}; the database has no key over these columns.`;
  return [ormFinding('ORM_KEY_NOT_IN_DATABASE', 'warning', subject, detail, { place })];
}

function disagreement(first: Asked, second: Asked): OrmFinding {
  const says = ({ model: { place }, wanted }: Asked): string =>
    `${place === null ? 'one model' : `${place.file}:${place.line}`} says ${wordOf(wanted.action)}`;
  const { place } = second.model;
  const detail = `${says(first)}, ${says(second)}.`;
  return ormFinding('ORM_MODELS_DISAGREE', 'error', keyText(second.live), detail, { place });
}

function sameWanted(
  { wanted: { action: a }, live }: Asked,
  { wanted: { action: b } }: Asked,
  sameAction: SameAction,
): boolean {
  return a.kind === 'clause' && b.kind === 'clause'
    ? sameClause(a.clause, b.clause, live, sameAction)
    : a.kind === b.kind;
}

function ruleFor(
  { live, model, wanted: { action, said } }: Asked,
  { orm, source }: Facts,
  position: Position,
): Rule {
  const text = patternFor({ live, reference: model });
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
