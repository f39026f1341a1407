/**
 * What is said about the models of every ORM whose deletes are told by `application` of its keys: what the ORM does itself
 * beside what the database does. Pure. (SQLAlchemy's relationships need rules of their own.)
 */
import type { Code } from '../core/codes/index.ts';
import { clauseText, type DeleteClause, type Finding, type ReferentialAction } from '../core/model.ts';
import type { Declaration, Edit, DeleteOutcome, DeleteOutcomes, LintInput, OrmFinding } from './adapter.ts';
import type { ModelKey } from './facts.ts';
import { databaseFate } from './sqlalchemy/truth-table.ts';
import { keyEdits } from './key-edits.ts';
import { keyFindings, ormFinding, partial } from './key-rules.ts';
import { refuses, viewsOf, viewText, type KeyView } from './key-views.ts';

type Application = NonNullable<ModelKey['application']>;

interface Subject {
  readonly declared: ModelKey;
  readonly application: Application;
  readonly view: KeyView;
  /** What the database does; null where nothing is enforced. */
  readonly action: ReferentialAction | null;
}

/** Every finding about declared keys and about what the ORM does beside them. */
export function commonFindings(input: LintInput, declaration: Declaration): readonly OrmFinding[] {
  const views = viewsOf(input);
  return [
    ...partial(input),
    ...keyFindings(input, views, declaration),
    ...input.facts.foreignKeys.flatMap((declared) => {
      const view = views.keyView(declared);
      if (view === null) return [];
      const enforced = view.live !== null || declared.constrained;
      return [
        ...(enforced ? [] : [notConstrained(declared, view)]),
        ...(declared.application === null
          ? []
          : ofApplication(
              {
                declared,
                application: declared.application,
                view,
                action: enforced ? effectOf(view) : null,
              },
              declaration,
            )),
      ];
    }),
  ];
}

/** SET DEFAULT sets to NULL where the database knows no default, whatever the model's is. */
function effectOf({ clause, lacksDefault }: KeyView): ReferentialAction {
  return clause.onDelete === 'SET DEFAULT' && lacksDefault ? 'SET NULL' : clause.onDelete;
}

function notConstrained(declared: ModelKey, view: KeyView): OrmFinding {
  const { application, place } = declared;
  const own =
    application === null || application.onDelete === 'NOTHING'
      ? ''
      : ` The ORM itself does ${application.onDelete}.`;
  const detail = `The model asks for no key, and the database has none.${own}`;
  const outcomes = application === null ? null : outcomesOf({ declared, application, view, action: null });
  return ormFinding('ORM_KEY_NOT_CONSTRAINED', 'warning', viewText(view), detail, { place, view, outcomes });
}

type Told = readonly [code: Code, severity: Finding['severity'], detail: string];

function ofApplication(subject: Subject, declaration: Declaration): readonly OrmFinding[] {
  const told = toldOf(subject);
  if (told === null) return [];
  const [code, severity, detail] = told;
  const { declared, application, view } = subject;
  return [
    ormFinding(code, severity, application.by ?? viewText(view), detail, {
      place: application.place ?? declared.place,
      view,
      outcomes: outcomesOf(subject),
      edits: editsOf(subject, declaration),
    }),
  ];
}

/** Where the ORM and the database do one thing there is nothing to tell. */
function toldOf({ application, view, action }: Subject): Told | null {
  if (action === null) return null;
  const { onDelete, text, when } = application;
  const bare = view.clause.onDelete !== action ? ' and has no default' : '';
  const database = `the database says ${clauseText(view.clause)}${bare}.`;
  const them = when === 'loaded' ? 'the children that are loaded' : 'the children';
  switch (onDelete) {
    case 'CASCADE':
      if (view.wanted !== null && refuses(view.wanted.onDelete)) {
        const detail = `\`${text}\` deletes ${them}; the policy says ${view.wanted.onDelete}.`;
        return ['ORM_OVERRIDES_DB_GUARD', 'warning', detail];
      }
      if (action === 'CASCADE') return null;
      return [
        'ORM_ONLY_CASCADE',
        refuses(action) ? 'warning' : 'error',
        `\`${text}\` deletes ${them}, ${database}`,
      ];
    case 'SET NULL': {
      const detail = `\`${text}\` sets the key of ${them} to NULL, ${database}`;
      if (view.refusesNull && action !== 'SET NULL') return ['ORM_SET_NULL_ON_NOT_NULL', 'error', detail];
      if (action === 'SET NULL') return null;
      return action === 'CASCADE'
        ? ['ORM_NULLS_BEFORE_DB_CASCADE', 'error', detail]
        : ['ORM_ONLY_SET_NULL', 'warning', detail];
    }
    case 'SET DEFAULT':
    case 'SET VALUE': {
      if (action === 'SET DEFAULT') return null;
      const value = onDelete === 'SET DEFAULT' ? 'its default' : 'a value of the model’s own';
      const detail = `\`${text}\` sets the key of ${them} to ${value}, ${database}`;
      return ['ORM_ONLY_SET_DEFAULT', refuses(action) ? 'warning' : 'error', detail];
    }
    case 'RESTRICT':
      return refuses(action)
        ? null
        : ['ORM_GUARD_NOT_IN_DATABASE', 'error', `\`${text}\` refuses the delete, ${database}`];
    case 'NOTHING':
      return null;
  }
}

function outcomesOf({ application, view, action }: Subject): DeleteOutcomes {
  const bulk: DeleteOutcome =
    action === null ? 'dangling' : databaseFate({ action, actionRefusesNull: view.actionRefusesNull });
  const own = ownFate(application.onDelete, view, bulk);
  return { unloaded: application.when === 'loaded' ? bulk : own, loaded: own, bulk };
}

function ownFate(onDelete: Application['onDelete'], view: KeyView, bulk: DeleteOutcome): DeleteOutcome {
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

const clause = (onDelete: ReferentialAction): DeleteClause => ({ onDelete, onDeleteColumns: null });

function editsOf(subject: Subject, declaration: Declaration): readonly Edit[] {
  const { declared, application, view } = subject;
  const target = targetOf(subject);
  if (target === null) return [];
  const edits = keyEdits(view, target, declaration);
  if (doesTheSame(application.onDelete, target.onDelete)) return edits;
  const instead = `\`${application.text}\`: let it say ${clauseText(target)} instead, or nothing, as the database does`;
  return [
    ...edits,
    {
      kind: 'model',
      target: application.by ?? `${declared.child.name}(${declared.columns.join(', ')})`,
      place: application.place ?? declared.place,
      set: {},
      remove: [application.text],
      text: instead,
    },
  ];
}

/** What somebody has said: the policy, else the model in words that it was not given by default, else what the ORM does. */
function targetOf({ declared, application, view }: Subject): DeleteClause | null {
  if (view.wanted !== null) return view.wanted;
  if (view.declaredClause !== null && declared.onDeleteWritten) return view.declaredClause;
  switch (application.onDelete) {
    case 'SET NULL':
      return view.refusesNull ? null : clause('SET NULL');
    case 'RESTRICT':
      return clause('NO ACTION');
    case 'SET VALUE':
    case 'NOTHING':
      return null;
    default:
      return clause(application.onDelete);
  }
}

function doesTheSame(application: Application['onDelete'], action: ReferentialAction): boolean {
  return application === 'RESTRICT' ? refuses(action) : application === action;
}
