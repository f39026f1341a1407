// How a server confirms each reason for which a change is refused: forced all the same, the change is refused by the server,
// or does what the catalogue foretells. A code without an entry fails the test that meets it.
import type { Code } from '../../src/core/codes/index.ts';
import type { Change, Hazard } from '../../src/core/model.ts';
import type { Forced, Live } from './live.ts';

/** `unseen`: the rows of this case cannot show it. */
export type Verdict = 'confirmed' | 'unseen' | { readonly contradicted: string };

type Confirm = (live: Live, change: Change) => Promise<Verdict>;

const told = ({ refused, deleting }: Forced): string =>
  `the statement: ${refused ?? 'taken'}; a delete: ${deleting === undefined ? 'not tried' : (deleting ?? 'passed')}`;

/** The server refuses the clause, or takes it and fails every delete of a parent with children. */
const deletesFail: Confirm = async (live, change) => {
  const forced = await live.force(change.foreignKey, change.to);
  if (forced.refused !== null || typeof forced.deleting === 'string') return 'confirmed';
  return forced.deleting === undefined ? 'unseen' : { contradicted: told(forced) };
};

const statementFails: Confirm = async (live, change) => {
  const forced = await live.force(change.foreignKey, change.to);
  return forced.refused === null ? { contradicted: told(forced) } : 'confirmed';
};

/** One of the two directions cannot be had. */
const eitherWayFails: Confirm = async (live, change) => {
  const there = await statementFails(live, change);
  return there === 'confirmed' ? there : statementFails(live, { ...change, to: change.from });
};

/** Dropped and added again, the key is another one. */
const attributeLost: Confirm = async (live, change) => {
  const forced = await live.force(change.foreignKey, change.to);
  if (forced.refused !== null) return 'confirmed';
  const { referencedIndex, triggers } = change.foreignKey;
  const same =
    forced.key?.referencedIndex === referencedIndex &&
    JSON.stringify(forced.key.triggers) === JSON.stringify(triggers);
  return same ? { contradicted: `nothing was lost: ${told(forced)}` } : 'confirmed';
};

const confirmations: Partial<Readonly<Record<Code, Confirm>>> = {
  SET_NULL_ON_NOT_NULL: deletesFail,
  SET_NULL_ON_IDENTITY: deletesFail,
  SET_NULL_ON_GENERATED: deletesFail,
  SET_NULL_ON_CHECK: deletesFail,
  SET_NULL_SUBSET_MATCH_FULL: deletesFail,
  SET_DEFAULT_WITHOUT_DEFAULT: deletesFail,
  SET_DEFAULT_UNSUPPORTED: deletesFail,
  RULE_INSTEAD: deletesFail,
  COLUMN_LIST_UNSUPPORTED: statementFails,
  PARENT_NOT_UNIQUE: statementFails,
  PARENT_MISSING: statementFails,
  STORED_BASE_COLUMN: eitherWayFails,
  REFERENCED_INDEX_MOVES: attributeLost,
  NOT_AVAILABLE_HERE: attributeLost,
};

export async function confirm(live: Live, change: Change, hazard: Hazard): Promise<Verdict> {
  const way = confirmations[hazard.code as Code];
  return way === undefined
    ? { contradicted: 'refusals.ts does not say how a server confirms this code' }
    : way(live, change);
}
