/** The rules about the keys of every ORM: what the model declares beside what the database has. Pure. */
import type { Code } from '../../core/codes/index.ts';
import { clauseText } from '../../core/names.ts';
import type { Finding, Position } from '../../core/model.ts';
import { sameClause } from '../../core/referential-actions.ts';
import type { OrmFinding } from '../finding.ts';
import type { WriteAction } from '../adapter.ts';
import { type ModelKey, type Place, relationshipText } from '../facts.ts';
import { isUnsaid, keyEdits } from './key-edits.ts';
import { type KeyView, type RelationshipView, type Views, viewText } from './key-views.ts';
import { clauseFor } from './match-keys.ts';

interface FindingParts extends Partial<Pick<OrmFinding, 'outcomes' | 'edits' | 'choices'>> {
  readonly place: Place | null;
  readonly view?: KeyView;
}

/** A finding about models, with what the key in `view` is today. */
export function ormFinding(
  code: Code,
  severity: Finding['severity'],
  subject: string,
  detail: string,
  { place, view, outcomes = null, edits = [], choices = [] }: FindingParts,
): OrmFinding {
  const key = view === undefined ? null : viewText(view);
  const live = view === undefined ? null : liveText(view);
  return {
    code,
    severity,
    subject,
    detail,
    position: positionOf(place),
    key,
    live,
    outcomes,
    edits,
    choices,
  };
}

/** `CASCADE, NOT NULL`. */
export function liveText({ live, refusesNull }: KeyView): string | null {
  return live === null ? null : `${clauseText(live)}, ${refusesNull ? 'NOT NULL' : 'nullable'}`;
}

/** A finding at the relationship of the view. */
export function relationshipFinding(
  view: RelationshipView,
  code: Code,
  severity: Finding['severity'],
  detail: string,
  parts: Omit<FindingParts, 'place' | 'view'> = {},
): OrmFinding {
  const { relationship } = view;
  const { place } = relationship;
  return ormFinding(code, severity, relationshipText(relationship), detail, { place, view, ...parts });
}

export function positionOf(place: Place | null): Position | null {
  return place === null ? null : { ...place, column: 1 };
}

/**
 * Drift, missing keys, words that are no action, and SET NULL on NOT NULL, for one declared key.
 * @param outcomes what deletes do where the database does not have the key
 */
export function keyFindings(
  views: Views,
  declared: ModelKey,
  view: KeyView,
  writeAction: WriteAction,
  outcomes: OrmFinding['outcomes'],
): readonly OrmFinding[] {
  if (!declared.constrained) return [];
  const at = { place: declared.place, view };
  const subject = viewText(view);
  const found: OrmFinding[] = [];
  if (declared.onDelete !== null && view.declaredClause === null) {
    const detail = `The model says ${JSON.stringify(declared.onDelete)}.`;
    found.push(ormFinding('ORM_UNKNOWN_ACTION', 'error', subject, detail, at));
  }
  if (view.live === null) {
    const action = declared.onDelete === null ? '' : ` with ON DELETE ${declared.onDelete}`;
    const detail = `The model declares this key${action}; the database has no key over these columns.`;
    found.push(ormFinding('ORM_KEY_NOT_IN_DATABASE', 'warning', subject, detail, { ...at, outcomes }));
  }
  found.push(...driftFindings(views, declared, view, writeAction));
  if (view.clause.onDelete === 'SET NULL' && view.actionRefusesNull) {
    const columns = view.clause.onDeleteColumns ?? declared.columns;
    const detail = `The action is ${clauseText(view.clause)}, and a column of ${columns.join(', ')} is NOT NULL.`;
    const target = view.intended ?? clauseFor('CASCADE');
    const edits = target.onDelete === 'SET NULL' ? [] : keyEdits(view, target, writeAction);
    found.push(ormFinding('ORM_SET_NULL_ON_NOT_NULL', 'error', subject, detail, { ...at, edits }));
  }
  return found;
}

function driftFindings(
  { facts, sameAction }: Views,
  { place }: ModelKey,
  view: KeyView,
  writeAction: WriteAction,
): readonly OrmFinding[] {
  const { live, declaredClause, declared } = view;
  if (live === null) return [];
  const drift = (severity: Finding['severity'], said: string) => {
    const detail = `The model says ${said}, the database has ${clauseText(live)}.`;
    const edits = keyEdits(view, view.intended ?? live, writeAction);
    return [ormFinding('ORM_MODEL_DB_DRIFT', severity, viewText(view), detail, { place, view, edits })];
  };
  if (declaredClause !== null)
    return sameClause(declaredClause, live, live, sameAction)
      ? []
      : drift('error', clauseText(declaredClause));
  if (declared?.onDelete !== null || !facts.comparesActions || isUnsaid(view, live)) return [];
  return drift(facts.takesBack === 'nothing' ? 'warning' : 'error', 'nothing');
}

/** What could not be read is a finding, so that broken models cannot give a clean report. */
export function unreadFindings({ facts }: Views): readonly OrmFinding[] {
  return facts.errors.map(({ stage, message, place }) =>
    ormFinding('ORM_PARTIAL', 'error', stage, message, { place }),
  );
}
