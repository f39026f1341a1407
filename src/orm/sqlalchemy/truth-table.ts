/**
 * The truth table: what becomes of the children when SQLAlchemy deletes a parent, or when a statement does. Pure.
 * Measured on SQLAlchemy 1.4.46 and 2.0.52, on SQLite and PostgreSQL, which agree in every row; test/orm runs it again.
 */
import type { ReferentialAction } from '../../core/model.ts';
import type { DeleteOutcome, DeleteOutcomes } from '../adapter.ts';
import type { Relationship } from '../facts.ts';

/** What the table asks about a relationship that holds children, beside the action of its key. */
export interface Situation {
  readonly relationship: Pick<Relationship, 'cascade' | 'passiveDeletes' | 'viewOnly' | 'loading'>;
  /** Other relationships of the same parent over the same key. */
  readonly beside: readonly Pick<Relationship, 'cascade' | 'passiveDeletes' | 'viewOnly' | 'loading'>[];
  readonly action: ReferentialAction;
  /** A column of the key refuses NULL; one that the action itself would set to NULL does. */
  readonly refusesNull: boolean;
  readonly actionRefusesNull: boolean;
  /** The child's primary key holds a column of the key: SQLAlchemy never sets that to NULL. */
  readonly inPrimaryKey: boolean;
  /** SQLAlchemy 1.4: a delete does not load what lazy="raise" forbids to load. */
  readonly raises: boolean;
}

export const eagerLoading: ReadonlySet<string> = new Set(['joined', 'selectin', 'subquery', 'immediate']);

/** Collections that are never there as a whole, so that no delete finds them loaded. */
export const neverLoaded: ReadonlySet<string> = new Set(['dynamic', 'write_only', 'noload']);

type Given = Situation['relationship'];

export const cascadesDelete = ({ cascade }: Pick<Relationship, 'cascade'>): boolean =>
  cascade.includes('delete');

/** Whether SQLAlchemy deletes every child itself, loaded or not. */
export const deletesAll = (given: Given): boolean =>
  cascadesDelete(given) && given.passiveDeletes === false && !given.viewOnly && given.loading !== 'noload';

/** What `session.delete` does with children it has not loaded and with loaded ones, and what a bulk delete or plain SQL does. */
export function outcomesOf(situation: Situation): DeleteOutcomes {
  const bulk = databaseFate(situation);
  const { relationship, beside } = situation;
  if (relationship.viewOnly) return { unloaded: bulk, loaded: bulk, bulk };
  if (cascadesDelete(relationship) && relationship.passiveDeletes === 'all') return { ...refused, bulk };
  const others = beside.filter((other) => !other.viewOnly);
  if (others.some(deletesAll)) return { unloaded: 'deleted', loaded: 'deleted', bulk };
  return { unloaded: unloadedFate(situation, bulk), loaded: loadedFate(situation, bulk), bulk };
}

const refused = { unloaded: 'mapper-error', loaded: 'mapper-error' } as const;

function unloadedFate(situation: Situation, bulk: DeleteOutcome): DeleteOutcome {
  const { passiveDeletes, loading } = situation.relationship;
  if (loading === 'write_only' && passiveDeletes === false) return 'mapper-error';
  if (loading === 'raise' && situation.raises && deletesAll(situation.relationship)) return 'mapper-error';
  // a collection that is never loaded has no children as far as SQLAlchemy can see
  if (loading === 'noload' || passiveDeletes === 'all') return bulk;
  if (passiveDeletes && !eagerLoading.has(loading ?? '')) return bulk;
  return ownFate(situation);
}

function loadedFate(situation: Situation, bulk: DeleteOutcome): DeleteOutcome {
  const { passiveDeletes, loading } = situation.relationship;
  if (neverLoaded.has(loading ?? '')) return unloadedFate(situation, bulk);
  return passiveDeletes === 'all' ? bulk : ownFate(situation);
}

/** What SQLAlchemy does with the children that it knows of. */
function ownFate({ relationship, refusesNull, inPrimaryKey }: Situation): DeleteOutcome {
  if (cascadesDelete(relationship)) return 'deleted';
  if (inPrimaryKey) return 'primary-key-blanked';
  return refusesNull ? 'not-null-violation' : 'nulled';
}

/** What the database does alone, with each of the children. */
export function databaseFate({
  action,
  actionRefusesNull,
}: Pick<Situation, 'action' | 'actionRefusesNull'>): DeleteOutcome {
  if (action === 'CASCADE') return 'deleted';
  if (action === 'SET NULL') return actionRefusesNull ? 'not-null-violation' : 'nulled';
  return action === 'SET DEFAULT' ? 'defaulted' : 'foreign-key-violation';
}
