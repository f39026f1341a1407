/** What holds for the keys of every ORM: what the model declares beside what the database has. Pure. */
import type { Code } from '../core/codes/index.ts';
import { clauseText, type Finding, type Position } from '../core/model.ts';
import { sameClause } from '../policy/decide.ts';
import type { Declaration, Edit, DeleteOutcomes, LintInput, OrmFinding } from './adapter.ts';
import type { ModelKey, Place } from './facts.ts';
import { keyEdits } from './key-edits.ts';
import { liveText, saidFor, viewText, type KeyView, type Views } from './key-views.ts';

/** Puts a finding about models together. */
export function ormFinding(
  code: Code,
  severity: Finding['severity'],
  subject: string,
  detail: string,
  more: {
    readonly place: Place | null;
    readonly view?: KeyView;
    readonly outcomes?: DeleteOutcomes | null;
    readonly edits?: readonly Edit[];
  },
): OrmFinding {
  const { place, view, outcomes = null, edits = [] } = more;
  return {
    code,
    severity,
    subject,
    detail,
    position: positionOf(place),
    key: view === undefined ? null : viewText(view),
    live: view === undefined ? null : liveText(view),
    outcomes,
    edits,
  };
}

export function positionOf(place: Place | null): Position | null {
  return place === null ? null : { file: place.file, line: place.line, column: 1 };
}

/** Drift, missing keys, words that are no action, and SET NULL where it cannot work, for each declared key. */
export function keyFindings(input: LintInput, views: Views, declaration: Declaration): readonly OrmFinding[] {
  return input.facts.foreignKeys.flatMap((declared) => {
    if (!declared.constrained) return [];
    const view = views.keyView(declared);
    return view === null ? [] : ofKey(input, declared, view, declaration);
  });
}

function ofKey(
  input: LintInput,
  declared: ModelKey,
  view: KeyView,
  declaration: Declaration,
): readonly OrmFinding[] {
  const at = { place: declared.place, view };
  const subject = viewText(view);
  const found: OrmFinding[] = [];
  if (declared.onDelete !== null && view.declaredClause === null) {
    const detail = `The model says ${JSON.stringify(declared.onDelete)}.`;
    found.push(ormFinding('ORM_UNKNOWN_ACTION', 'error', subject, detail, at));
  }
  if (view.live === null) {
    const detail = `The model declares it${declared.onDelete === null ? '' : ` ON DELETE ${declared.onDelete}`}; the database has no key over these columns.`;
    found.push(ormFinding('ORM_KEY_NOT_IN_DATABASE', 'warning', subject, detail, at));
  }
  found.push(...drift(input, view, declaration, at, subject));
  if (view.clause.onDelete === 'SET NULL' && view.actionRefusesNull) {
    const detail = `${clauseText(view.clause)}, and a column of ${(view.clause.onDeleteColumns ?? declared.columns).join(', ')} is NOT NULL.`;
    const edits =
      saidFor(view)?.onDelete === 'SET NULL' ? [] : keyEdits(view, saidFor(view) ?? cascade, declaration);
    found.push(ormFinding('ORM_SET_NULL_ON_NOT_NULL', 'error', subject, detail, { ...at, edits }));
  }
  return found;
}

const cascade = { onDelete: 'CASCADE', onDeleteColumns: null } as const;

function drift(
  input: LintInput,
  view: KeyView,
  declaration: Declaration,
  at: { readonly place: Place | null; readonly view: KeyView },
  subject: string,
): readonly OrmFinding[] {
  const { live, declaredClause, declared } = view;
  if (live === null) return [];
  if (declaredClause === null) {
    const refuses = input.sameAction(live.onDelete, 'NO ACTION') || live.onDelete === 'RESTRICT';
    if (declared?.onDelete !== null || refuses || !input.facts.comparesActions) return [];
    const detail = `The model says nothing, the database ${clauseText(live)}.`;
    const edits = keyEdits(view, view.wanted ?? live, declaration);
    return [ormFinding('ORM_MODEL_DB_DRIFT', 'warning', subject, detail, { ...at, edits })];
  }
  if (sameClause(declaredClause, live, live, input.sameAction)) return [];
  const detail = `The model says ${clauseText(declaredClause)}, the database ${clauseText(live)}.`;
  const edits = keyEdits(view, saidFor(view) ?? declaredClause, declaration);
  return [ormFinding('ORM_MODEL_DB_DRIFT', 'error', subject, detail, { ...at, edits })];
}

/** What was not read is told, so that a clean report cannot be had by breaking the models. */
export function partial(input: LintInput): readonly OrmFinding[] {
  return input.facts.errors.map((error) => ({
    ...ormFinding('ORM_PARTIAL', 'error', error.stage, error.message, { place: error.place }),
    position: positionOf(error.place),
  }));
}
