/** The capability checks common to all engines; those of one engine stand in its folder `checks`. Pure. */
import { type SchemaIndex, writtenColumns } from '../core/schema-index.ts';
import {
  keyText,
  tableText,
  type DeleteClause,
  type ForeignKey,
  type Hazard,
  type Index,
  type ReferentialAction,
} from '../core/model.ts';
import { sameClause } from '../policy/decide.ts';

/**
 * Hazards of giving a key this clause that every engine shares. A key that is not enforced writes nothing, so none is left but a
 * generated column, for which the server refuses the clause itself (measured on PostgreSQL 18).
 */
export function checkChange(key: ForeignKey, to: DeleteClause, schema: SchemaIndex): readonly Hazard[] {
  return [...halfDoneHazards(key, to), ...writingHazards(key, to, schema), ...indexHazards(key, schema)];
}

function halfDoneHazards(key: ForeignKey, to: DeleteClause): readonly Hazard[] {
  const { halfDone } = key;
  const exactly = (a: ReferentialAction, b: ReferentialAction): boolean => a === b;
  // Back to the clause that the key has is a way to finish: twins stand on the partitions while the root still has its old action.
  const finishes = [halfDone?.to, key].some((clause) => clause && sameClause(clause, to, key, exactly));
  if (halfDone === null || finishes) return [];
  const detail = `on its way to ${halfDone.to.onDelete}, while the policy asks for ${to.onDelete}`;
  return [{ code: 'HALF_DONE_OTHER_WAY', subject: keyText(key), detail }];
}

function writingHazards(key: ForeignKey, to: DeleteClause, schema: SchemaIndex): readonly Hazard[] {
  if (to.onDelete !== 'SET NULL' && to.onDelete !== 'SET DEFAULT') return [];
  const subject = keyText(key);
  return writtenColumns(key, to, schema).flatMap((column): readonly Hazard[] => {
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

function indexHazards(key: ForeignKey, schema: SchemaIndex): readonly Hazard[] {
  const child = schema.table(key.child);
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
