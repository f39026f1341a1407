/** Keys out of the rows of REFERENTIAL_CONSTRAINTS and KEY_COLUMN_USAGE. */
import { OndeleteError } from '../../src/errors.ts';
import { referentialActions, type ForeignKey, type ReferentialAction } from '../../src/model.ts';
import type { Cells, Row } from './connect.ts';
import type { KeyRows } from './catalog.ts';
import { originalName } from './temporary.ts';

/** A value that is never null. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  // MySQL types some columns of information_schema as blobs.
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
}

/** A column of a row that is never null. */
export function rowText(row: Row, name: string): string {
  return cellText(row[name]);
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
function idOf([schema, table, name]: Cells): string {
  return `${cellText(schema)}\0${cellText(table)}\0${cellText(name)}`;
}

const position = (row: Cells): number => Number(row[3]);

/** Joins the rules with the columns. */
export function mergeKeys({ constraints, keyColumns }: KeyRows): Merged {
  const columns = new Map<string, Cells[]>();
  for (const row of keyColumns) {
    const id = idOf(row);
    const known = columns.get(id);
    if (known === undefined) columns.set(id, [row]);
    else known.push(row);
  }
  const keys: ForeignKey[] = [];
  for (const row of constraints) {
    const id = idOf(row);
    const parts = columns.get(id) ?? [];
    if (parts.length > 1) parts.sort((a, b) => position(a) - position(b));
    if (parts.length === 0 || parts.some((part, at) => position(part) !== at + 1)) {
      return { keys: [], incomplete: cellText(row[0]) };
    }
    columns.delete(id);
    keys.push(keyOf(row, parts));
  }
  const [left] = columns.values();
  return { keys, incomplete: left?.[0] === undefined ? null : cellText(left[0][0]) };
}

/** Neither server knows deferrable, unvalidated, commented or partial keys (both: MATCH is read and ignored). */
function keyOf(
  [schema, table, name, uniqueIndex, onUpdate, rule]: Cells,
  parts: readonly Cells[],
): ForeignKey {
  const constraint = cellText(name);
  const joined = {
    columns: parts.map((part) => cellText(part[4])),
    parent: { schema: cellText(parts[0]?.[5]), name: cellText(parts[0]?.[6]) },
    parentColumns: parts.map((part) => cellText(part[7])),
  };
  const original = originalName(constraint, joined);
  const onDelete = actionOf(cellText(rule));
  const to = { onDelete, onDeleteColumns: null };
  const index = uniqueIndex === null ? null : cellText(uniqueIndex);
  return {
    name: original === null ? constraint : original.name,
    child: { schema: cellText(schema), name: cellText(table) },
    ...joined,
    parentColumnsImplied: false,
    ...to,
    onUpdate: actionOf(cellText(onUpdate)),
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
