/** The capability checks common to all engines; those of one engine are in its folder `checks`. Pure. */
import { type SchemaIndex, writtenColumns } from '../core/schema-index.ts';
import { clauseText, keyText, tableText } from '../core/names.ts';
import type { DeleteClause, ForeignKey, HalfDone, Hazard, Index, ReferentialAction } from '../core/model.ts';
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
  return [
    ...halfDoneHazards(key, to),
    ...writingHazards(key, to, schema),
    ...indexHazards(key, schema),
    ...softDeleteHazards(key, to, schema),
  ];
}

/** Whether a change of the key was begun that leads to something else. */
export function goesOtherWay(key: ForeignKey, to: DeleteClause): boolean {
  const exactly = (a: ReferentialAction, b: ReferentialAction): boolean => a === b;
  // The current clause finishes the change too: while partitions get their second key, the root still has its old action.
  const finishes = [key.halfDone?.to, key].some((clause) => clause && sameClause(clause, to, key, exactly));
  return key.halfDone !== null && !finishes;
}

function halfDoneHazards(key: ForeignKey, to: DeleteClause): readonly Hazard[] {
  if (key.halfDone === null || !goesOtherWay(key, to)) return [];
  const detail = `${unfinished(key.halfDone)}; the policy asks for ${clauseText(to)}`;
  return [{ code: 'HALF_DONE_OTHER_WAY', subject: keyText(key), detail }];
}

/** What was begun, and where it stands. */
export function unfinished({ from, secondKeys, temporaryName, to }: HalfDone): string {
  const before = from === null ? 'another action' : clauseText(from);
  const twins = secondKeys === 0 ? '' : `; ${secondKeys} partitions already have their second key`;
  const name = temporaryName === null ? '' : `; its temporary name is ${temporaryName}`;
  return `the change from ${before} to ${clauseText(to)} is not finished${twins}${name}`;
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

/** Columns that mark a row as deleted; compared without case and underscores. */
const softNames = new Set([
  'deleted',
  'isdeleted',
  'deletedat',
  'deletedon',
  'deleteddate',
  'datedeleted',
  'deletedby',
  'removedat',
  'archivedat',
  'discardedat',
]);

function softDeleteHazards(key: ForeignKey, to: DeleteClause, schema: SchemaIndex): readonly Hazard[] {
  if (to.onDelete !== 'CASCADE' || !key.enforced) return [];
  const column = schema
    .table(key.child)
    ?.columns.find(({ name }) => softNames.has(name.toLowerCase().replaceAll('_', '')));
  if (column === undefined) return [];
  const detail = `CASCADE deletes the rows of ${tableText(key.child)} for good instead of setting ${column.name}`;
  return [{ code: 'CASCADE_INTO_SOFT_DELETE', subject: keyText(key), detail }];
}
