/** The capability checks common to all engines; those of one engine are in its folder `checks`. Pure. */
import { type SchemaIndex, writtenColumns } from '../core/schema-index.ts';
import { keyText, tableText } from '../core/names.ts';
import type { DeleteClause, ForeignKey, Hazard, Index, ReferentialAction } from '../core/model.ts';
import { sameClause } from '../core/referential-actions.ts';

/**
 * Hazards of giving a key this clause, the same on every engine. A key that is not enforced writes nothing; its only hazard is a
 * generated column, for which the server refuses the clause itself (measured on PostgreSQL 18).
 */
export function checkOnEveryEngine(
  key: ForeignKey,
  to: DeleteClause,
  schema: SchemaIndex,
): readonly Hazard[] {
  return [...halfDoneHazards(key, to), ...writingHazards(key, to, schema), ...indexHazards(key, schema)];
}

function halfDoneHazards(key: ForeignKey, to: DeleteClause): readonly Hazard[] {
  const { halfDone } = key;
  const exactly = (a: ReferentialAction, b: ReferentialAction): boolean => a === b;
  // The current clause finishes the change too: while partitions get their second key, the root still has its old action.
  const finishes = [halfDone?.to, key].some((clause) => clause && sameClause(clause, to, key, exactly));
  if (halfDone === null || finishes) return [];
  const detail = `the unfinished change sets ${halfDone.to.onDelete}, the policy asks for ${to.onDelete}`;
  return [{ code: 'HALF_DONE_OTHER_WAY', subject: keyText(key), detail }];
}

function writingHazards(key: ForeignKey, to: DeleteClause, schema: SchemaIndex): readonly Hazard[] {
  if (to.onDelete !== 'SET NULL' && to.onDelete !== 'SET DEFAULT') return [];
  const subject = keyText(key);
  return writtenColumns(key, to, schema).flatMap(({ generated, identity, name, nullable }) => {
    if (generated !== null)
      return [{ code: 'SET_NULL_ON_GENERATED', subject, detail: `${name} is generated (${generated})` }];
    // SET DEFAULT writes the next number, which the server accepts (measured on PostgreSQL 12 to 18).
    if (!key.enforced || to.onDelete === 'SET DEFAULT') return [];
    if (identity === 'always')
      return [{ code: 'SET_NULL_ON_IDENTITY', subject, detail: `${name} is GENERATED ALWAYS AS IDENTITY` }];
    return nullable
      ? []
      : [{ code: 'SET_NULL_ON_NOT_NULL', subject, detail: `NULL is not allowed in ${name}` }];
  });
}

function indexHazards(key: ForeignKey, schema: SchemaIndex): readonly Hazard[] {
  const child = schema.table(key.child);
  if (!key.enforced || child === null || child.indexes.some((index) => serves(index, key.columns))) return [];
  const detail = `no index on ${tableText(key.child)} begins with ${key.columns.join(', ')}`;
  return [{ code: 'CHILD_INDEX_MISSING', subject: keyText(key), detail }];
}

/**
 * Whether an index finds the children of one parent: its first columns are the key's, in any order, and it holds every row whose
 * key is not NULL. A BRIN index points to blocks, not rows. Measured with EXPLAIN of the servers' own queries on PostgreSQL 12 to 18 (test/postgres/child-index.test.ts) and SQLite 3.40.
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

/** Whether the WHERE only says that columns of the key are not NULL, so that the index holds every row with a parent. */
function leavesOutNulls(predicate: string, columns: readonly string[]): boolean {
  const own = columns.map((column) => column.toLowerCase());
  return predicate.split(/\s+and\s+/i).every((part) => {
    const name = /^[(\s]*["`[]?([^()]+?)["`\]]?\)*\s+is\s+not\s+null[)\s]*$/i.exec(part)?.[1];
    return name !== undefined && own.includes(name.toLowerCase());
  });
}
