/** Keys out of the rows of REFERENTIAL_CONSTRAINTS and KEY_COLUMN_USAGE. */
import { OndeleteError } from '../../src/errors.ts';
import { referentialActions, type ForeignKey, type ReferentialAction } from '../../src/model.ts';
import type { Row } from './connect.ts';
import { originalName } from './temporary.ts';

/** A column of a row that is never null. */
export function rowText(row: Row, name: string): string {
  const value = row[name];
  if (typeof value === 'string') return value;
  // MySQL types some columns of information_schema as blobs.
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

function actionOf(text: string): ReferentialAction {
  const action = referentialActions.find((each) => each === text);
  if (action === undefined)
    throw new OndeleteError('INTERNAL', `the server names an unknown referential action: ${text}`);
  return action;
}

export interface Merged {
  readonly keys: readonly ForeignKey[];
  /** A schema of which one query showed a key, or a column of a key, that the other did not. */
  readonly incomplete: string | null;
}

/** Since MariaDB 12.1 a name is unique in its table only, so the table is part of what identifies a key. */
function idOf(row: Row): string {
  return `${rowText(row, 's')}\0${rowText(row, 't')}\0${rowText(row, 'n')}`;
}

/** Joins the rules with the columns. */
export function mergeKeys(constraints: readonly Row[], keyColumns: readonly Row[]): Merged {
  const columns = new Map<string, Row[]>();
  for (const row of keyColumns) {
    const id = idOf(row);
    const known = columns.get(id);
    if (known === undefined) columns.set(id, [row]);
    else known.push(row);
  }
  const keys: ForeignKey[] = [];
  for (const row of constraints) {
    const id = idOf(row);
    const parts = (columns.get(id) ?? []).sort((a, b) => Number(a['o']) - Number(b['o']));
    if (parts.length === 0 || parts.some((part, at) => Number(part['o']) !== at + 1)) {
      return { keys: [], incomplete: rowText(row, 's') };
    }
    columns.delete(id);
    keys.push(keyOf(row, parts));
  }
  const [left] = columns.values();
  return { keys, incomplete: left?.[0] === undefined ? null : rowText(left[0], 's') };
}

/** Neither server knows deferrable, unvalidated, commented or partial keys (both: MATCH is read and ignored). */
function keyOf(row: Row, parts: readonly Row[]): ForeignKey {
  const [first = row] = parts;
  const constraint = rowText(row, 'n');
  const joined = {
    columns: parts.map((part) => rowText(part, 'c')),
    parent: { schema: rowText(first, 'rs'), name: rowText(first, 'rt') },
    parentColumns: parts.map((part) => rowText(part, 'rc')),
  };
  const original = originalName(constraint, joined);
  const onDelete = actionOf(rowText(row, 'del'));
  const to = { onDelete, onDeleteColumns: null };
  const index = row['u'] === null ? null : rowText(row, 'u');
  return {
    name: original === null ? constraint : original.name,
    child: { schema: rowText(row, 's'), name: rowText(row, 't') },
    ...joined,
    parentColumnsImplied: false,
    ...to,
    onUpdate: actionOf(rowText(row, 'upd')),
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
    halfDone: original === null ? null : { from: null, to, temporaryName: constraint, twins: 0 },
  };
}
