/** Keys out of the rows of REFERENTIAL_CONSTRAINTS and KEY_COLUMN_USAGE. */
import { OndeleteError } from '../../../src/core/errors.ts';
import { referentialActions, type ForeignKey, type ReferentialAction } from '../../../src/core/model.ts';
import type { Cells, Row } from '../connection/connect.ts';
import type { KeyRows } from './queries.ts';
import { originalName } from '../emitter/temporary-name.ts';

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

const actions: ReadonlyMap<string, ReferentialAction> = new Map(
  referentialActions.map((action) => [action, action]),
);

function actionOf(text: string): ReferentialAction {
  const action = actions.get(text);
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

/** The columns of keys by the key's name, a text that is there already; those of one name are told apart by schema and table. */
function partsByName(rows: readonly Cells[]): ReadonlyMap<string, Cells[][]> {
  const keys = new Map<string, Cells[][]>();
  for (const row of rows) {
    const namesakes = keys.get(cellText(row[2]));
    const own = namesakes?.find(([first = []]) => isOfOneTable(first, row));
    if (own !== undefined) own.push(row);
    else if (namesakes !== undefined) namesakes.push([row]);
    else keys.set(cellText(row[2]), [[row]]);
  }
  return keys;
}

function isOfOneTable(a: Cells, b: Cells): boolean {
  return cellText(a[1]) === cellText(b[1]) && cellText(a[0]) === cellText(b[0]);
}

/** Joins the rules with the columns. */
export function mergeKeys({ constraints, keyColumns }: KeyRows): Merged {
  const columns = partsByName(keyColumns);
  let left = keyColumns.length;
  const keys: ForeignKey[] = [];
  for (const row of constraints) {
    const parts = columns.get(cellText(row[2]))?.find(([first = []]) => isOfOneTable(first, row)) ?? [];
    if (parts.length > 1) parts.sort((a, b) => position(a) - position(b));
    if (parts.length === 0 || parts.some((part, at) => position(part) !== at + 1)) {
      return { keys: [], incomplete: cellText(row[0]) };
    }
    left -= parts.length;
    keys.push(keyOf(row, parts));
  }
  if (left === 0) return { keys, incomplete: null };
  const known = new Set(constraints.map(idOf));
  const lost = keyColumns.find((row) => !known.has(idOf(row))) ?? [];
  return { keys, incomplete: cellText(lost[0]) };
}
const none: readonly [] = [];

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
    triggers: none,
    childPartitioned: false,
    parentPartitioned: false,
    halfDone: original === null ? null : { from: null, to, temporaryName: constraint, twins: 0 },
  };
}
