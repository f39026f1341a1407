/**
 * The rules that hold for every ORM: what a model declares, and what the ORM itself does on a delete (`application` of the key)
 * beside what the database does. Pure. SQLAlchemy's relationships have rules of their own.
 */
import type { Code } from '../../core/codes/index.ts';
import { clauseText } from '../../core/names.ts';
import type { DeleteClause, Finding, ReferentialAction } from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import type { DeleteOutcome, DeleteOutcomes, Edit, OrmFinding } from '../finding.ts';
import type { WriteAction } from '../adapter.ts';
import { keyTarget, type ModelKey } from '../facts.ts';
import { keyEdits } from './key-edits.ts';
import { keyFindings, ormFinding, unreadFindings } from './key-findings.ts';
import { databaseOutcome, type KeyView, type Views, viewText } from './key-views.ts';
import { clauseFor } from './match-keys.ts';

type Application = NonNullable<ModelKey['application']>;

interface OrmDelete {
  readonly declared: ModelKey;
  readonly application: Application;
  readonly view: KeyView;
  /** What the database does; null where nothing is enforced. */
  readonly action: ReferentialAction | null;
}

/** How models write what happens on a delete. */
interface ModelWords {
  /** As the action of the key. */
  readonly action: WriteAction;
  /** As what the ORM itself does; where it has no word of that kind, a choice is left to the reader. */
  readonly delete: WriteAction;
}

export function commonFindings(
  views: Views,
  writeAction: WriteAction,
  writeDelete: WriteAction = () => null,
): readonly OrmFinding[] {
  const words = { action: writeAction, delete: writeDelete };
  return [
    ...unreadFindings(views),
    ...views.keys.flatMap(({ declared, view }) => {
      const isThere = view.live !== null;
      const { application } = declared;
      const action = isThere ? effectiveAction(view) : null;
      const ormDelete = application === null ? null : { declared, application, view, action };
      return [
        ...keyFindings(views, declared, view, writeAction, ormDelete === null ? null : outcomesOf(ormDelete)),
        ...(isThere || declared.constrained ? [] : [notConstrained(declared, view, ormDelete)]),
        ...(ormDelete === null ? [] : deleteFindings(ormDelete, words)),
      ];
    }),
  ];
}

/** SET DEFAULT sets to NULL where the column has no default in the database, whatever the model's is. */
function effectiveAction({ clause, lacksDefault }: KeyView): ReferentialAction {
  return clause.onDelete === 'SET DEFAULT' && lacksDefault ? 'SET NULL' : clause.onDelete;
}

function notConstrained({ place }: ModelKey, view: KeyView, ormDelete: OrmDelete | null): OrmFinding {
  const action = ormDelete?.application.onDelete ?? 'NOTHING';
  const own = action === 'NOTHING' ? '' : ` The ORM itself does ${action}.`;
  const detail = `The model asks for no key, and the database has none.${own}`;
  const outcomes = ormDelete === null ? null : outcomesOf(ormDelete);
  return ormFinding('ORM_KEY_NOT_CONSTRAINED', 'warning', viewText(view), detail, { place, view, outcomes });
}

function deleteFindings(ormDelete: OrmDelete, words: ModelWords): readonly OrmFinding[] {
  const { declared, application, view } = ormDelete;
  const disagreement = disagreementOf(ormDelete);
  if (disagreement === null) return [];
  const [code, severity, detail] = disagreement;
  return [
    ormFinding(code, severity, application.by ?? viewText(view), detail, {
      place: application.place ?? declared.place,
      view,
      outcomes: outcomesOf(ormDelete),
      edits: editsOf(ormDelete, words),
    }),
  ];
}

/** Null where the ORM and the database do the same. */
function disagreementOf({
  application: { onDelete, text, when },
  view,
  action,
}: OrmDelete): readonly [code: Code, severity: Finding['severity'], detail: string] | null {
  if (action === null) return null;
  const severity = isRefusing(action) ? 'warning' : 'error';
  const children = when === 'loaded' ? 'the children that are loaded' : 'the children';
  const withoutDefault = view.clause.onDelete === action ? '' : ' and the column no default';
  const detail = (what: string): string =>
    `\`${text}\` ${what}; the database has ${clauseText(view.clause)}${withoutDefault}.`;
  switch (onDelete) {
    case 'CASCADE':
      if (view.wanted !== null && isRefusing(view.wanted.onDelete)) {
        const guarded = `\`${text}\` deletes ${children}; the policy wants ${view.wanted.onDelete}.`;
        return ['ORM_OVERRIDES_DB_GUARD', 'warning', guarded];
      }
      return action === 'CASCADE' ? null : ['ORM_ONLY_CASCADE', severity, detail(`deletes ${children}`)];
    case 'SET NULL': {
      if (action === 'SET NULL') return null;
      const nulls = detail(`sets the key of ${children} to NULL`);
      if (view.refusesNull) return ['ORM_SET_NULL_ON_NOT_NULL', 'error', nulls];
      return action === 'CASCADE'
        ? ['ORM_NULLS_BEFORE_DB_CASCADE', 'error', nulls]
        : ['ORM_ONLY_SET_NULL', 'warning', nulls];
    }
    case 'SET DEFAULT':
    case 'SET VALUE': {
      const value = onDelete === 'SET DEFAULT' ? 'its default' : 'a value that the model defines';
      const sets = detail(`sets the key of ${children} to ${value}`);
      return action === 'SET DEFAULT' ? null : ['ORM_ONLY_SET_DEFAULT', severity, sets];
    }
    case 'RESTRICT':
      return isRefusing(action) ? null : ['ORM_GUARD_NOT_IN_DATABASE', 'error', detail('refuses the delete')];
    case 'NOTHING':
      return null;
  }
}

function outcomesOf({ application, view, action }: OrmDelete): DeleteOutcomes {
  const bulk = action === null ? 'dangling' : databaseOutcome(action, view);
  const loaded = ormOutcome(application.onDelete, view, bulk);
  return { unloaded: application.when === 'loaded' ? bulk : loaded, loaded, bulk };
}

function ormOutcome(onDelete: Application['onDelete'], view: KeyView, bulk: DeleteOutcome): DeleteOutcome {
  switch (onDelete) {
    case 'CASCADE':
      return 'deleted';
    case 'SET NULL':
      return view.refusesNull ? 'not-null-violation' : 'nulled';
    case 'SET DEFAULT':
    case 'SET VALUE':
      return 'defaulted';
    case 'RESTRICT':
      return 'refused-by-orm';
    case 'NOTHING':
      return bulk;
  }
}

function editsOf(ormDelete: OrmDelete, words: ModelWords): readonly Edit[] {
  const { declared, application, view } = ormDelete;
  const clause = clauseToReach(ormDelete);
  if (clause === null) return [];
  const edits = keyEdits(view, clause, words.action);
  const isSame =
    application.onDelete === 'RESTRICT'
      ? isRefusing(clause.onDelete)
      : application.onDelete === clause.onDelete;
  if (isSame) return edits;
  const written = application.by === null ? words.delete(declared, clause) : null;
  const place = application.place ?? declared.place;
  const own = { kind: 'model', at: application.by === null ? 'key' : 'relationship', place } as const;
  const subject = application.by ?? keyTarget(declared);
  const text = `replace \`${application.text}\` with ${clauseText(clause)}, or remove it and leave the delete to the database`;
  return [
    ...edits,
    written === null
      ? { ...own, target: subject, set: {}, remove: [application.text], text }
      : { ...own, target: subject, remove: [], ...written },
  ];
}

/** What the policy wants, else what somebody wrote in the model, else what the ORM does. */
function clauseToReach({ declared, application, view }: OrmDelete): DeleteClause | null {
  if (view.wanted !== null) return view.wanted;
  if (view.declaredClause !== null && declared.onDeleteWritten) return view.declaredClause;
  switch (application.onDelete) {
    case 'SET NULL':
      return view.refusesNull ? null : clauseFor('SET NULL');
    case 'RESTRICT':
      return clauseFor('NO ACTION');
    case 'SET VALUE':
    case 'NOTHING':
      return null;
    default:
      return clauseFor(application.onDelete);
  }
}
