/** A model of a delete: what the SQL standard says happens to the rows, given the actions of the keys. Pure. */
import type { ScratchRow } from '../core/contracts/scratch.ts';
import { sameTable, tableId } from '../core/names.ts';
import type { DeleteClause, ForeignKey, Snapshot, TableName } from '../core/model.ts';
import { isActive, isRefusing } from '../core/referential-actions.ts';

export interface Outcome {
  readonly kind: 'deleted' | 'refused';
  /** The remaining rows; a column is missing where its value is the default. */
  readonly left: readonly ScratchRow[];
  /** A default was written: the delete may also be refused, because no parent has the default. */
  readonly defaults: boolean;
}

/**
 * @param deleteRows places of the rows to delete
 * @param clauseOf the expected clause of each key
 */
export function outcomeOf(
  rows: readonly ScratchRow[],
  deleteRows: readonly number[],
  snapshot: Snapshot,
  clauseOf: (key: ForeignKey) => DeleteClause,
): Outcome {
  const gone = new Set<number>();
  const cells = rows.map((row) => ({ ...row.cells }));
  const keys = snapshot.foreignKeys.filter((key) => isActive(key));
  /** Children behind keys that refuse. */
  const refusing: number[] = [];
  let defaults = false;
  const waiting = [...deleteRows];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const parent = rows[index];
    if (parent === undefined || gone.has(index)) continue;
    gone.add(index);
    for (const key of keys.filter((one) => sameTable(one.parent, parent.table))) {
      for (const [child, row] of rows.entries()) {
        if (gone.has(child) || !sameTable(row.table, key.child)) continue;
        if (!pointsTo(cells[child] ?? {}, key, parent.cells)) continue;
        const clause = clauseOf(key);
        if (clause.onDelete === 'CASCADE') waiting.push(child);
        else if (isRefusing(clause.onDelete)) refusing.push(child);
        else {
          const written = clause.onDeleteColumns ?? key.columns;
          const isDefault = clause.onDelete === 'SET DEFAULT';
          defaults ||= isDefault;
          cells[child] = Object.fromEntries(
            Object.entries(cells[child] ?? {}).flatMap(([column, n]) =>
              !written.includes(column) ? [[column, n]] : isDefault ? [] : [[column, null]],
            ),
          );
        }
      }
    }
  }
  if (refusing.some((child) => !gone.has(child))) return { kind: 'refused', left: rows, defaults };
  const left = rows.flatMap((row, index) =>
    gone.has(index) ? [] : [{ table: row.table, cells: cells[index] ?? {} }],
  );
  return { kind: 'deleted', left, defaults };
}

function pointsTo(
  child: Readonly<Record<string, number | null>>,
  key: ForeignKey,
  parent: Readonly<Record<string, number | null>>,
): boolean {
  return key.columns.every((column, index) => {
    const value = child[column] ?? null;
    return value !== null && value === parent[key.parentColumns[index] ?? ''];
  });
}

/** How many of the rows are in the table of `expected` and have all of its cells. */
export function countOf(rows: readonly ScratchRow[], expected: ScratchRow): number {
  return rows.filter(
    (row) =>
      sameTable(row.table, expected.table) &&
      Object.entries(expected.cells).every(([column, n]) => row.cells[column] === n),
  ).length;
}

/** The tables of the rows, each once. */
export function tablesOf(rows: readonly ScratchRow[]): readonly TableName[] {
  return [...new Map(rows.map((row) => [tableId(row.table), row.table])).values()];
}
