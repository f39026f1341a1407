/**
 * The rules about SQLAlchemy's relationships over the keys as the database has them. Pure.
 * Each condition and what it does was measured (truth-table.ts); test/orm builds each and deletes for real.
 */
import type { Code } from '../../core/codes/index.ts';
import { clauseText, type Finding } from '../../core/model.ts';
import type { LintInput, OrmFinding } from '../adapter.ts';
import { relationshipText } from '../facts.ts';
import { cascadesDelete, deletesAll, eagerLoading, outcomesOf, neverLoaded } from './truth-table.ts';
import { grandchildren, inheritances, secondaries } from './keys.ts';
import { columnsText } from '../key-edits.ts';
import { keyFindings, ormFinding, partial } from '../key-rules.ts';
import { declaration, editsTowards, modelEdit, targetOf } from './edits.ts';
import { refuses, saidFor, viewsOf, type RelationshipView, type Views } from '../key-views.ts';

export function sqlalchemyFindings(input: LintInput): readonly OrmFinding[] {
  const views = viewsOf(input);
  return [
    ...partial(input),
    ...sqliteOff(input, views),
    ...keyFindings(input, views, declaration),
    ...views.relationships.flatMap((view) => ofRelationship(view)),
    ...secondaries(views),
    ...inheritances(input, views),
    ...grandchildren(input, views),
  ];
}

function ofRelationship(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  if (relationship.viewOnly) return viewOnly(view);
  switch (relationship.direction) {
    case 'one-to-many':
      return [...plainSide(view), ...cascadingSide(view), ...loadState(view), ...loading(view)];
    case 'many-to-one':
      return manyToOne(view);
    case 'many-to-many':
      return manyToMany(view);
  }
}

/** A finding about a relationship that holds children, with its row of the truth table and the way to a coherent state. */
function held(view: RelationshipView, code: Code, severity: Finding['severity'], detail: string): OrmFinding {
  const edits = editsTowards(view, targetOf(view));
  const outcomes = outcomesOf(situationOf(view));
  return ormFinding(code, severity, relationshipText(view.relationship), detail, {
    place: view.relationship.place,
    view,
    outcomes,
    edits,
  });
}

function situationOf(view: RelationshipView): Parameters<typeof outcomesOf>[0] {
  return { ...view, action: view.clause.onDelete };
}

/** No delete cascade: SQLAlchemy sets the key to NULL, unless it is told to stand back. */
function plainSide(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, clause, beside } = view;
  if (cascadesDelete(relationship) || standsBack(relationship) || beside.some(deletesAll)) return [];
  const columns = columnsText(view);
  if (clause.onDelete === 'CASCADE') {
    const instead = view.inPrimaryKey
      ? `sets ${columns} to NULL, which fails because it is part of the primary key`
      : view.refusesNull
        ? `sets ${columns} to NULL, which the column refuses`
        : `sets ${columns} to NULL, and the rows stay`;
    return [
      held(
        view,
        'ORM_NULLS_BEFORE_DB_CASCADE',
        'error',
        `SQLAlchemy ${instead}; the cascade never comes to it.`,
      ),
    ];
  }
  const stuck = view.refusesNull || view.inPrimaryKey;
  if (clause.onDelete === 'SET NULL') {
    const some =
      clause.onDeleteColumns !== null && clause.onDeleteColumns.length < view.reference.columns.length;
    if (!some) return [];
    const detail = `SQLAlchemy sets all of ${columns} to NULL, the database only ${clause.onDeleteColumns.join(', ')}.`;
    return [
      held(
        view,
        stuck ? 'ORM_DELETE_ALWAYS_FAILS' : 'ORM_ONLY_SET_NULL',
        stuck ? 'error' : 'warning',
        detail,
      ),
    ];
  }
  if (stuck) {
    const why = view.inPrimaryKey ? 'it is part of the primary key' : 'the column refuses it';
    return [
      held(view, 'ORM_DELETE_ALWAYS_FAILS', 'error', `SQLAlchemy would set ${columns} to NULL, and ${why}.`),
    ];
  }
  return [
    held(
      view,
      'ORM_ONLY_SET_NULL',
      'warning',
      `SQLAlchemy sets ${columns} to NULL, the database says ${clause.onDelete}.`,
    ),
  ];
}

/** SQLAlchemy leaves every child to the database: it is told to, or never sees one. */
function standsBack({ passiveDeletes, loading }: RelationshipView['relationship']): boolean {
  if (passiveDeletes === 'all' || loading === 'noload') return true;
  return passiveDeletes && neverLoaded.has(loading ?? '');
}

function cascadingSide(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, clause } = view;
  if (!cascadesDelete(relationship)) return [];
  const found: OrmFinding[] = [];
  const said = saidFor(view);
  if (said !== null && refuses(said.onDelete)) {
    const who = view.wanted === null ? 'the model' : 'the policy';
    found.push(
      held(
        view,
        'ORM_OVERRIDES_DB_GUARD',
        'warning',
        `The cascade deletes the children; ${who} says ${said.onDelete}.`,
      ),
    );
  } else if (clause.onDelete !== 'CASCADE') {
    const orphans = !refuses(clause.onDelete) && !standsBack(relationship);
    const detail = `SQLAlchemy deletes the children, the database says ${clauseText(clause)}.`;
    found.push(held(view, 'ORM_ONLY_CASCADE', orphans ? 'error' : 'warning', detail));
  }
  const each = deletesAll(relationship) && relationship.loading !== 'write_only';
  if (clause.onDelete === 'CASCADE' && each && relationship.deleteEvents.length === 0) {
    const forbidden = view.raises && relationship.loading === 'raise';
    const detail = forbidden
      ? 'SQLAlchemy 1.4 may not load them (lazy="raise"), so session.delete fails.'
      : 'The database would delete them in one statement.';
    found.push(held(view, 'ORM_DB_CASCADE_NOT_TRUSTED', forbidden ? 'warning' : 'info', detail));
  }
  if (!relationship.cascade.includes('delete-orphan') && view.refusesNull) {
    const detail = `${relationship.attribute}.remove(…) would set ${columnsText(view)} to NULL.`;
    found.push(held(view, 'ORM_DELETE_ORPHAN_MISSING', 'info', detail));
  }
  if (
    relationship.deleteEvents.length > 0 &&
    relationship.passiveDeletes !== false &&
    clause.onDelete === 'CASCADE'
  ) {
    const events = relationship.deleteEvents.join(' and ');
    const detail = `${relationship.target} has listeners for ${events}; they see only children that are loaded.`;
    found.push(held(view, 'ORM_EVENTS_SKIP_ON_DB_CASCADE', 'info', detail));
  }
  return found;
}

function loadState(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, clause } = view;
  if (relationship.passiveDeletes !== true || neverLoaded.has(relationship.loading ?? '')) return [];
  const expected = cascadesDelete(relationship) ? 'CASCADE' : 'SET NULL';
  const partly = expected === 'SET NULL' && clause.onDeleteColumns !== null;
  if (clause.onDelete === expected && !partly) return [];
  const loaded = cascadesDelete(relationship)
    ? 'deletes loaded children'
    : 'sets the key of loaded children to NULL';
  const detail = `SQLAlchemy ${loaded} and leaves the others to the database, which says ${clauseText(clause)}.`;
  return [held(view, 'ORM_LOAD_STATE_DEPENDENT_DELETE', 'error', detail)];
}

function loading(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, clause } = view;
  const how = relationship.loading ?? '';
  const found: OrmFinding[] = [];
  if (relationship.passiveDeletes === true && eagerLoading.has(how)) {
    found.push(held(view, 'ORM_EAGER_DEFEATS_PASSIVE_DELETES', 'info', `lazy="${how}" loads them.`));
  }
  if (how === 'noload' && cascadesDelete(relationship) && clause.onDelete !== 'CASCADE') {
    const detail = `lazy="noload" hides the children, and the database says ${clauseText(clause)}.`;
    found.push(held(view, 'ORM_NOLOAD_CASCADE', 'error', detail));
  }
  if (how === 'write_only' && relationship.passiveDeletes === false) {
    found.push(
      held(view, 'ORM_WRITE_ONLY_NEEDS_PASSIVE', 'error', 'lazy="write_only" cannot be loaded for a delete.'),
    );
  }
  return found;
}

function manyToOne(view: RelationshipView): readonly OrmFinding[] {
  const { relationship, reverse } = view;
  const name = relationshipText(relationship);
  const at = { place: relationship.place, view };
  const found: OrmFinding[] = [];
  const there = reverse === null ? `the collection of ${relationship.target}` : relationshipText(reverse);
  if (cascadesDelete(relationship) && !relationship.singleParent) {
    const detail = `Deleting one ${relationship.owner} deletes its ${relationship.target}. If deleting the ${relationship.target} was meant to delete these, the cascade belongs to ${there}.`;
    found.push(
      ormFinding('ORM_CASCADE_ON_MANY_TO_ONE', 'error', name, detail, {
        ...at,
        edits: modelEdit(relationship, {}, ['cascade']),
      }),
    );
  }
  if (relationship.passiveDeletes !== false) {
    const detail = `It belongs to ${there}.`;
    found.push(
      ormFinding('ORM_PASSIVE_DELETES_ON_MANY_TO_ONE', 'warning', name, detail, {
        ...at,
        edits: modelEdit(relationship, {}, ['passive_deletes']),
      }),
    );
  }
  return found;
}

/** Told once for the relationship, not for each of its two keys. */
function manyToMany(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  if (!cascadesDelete(relationship) || view.reference !== relationship.keys[0]) return [];
  const others = relationship.singleParent ? '' : ', also where another row is linked to it';
  const detail = `Deleting one ${relationship.owner} deletes every ${relationship.target} it is linked to${others}.`;
  return [
    ormFinding('ORM_CASCADE_THROUGH_SECONDARY', 'error', relationshipText(relationship), detail, {
      place: relationship.place,
      view,
      edits: modelEdit(relationship, {}, ['cascade']),
    }),
  ];
}

function viewOnly(view: RelationshipView): readonly OrmFinding[] {
  const { relationship } = view;
  const written = relationship.written['cascade'] ?? '';
  if (!/\b(delete|all)\b/.test(written) || view.reference !== relationship.keys[0]) return [];
  const detail = `It says cascade=${written} and viewonly=True.`;
  return [
    ormFinding('ORM_VIEWONLY_CASCADE', 'warning', relationshipText(relationship), detail, {
      place: relationship.place,
      view,
      edits: modelEdit(relationship, {}, ['cascade']),
    }),
  ];
}

function sqliteOff(input: LintInput, views: Views): readonly OrmFinding[] {
  if (input.snapshot.server.flavor !== 'sqlite' || input.facts.sqliteForeignKeys !== false) return [];
  const relying = views.relationships.filter(
    ({ relationship, clause }) => relationship.passiveDeletes !== false || !refuses(clause.onDelete),
  );
  const rely = `${relying.length} ${relying.length === 1 ? 'relationship relies' : 'relationships rely'}`;
  const detail = `${relying.length === 0 ? 'The keys rely' : rely} on the database, and a connection made after the models are imported has PRAGMA foreign_keys=OFF.`;
  const any = input.snapshot.foreignKeys.length > 0;
  return any
    ? [ormFinding('ORM_SQLITE_FOREIGN_KEYS_OFF', 'error', 'SQLite connections', detail, { place: null })]
    : [];
}
