/** What speaks against a change on every engine; what holds on one engine only stands in its dialect. */
import { keyText, tableText, type Change, type Hazard, type Index, type Snapshot } from '../core/model.ts';
import { tableNamed, writtenColumns } from '../core/schema-index.ts';
import { sameClause } from '../policy/decide.ts';

/**
 * The hazards of a change that every engine shares. A key that is not enforced writes nothing, so nothing speaks against it
 * but a generated column, for which the server refuses the clause itself (measured on PostgreSQL 18).
 */
export function checkChange(change: Change, snapshot: Snapshot): readonly Hazard[] {
  return [...halfDoneHazards(change), ...writingHazards(change, snapshot), ...indexHazards(change, snapshot)];
}

function halfDoneHazards(change: Change): readonly Hazard[] {
  const { foreignKey } = change;
  const { halfDone } = foreignKey;
  if (halfDone === null || change.kind === 'finish') return [];
  // Twins stand on the partitions while the root's key still has its old action.
  if (sameClause(halfDone.to, change.to, foreignKey, (a, b) => a === b)) return [];
  const detail = `on its way to ${halfDone.to.onDelete}, while the policy asks for ${change.to.onDelete}`;
  return [{ code: 'HALF_DONE_OTHER_WAY', subject: keyText(change.foreignKey), detail }];
}

function writingHazards(change: Change, snapshot: Snapshot): readonly Hazard[] {
  const { foreignKey: key, to } = change;
  if (to.onDelete !== 'SET NULL' && to.onDelete !== 'SET DEFAULT') return [];
  const subject = keyText(key);
  return writtenColumns(key, to, snapshot).flatMap((column): readonly Hazard[] => {
    if (column.generated !== null) {
      return [
        {
          code: 'SET_NULL_ON_GENERATED',
          subject,
          detail: `${column.name} is generated (${column.generated})`,
        },
      ];
    }
    if (!key.enforced) return [];
    // SET DEFAULT gives it the next number, which the server takes (measured on PostgreSQL 12 to 18).
    if (to.onDelete === 'SET NULL' && column.identity === 'always') {
      return [
        { code: 'SET_NULL_ON_IDENTITY', subject, detail: `${column.name} is GENERATED ALWAYS AS IDENTITY` },
      ];
    }
    if (to.onDelete === 'SET NULL' && !column.nullable) {
      return [{ code: 'SET_NULL_ON_NOT_NULL', subject, detail: `${column.name} refuses NULL` }];
    }
    return [];
  });
}

function indexHazards(change: Change, snapshot: Snapshot): readonly Hazard[] {
  const { foreignKey: key } = change;
  const child = tableNamed(snapshot, key.child);
  if (!key.enforced || child === null || child.indexes.some((index) => serves(index, key.columns))) return [];
  const detail = `no index on ${tableText(key.child)} begins with ${key.columns.join(', ')}`;
  return [{ code: 'CHILD_INDEX_MISSING', subject: keyText(key), detail }];
}

/**
 * Whether an index finds the children of one parent: its first columns are the key's, in any order, and it is whole or leaves out
 * only rows whose key is NULL. A BRIN index names blocks, not rows. Measured with EXPLAIN of the
 * servers' own queries on PostgreSQL 12 to 18 (test/postgres/child-index.test.ts) and SQLite 3.40.
 */
function serves(index: Index, columns: readonly string[]): boolean {
  const first = index.columns.slice(0, columns.length);
  return (
    index.method !== 'brin' &&
    (index.predicate === null || leavesOutNulls(index.predicate, columns)) &&
    first.length === columns.length &&
    columns.every((column) => first.includes(column))
  );
}

/** Every row that a parent could have is in the index: its WHERE asks of the key's columns not to be NULL, and nothing else. */
function leavesOutNulls(predicate: string, columns: readonly string[]): boolean {
  const own = columns.map((column) => column.toLowerCase());
  return predicate.split(/\s+and\s+/i).every((part) => {
    const name = /^[(\s]*["`[]?([^()]+?)["`\]]?\)*\s+is\s+not\s+null[)\s]*$/i.exec(part)?.[1];
    return name !== undefined && own.includes(name.toLowerCase());
  });
}
