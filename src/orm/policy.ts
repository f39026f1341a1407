/** The models as the policy: what each declared key says becomes a rule behind those of the policy's file. Pure. */
import { actionText, type WantedAction } from '../policy/actions.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import {
  keyText,
  type DeleteClause,
  type Finding,
  type ForeignKey,
  type Position,
  type Snapshot,
} from '../core/model.ts';
import { parsePattern } from '../policy/pattern/parse.ts';
import { sameClause, type Policy, type Rule, type SameAction } from '../policy/decide.ts';
import type { Facts, ModelKey } from './facts.ts';
import { patternFor } from './key-edits.ts';
import { ormFinding, positionOf } from './key-rules.ts';
import { clauseOf, lookup } from './match-keys.ts';
import { viewText } from './key-views.ts';

export interface ModelPolicy {
  readonly policy: Policy;
  readonly findings: readonly Finding[];
}

/** What a declared key wants, and how the model says it, for people. */
export interface Wanted {
  readonly action: WantedAction;
  readonly said: string;
}

const noAction: DeleteClause = { onDelete: 'NO ACTION', onDeleteColumns: null };

/**
 * What a declared key wants; null where it says nothing, or nothing that is an action. What the ORM itself does counts where
 * its models have no other word for the key.
 */
export function wantedBy(
  key: ModelKey,
  facts: Pick<Facts, 'comparesActions'>,
  strictNone: boolean,
): Wanted | null {
  if (!key.constrained) return null;
  if (key.onDelete !== null) {
    const clause = clauseOf(key.onDelete);
    const said = `${key.onDelete}${key.onDeleteWritten ? '' : ' by default'}`;
    return clause === null ? null : { action: { kind: 'clause', clause }, said };
  }
  const { application } = key;
  const action = facts.comparesActions || application === null ? null : actionLike(application.onDelete);
  if (action !== null && application !== null) return { action, said: application.text };
  return strictNone
    ? { action: { kind: 'clause', clause: noAction }, said: 'no action, taken as NO ACTION' }
    : null;
}

/** What the database would have to do, to do the same as the ORM; null where it cannot, or the ORM does nothing. */
function actionLike(onDelete: NonNullable<ModelKey['application']>['onDelete']): WantedAction | null {
  switch (onDelete) {
    case 'RESTRICT':
      return { kind: 'refuse' };
    case 'SET VALUE':
    case 'NOTHING':
      return null;
    default:
      return { kind: 'clause', clause: { onDelete, onDeleteColumns: null } };
  }
}

/** `cascade`, `refuse`: as a policy says it. */
function wordOf(action: WantedAction): string {
  return action.kind === 'clause' ? actionText(action.clause) : action.kind;
}

/**
 * Adds the models' rules behind the policy's own.
 * @param fallback the place of the policy's word `from`, for keys whose place is not known
 */
export function withModels(
  policy: Policy,
  facts: Facts,
  live: { readonly snapshot: Snapshot; readonly names: NameMatching; readonly sameAction: SameAction },
  fallback: Position,
): ModelPolicy {
  const found = lookup(facts, live.snapshot, live.names);
  const findings: Finding[] = facts.errors
    .filter(({ stage }) => stage !== 'configure')
    .map((error) => ormFinding('ORM_PARTIAL', 'error', error.stage, error.message, { place: error.place }));
  const said = new Map<
    string,
    { readonly key: ModelKey; readonly wanted: Wanted; readonly rule: Rule | null }
  >();
  for (const key of facts.foreignKeys) {
    if (key.onDelete !== null && clauseOf(key.onDelete) === null) {
      const detail = `The model says ${JSON.stringify(key.onDelete)}.`;
      findings.push(ormFinding('ORM_UNKNOWN_ACTION', 'error', nameOf(key), detail, { place: key.place }));
    }
    const wanted = wantedBy(key, facts, policy.strictNone);
    if (wanted === null) continue;
    const match = found.live(key);
    if (match.kind === 'ambiguous') {
      const detail = `\`${key.child.name}\` is ${match.tables.map(({ schema }) => schema).join(', ')}, and the model names no schema.`;
      findings.push({
        code: 'AMBIGUOUS_NAME',
        severity: 'warning',
        subject: nameOf(key),
        detail,
        position: positionOf(key.place),
      });
      continue;
    }
    if (match.kind === 'missing') {
      const detail = `The model wants ${wordOf(wanted.action)}; the database has no key over these columns.`;
      findings.push(
        ormFinding('ORM_KEY_NOT_IN_DATABASE', 'warning', nameOf(key), detail, { place: key.place }),
      );
      continue;
    }
    const id = keyText(match.key);
    const earlier = said.get(id);
    if (earlier === undefined) {
      const pattern = patternFor({ live: match.key, reference: key });
      said.set(id, {
        key,
        wanted,
        rule: ruleFor(pattern, wanted, key, facts, positionOf(key.place) ?? fallback),
      });
    } else if (!sameWish(earlier.wanted.action, wanted.action, match.key, live.sameAction)) {
      const detail = `${placeText(earlier.key)} says ${wordOf(earlier.wanted.action)}, ${placeText(key)} ${wordOf(wanted.action)}.`;
      findings.push(ormFinding('ORM_MODELS_DISAGREE', 'error', id, detail, { place: key.place }));
      said.set(id, { ...earlier, rule: null });
    }
  }
  const rules = [...said.values()].flatMap(({ rule }) => rule ?? []);
  return { policy: { ...policy, rules: [...policy.rules, ...rules] }, findings };
}

function sameWish(a: WantedAction, b: WantedAction, key: ForeignKey, sameAction: SameAction): boolean {
  return a.kind === 'clause' && b.kind === 'clause'
    ? sameClause(a.clause, b.clause, key, sameAction)
    : a.kind === b.kind;
}

function ruleFor(text: string, wanted: Wanted, key: ModelKey, facts: Facts, position: Position): Rule {
  const parsed = parsePattern(text);
  const pattern = parsed.ok ? [{ pattern: parsed.value, text, position }] : [];
  return {
    match: pattern,
    except: [],
    constraint: null,
    nullable: null,
    from: null,
    onDelete: wanted.action,
    reason: `${speakerOf(facts)} says ${wanted.said}`,
    optional: true,
    position,
    ofModels: true,
  };
}

function nameOf(key: ModelKey): string {
  return viewText({ live: null, reference: key });
}

function placeText({ place }: ModelKey): string {
  return place === null ? 'one model' : `${place.file}:${place.line}`;
}

/** Who says what a key should do: the models of an ORM, or files of SQL. */
function speakerOf({ orm, source }: Facts): string {
  return orm === 'sql' ? source : `the ${orm} model`;
}

function wholeOf({ orm, ormVersion, source }: Facts): string {
  if (orm === 'sql') return `${source} says`;
  return `the models say (${ormVersion === null ? orm : `${orm} ${ormVersion}`}, ${source})`;
}

/**
 * The models' rules as the text of a policy, each with the line it was read from as a comment.
 * @returns YAML, and how many keys say nothing
 */
export function frozenText(
  facts: Facts,
  strictNone: boolean,
): { readonly text: string; readonly unsaid: number } {
  const wanting = facts.foreignKeys.map((key) => ({ key, wanted: wantedBy(key, facts, strictNone) }));
  const rules = wanting.flatMap(({ key, wanted }) => {
    if (wanted === null) return [];
    const match = patternFor({ live: null, reference: key }).replaceAll("'", "''");
    const from = key.place === null ? '' : `${key.place.file}:${key.place.line}  `;
    return [
      `    # ${from}says ${wanted.said}`,
      `    - match: '${match}'`,
      `      onDelete: ${wordOf(wanted.action)}`,
    ];
  });
  const unread = wanting.filter(({ key, wanted }) => wanted === null && key.onDelete !== null);
  const lines = [
    `# What ${wholeOf(facts)}, frozen by \`ondelete policy import\`.`,
    'policy:',
    `  default: keep                # a key that ${facts.orm === 'sql' ? 'it says' : 'the models say'} nothing about stays as it is`,
    ...(rules.length === 0 ? ['  rules: []'] : ['  rules:', ...rules]),
    ...unread.map(({ key }) => `# not read: ${nameOf(key)}: ${JSON.stringify(key.onDelete)} is no action`),
  ];
  return { text: `${lines.join('\n')}\n`, unsaid: wanting.length - rules.length / 3 };
}
