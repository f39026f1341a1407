/**
 * The truth table: what becomes of the children when SQLAlchemy deletes a parent, or when a statement does. Pure.
 * Measured on SQLAlchemy 1.4.46 and 2.0.52, on SQLite and PostgreSQL, which agree in every row; test/orm runs it again.
 */
import type { ReferentialAction } from '../../core/model.ts';
import type { DeleteOutcome, DeleteOutcomes } from '../finding.ts';
import type { Relationship } from '../facts.ts';
import { databaseOutcome, type KeyView, type RelationshipView } from '../lint/key-views.ts';

type Options = Pick<Relationship, 'cascade' | 'passiveDeletes' | 'viewOnly' | 'loading'>;

/** A relationship, and whether this SQLAlchemy (1.4) raises where lazy="raise" forbids to load. */
export interface SqlalchemyView extends RelationshipView {
  readonly raises: boolean;
}

/** A relationship that holds children, with the action of its key. */
interface Situation extends Pick<
  KeyView,
  'refusesNull' | 'actionRefusesNull' | 'inPrimaryKey' | 'isEnforced'
> {
  readonly relationship: Options;
  /** Other relationships of the same parent over the same key. */
  readonly beside: readonly Options[];
  readonly action: ReferentialAction;
  /** SQLAlchemy 1.4: a delete does not load what lazy="raise" forbids to load. */
  readonly raises: boolean;
}

export const eagerLoading: ReadonlySet<string> = new Set(['joined', 'selectin', 'subquery', 'immediate']);

/** Collections that are never there as a whole, so that no delete finds them loaded. */
export const neverLoaded: ReadonlySet<string> = new Set(['dynamic', 'write_only', 'noload']);

export const cascadesDelete = ({ cascade }: Pick<Relationship, 'cascade'>): boolean =>
  cascade.includes('delete');

/** Whether SQLAlchemy deletes every child itself, loaded or not. */
export const deletesAll = (options: Options): boolean =>
  cascadesDelete(options) &&
  options.passiveDeletes === false &&
  !options.viewOnly &&
  options.loading !== 'noload';

export function outcomesFor(view: SqlalchemyView): DeleteOutcomes {
  return outcomesOf({ ...view, action: view.clause.onDelete });
}

function outcomesOf(situation: Situation): DeleteOutcomes {
  const { relationship, beside, action } = situation;
  const bulk = databaseOutcome(action, situation);
  const both = (outcome: DeleteOutcome): DeleteOutcomes => ({ unloaded: outcome, loaded: outcome, bulk });
  if (relationship.viewOnly) return both(bulk);
  if (cascadesDelete(relationship) && relationship.passiveDeletes === 'all') return both('mapper-error');
  if (beside.some(deletesAll)) return both('deleted');
  const unloaded = unloadedOutcome(situation, bulk);
  return { unloaded, loaded: loadedOutcome(situation, bulk, unloaded), bulk };
}

function unloadedOutcome(situation: Situation, bulk: DeleteOutcome): DeleteOutcome {
  const { passiveDeletes, loading } = situation.relationship;
  if (loading === 'write_only' && passiveDeletes === false) return 'mapper-error';
  if (loading === 'raise' && situation.raises && deletesAll(situation.relationship)) return 'mapper-error';
  // a collection that is never loaded has no children as far as SQLAlchemy can see
  if (loading === 'noload' || passiveDeletes === 'all') return bulk;
  return passiveDeletes && !eagerLoading.has(loading ?? '') ? bulk : sqlalchemyOutcome(situation);
}

function loadedOutcome(situation: Situation, bulk: DeleteOutcome, unloaded: DeleteOutcome): DeleteOutcome {
  const { passiveDeletes, loading } = situation.relationship;
  if (neverLoaded.has(loading ?? '')) return unloaded;
  return passiveDeletes === 'all' ? bulk : sqlalchemyOutcome(situation);
}

/** What SQLAlchemy does with the children that it knows of. */
function sqlalchemyOutcome({ relationship, refusesNull, inPrimaryKey }: Situation): DeleteOutcome {
  if (cascadesDelete(relationship)) return 'deleted';
  if (inPrimaryKey) return 'primary-key-blanked';
  return refusesNull ? 'not-null-violation' : 'nulled';
}
