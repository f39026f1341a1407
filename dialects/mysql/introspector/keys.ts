/** Keys, merged from the rows of REFERENTIAL_CONSTRAINTS and KEY_COLUMN_USAGE, which may come in any order. */
import { OndeleteError } from '../../../src/core/errors.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { type ForeignKey, type ReferentialAction, referentialActions } from '../../../src/core/model.ts';
import type { Row } from '../connection/connect.ts';
import { originalName } from '../temporary-name.ts';
import { type KeyRows, tableIdOf, tableOf, textOf } from './queries.ts';

interface MergedKeys {
  readonly keys: readonly ForeignKey[];
  /** A schema of which one query showed a key, or a column of a key, that the other did not; null where they agree. */
  readonly incomplete: string | null;
}

/** Joins the rules with the columns. */
export function mergeKeys({ constraints, keyColumns }: KeyRows): MergedKeys {
  const columns = groupBy(keyColumns, keyId);
  const keys: ForeignKey[] = [];
  for (const row of constraints) {
    const parts = (columns.get(keyId(row)) ?? []).sort((a, b) => position(a) - position(b));
    columns.delete(keyId(row));
    if (parts.length === 0 || parts.some((part, at) => position(part) !== at + 1))
      return { keys: [], incomplete: tableOf(row).schema };
    keys.push(keyFrom(row, parts));
  }
  const [[unmatched] = []] = columns.values();
  return { keys, incomplete: unmatched === undefined ? null : tableOf(unmatched).schema };
}

/** Since MariaDB 12.1 a name is unique in its table only, so the table is part of what identifies a key. */
function keyId(row: Row): string {
  return `${tableIdOf(row)}\0${textOf(row, 'CONSTRAINT_NAME')}`;
}

function position(row: Row): number {
  return Number(row['ORDINAL_POSITION']);
}

/** Neither server knows deferrable, unvalidated, commented or partial keys (both: MATCH is read and ignored). */
function keyFrom(row: Row, parts: readonly Row[]): ForeignKey {
  const [first = {}] = parts;
  const constraint = textOf(row, 'CONSTRAINT_NAME');
  const joined = {
    columns: parts.map((part) => textOf(part, 'COLUMN_NAME')),
    parent: {
      schema: textOf(first, 'REFERENCED_TABLE_SCHEMA'),
      name: textOf(first, 'REFERENCED_TABLE_NAME'),
    },
    parentColumns: parts.map((part) => textOf(part, 'REFERENCED_COLUMN_NAME')),
  };
  const original = originalName(constraint, joined);
  const to = { onDelete: actionOf(textOf(row, 'DELETE_RULE')), onDeleteColumns: null };
  const index = row['UNIQUE_CONSTRAINT_NAME'] === null ? null : textOf(row, 'UNIQUE_CONSTRAINT_NAME');
  return {
    name: original === null ? constraint : original.name,
    child: tableOf(row),
    // one by one: fields behind a spread take 7 µs a key (measured)
    columns: joined.columns,
    parent: joined.parent,
    parentColumns: joined.parentColumns,
    parentColumnsImplied: false,
    onDelete: to.onDelete,
    onDeleteColumns: to.onDeleteColumns,
    onUpdate: actionOf(textOf(row, 'UPDATE_RULE')),
    match: 'SIMPLE',
    deferrability: 'NOT DEFERRABLE',
    validated: true,
    enforced: true,
    period: false,
    comment: null,
    referencedIndex: index,
    recreatedIndex: index,
    triggers: [],
    childPartitioned: false,
    parentPartitioned: false,
    halfDone: original === null ? null : { from: null, to, temporaryName: constraint, secondKeys: 0 },
  };
}

function actionOf(text: string): ReferentialAction {
  const action = referentialActions.find((one) => one === text);
  if (action === undefined)
    throw new OndeleteError('INTERNAL', `the server names an unknown referential action: ${text}`);
  return action;
}
