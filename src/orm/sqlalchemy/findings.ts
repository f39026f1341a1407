/**
 * The rules about SQLAlchemy's relationships over the keys as the database has them. Pure.
 * Each condition and what it does was measured (truth-table.ts); test/orm builds each and deletes for real.
 */
import type { Code } from '../../core/codes/index.ts';
import { clauseText } from '../../core/names.ts';
import type { Finding } from '../../core/model.ts';
import { isRefusing } from '../../core/referential-actions.ts';
import type { OrmFinding } from '../finding.ts';
import { commonFindings } from '../lint/common-findings.ts';
import { columnsText } from '../lint/key-edits.ts';
import { relationshipFinding } from '../lint/key-findings.ts';
import type { RelationshipView, Views } from '../lint/key-views.ts';
import { choicesFor } from './choices.ts';
import { editsTowards, endOf, isLeftToOrm, sqlalchemyAction } from './edits.ts';
import { listenersPassedBy } from './listeners.ts';
import { grandchildren, inheritances, linkTables } from './beyond-one-relationship.ts';
import { manyToMany, manyToOne, viewOnly } from './many-to-one-and-link-tables.ts';
import { withPragma } from './sqlite.ts';
import {
  cascadesDelete,
  deletesAll,
  eagerLoading,
  neverLoaded,
  outcomesFor,
  type SqlalchemyView,
} from './truth-table.ts';

export function sqlalchemyFindings(views: Views): readonly OrmFinding[] {
  const raises = views.facts.ormVersion?.startsWith('1.') ?? false;
  const relationships = views.relationships.map((view) => ({ ...view, raises }));
  return withPragma(views, relationships, [
    ...commonFindings(views, sqlalchemyAction),
    ...relationships.flatMap(relationshipFindings),
    ...linkTables(views),
    ...inheritances(views),
    ...listenersPassedBy(views),
    ...grandchildren(views),
  ]);
}

function relationshipFindings(view: SqlalchemyView): readonly OrmFinding[] {
  if (view.relationship.viewOnly) return viewOnly(view);
  if (cannotLoad(view)) return [cannotDelete(view)];
  switch (view.relationship.direction) {
    case 'one-to-many':
      if (view.live === null) return withoutKey(view);
      return [
        ...plainSide(view),
        ...cascadingSide(view),
        ...unseenDeletes(view),
        ...loadState(view),
        ...loadingStyle(view),
      ];
    case 'many-to-one':
      return manyToOne(view);
    case 'many-to-many':
      return manyToMany(view);
  }
}

/** A finding about a relationship that holds children, with its row of the truth table and the edits towards agreement. */
function holding(
  view: SqlalchemyView,
  code: Code,
  severity: Finding['severity'],
  detail: string,
): OrmFinding {
  const edits = editsTowards(view, endOf(view));
  const parts = { outcomes: outcomesFor(view), edits, choices: choicesFor(view) };
  return relationshipFinding(view, code, severity, detail, parts);
}

/** Every session.delete asks for the children, and a write-only collection cannot be loaded. */
const cannotLoad = ({ relationship: { direction, loading, passiveDeletes } }: SqlalchemyView): boolean =>
  direction === 'one-to-many' && loading === 'write_only' && passiveDeletes === false;

function cannotDelete(view: SqlalchemyView): OrmFinding {
  const detail = 'session.delete asks for the children, and a lazy="write_only" collection cannot be loaded.';
  return holding(view, 'ORM_WRITE_ONLY_NEEDS_PASSIVE', 'error', detail);
}

/** Whether the model declares a key that is yet to come is for the rules about keys to say. */
function withoutKey(view: SqlalchemyView): readonly OrmFinding[] {
  if (view.declared !== null) return [];
  const detail = `No foreign key stands behind it, neither in the model nor in the database.`;
  const outcomes = outcomesFor(view);
  return [relationshipFinding(view, 'ORM_KEY_NOT_CONSTRAINED', 'warning', detail, { outcomes })];
}

/** Loaded children meet SQLAlchemy, the others the database, which does something else: one fault, told by `loadState`. */
function dependsOnLoading({ relationship, clause }: SqlalchemyView): boolean {
  const loading = relationship.loading ?? '';
  const isMixed =
    relationship.passiveDeletes === true && !neverLoaded.has(loading) && !eagerLoading.has(loading);
  return isMixed && clauseText(clause) !== (cascadesDelete(relationship) ? 'CASCADE' : 'SET NULL');
}

/** Without a delete cascade SQLAlchemy sets the key to NULL, unless it leaves the children to the database. */
function plainSide(view: SqlalchemyView): readonly OrmFinding[] {
  const { relationship, clause, beside, reference } = view;
  if (cascadesDelete(relationship) || standsBack(relationship) || beside.some(deletesAll)) return [];
  if (dependsOnLoading(view)) return [];
  const columns = columnsText(view);
  const nulls = `SQLAlchemy sets ${columns} to NULL`;
  const failure = view.inPrimaryKey
    ? 'which fails because it is part of the primary key'
    : view.refusesNull
      ? 'which fails because the column is NOT NULL'
      : null;
  if (clause.onDelete === 'CASCADE') {
    const detail = `${nulls} first, ${failure ?? 'and the rows stay'}; the database’s cascade is never reached.`;
    return [holding(view, 'ORM_NULLS_BEFORE_DB_CASCADE', 'error', detail)];
  }
  const [code, severity] =
    failure === null
      ? (['ORM_ONLY_SET_NULL', 'warning'] as const)
      : (['ORM_DELETE_ALWAYS_FAILS', 'error'] as const);
  if (clause.onDelete !== 'SET NULL') {
    const rest = failure === null ? `; the database has ${clause.onDelete}` : `, ${failure}`;
    return [holding(view, code, severity, `${nulls}${rest}.`)];
  }
  const { onDeleteColumns } = clause;
  if (onDeleteColumns === null || onDeleteColumns.length === reference.columns.length) return [];
  const detail = `SQLAlchemy sets all of ${columns} to NULL, the database only ${onDeleteColumns.join(', ')}.`;
  return [holding(view, code, severity, detail)];
}

/** SQLAlchemy leaves every child to the database: its options say so, or it never sees one. */
function standsBack({ passiveDeletes, loading }: RelationshipView['relationship']): boolean {
  if (passiveDeletes === 'all' || loading === 'noload') return true;
  return passiveDeletes && neverLoaded.has(loading ?? '');
}

function cascadingSide(view: SqlalchemyView): readonly OrmFinding[] {
  const { relationship, clause, intended } = view;
  if (!cascadesDelete(relationship)) return [];
  const { deleteEvents, loading, target, attribute } = relationship;
  const found: OrmFinding[] = [];
  if (intended !== null && isRefusing(intended.onDelete) && !isLeftToOrm(view)) {
    const who = view.wanted === null ? 'the model declares' : 'the policy wants';
    const detail = `The cascade deletes the children; ${who} ${intended.onDelete}.`;
    found.push(holding(view, 'ORM_OVERRIDES_DB_GUARD', 'warning', detail));
  } else if (isKeptForListeners(view)) {
    const detail = `SQLAlchemy deletes each child, and ${deleteEvents.join(' and ')} of ${target} sees it; the database has ${clauseText(clause)}, so that a bulk delete fails instead of passing the listener by.`;
    found.push(holding(view, 'ORM_ONLY_CASCADE', 'info', detail));
  } else if (clause.onDelete !== 'CASCADE' && !dependsOnLoading(view)) {
    const leavesRows = !isRefusing(clause.onDelete) && !standsBack(relationship);
    const does = standsBack(relationship)
      ? 'SQLAlchemy never loads the children and leaves them to the database, whatever the cascade says'
      : 'SQLAlchemy deletes the children';
    const detail = `${does}; the database has ${clauseText(clause)}.`;
    found.push(holding(view, 'ORM_ONLY_CASCADE', leavesRows ? 'error' : 'warning', detail));
  }
  const isOneByOne = deletesAll(relationship) && deleteEvents.length === 0;
  const isForbidden = view.raises && loading === 'raise';
  if (clause.onDelete === 'CASCADE' && isOneByOne && (isForbidden || view.isEnforced)) {
    const detail = isForbidden
      ? 'SQLAlchemy 1.4 may not load them (lazy="raise"), so session.delete fails.'
      : 'The database would delete them in one statement.';
    found.push(holding(view, 'ORM_DB_CASCADE_NOT_TRUSTED', isForbidden ? 'warning' : 'info', detail));
  }
  if (!relationship.cascade.includes('delete-orphan') && view.refusesNull) {
    const detail = `${attribute}.remove(…) would set ${columnsText(view)} to NULL.`;
    found.push(holding(view, 'ORM_DELETE_ORPHAN_MISSING', 'info', detail));
  }
  return found;
}

/** Listeners see every delete there is: SQLAlchemy deletes each child, and the key refuses the rest. */
function isKeptForListeners(view: SqlalchemyView): boolean {
  const { relationship, clause, intended } = view;
  const isOpen = view.isEnforced && (intended === null || isLeftToOrm(view));
  return (
    isOpen && relationship.deleteEvents.length > 0 && deletesAll(relationship) && isRefusing(clause.onDelete)
  );
}

/** The database deletes children that listeners ought to see. */
function unseenDeletes(view: SqlalchemyView): readonly OrmFinding[] {
  const { relationship, clause, wanted } = view;
  const { deleteEvents, target } = relationship;
  if (!view.isEnforced || deleteEvents.length === 0 || clause.onDelete !== 'CASCADE') return [];
  const session = deletesAll(relationship)
    ? ''
    : standsBack(relationship)
      ? ' session.delete does not call them either.'
      : ' session.delete calls them for loaded children only.';
  const detail = `${target} has listeners for ${deleteEvents.join(' and ')}; bulk deletes and plain SQL delete children without calling them.${session}`;
  // who writes CASCADE into the policy has decided
  const severity = wanted?.onDelete === 'CASCADE' ? 'info' : 'warning';
  return [holding(view, 'ORM_EVENTS_SKIP_ON_DB_CASCADE', severity, detail)];
}

function loadState(view: SqlalchemyView): readonly OrmFinding[] {
  const { relationship, clause } = view;
  if (!dependsOnLoading(view)) return [];
  const does = cascadesDelete(relationship)
    ? 'deletes loaded children'
    : 'sets the key of loaded children to NULL';
  const detail = `SQLAlchemy ${does} and leaves the others to the database, which has ${clauseText(clause)}.`;
  return [holding(view, 'ORM_LOAD_STATE_DEPENDENT_DELETE', 'error', detail)];
}

function loadingStyle(view: SqlalchemyView): readonly OrmFinding[] {
  const { relationship, clause } = view;
  const { passiveDeletes } = relationship;
  const loading = relationship.loading ?? '';
  const found: OrmFinding[] = [];
  if (passiveDeletes === true && eagerLoading.has(loading)) {
    const detail = `lazy="${loading}" loads the children with their parent.`;
    found.push(holding(view, 'ORM_EAGER_DEFEATS_PASSIVE_DELETES', 'info', detail));
  }
  if (loading === 'noload' && cascadesDelete(relationship) && clause.onDelete !== 'CASCADE') {
    const detail = `lazy="noload" hides the children, and the database has ${clauseText(clause)}.`;
    found.push(holding(view, 'ORM_NOLOAD_CASCADE', 'error', detail));
  }
  return found;
}
