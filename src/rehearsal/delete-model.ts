/** What a delete does to rows, as the SQL standard promises it for the actions of their keys. Pure. */
import type { ScratchRow } from '../core/contracts/scratch.ts';
import {
  sameTable,
  tableId,
  type DeleteClause,
  type ForeignKey,
  type Snapshot,
  type TableName,
} from '../core/model.ts';
import { isActive, isRefusing } from '../core/referential-actions.ts';

export interface Outcome {
  readonly kind: 'deleted' | 'refused';
  /** The rows that are left; a column is missing where its value is the column's default. */
  readonly left: readonly ScratchRow[];
  /** A default was written: the delete may as well be refused, where no parent bears the default. */
  readonly defaults: boolean;
}

/**
 * @param remove places of the rows that are deleted
 * @param clauseOf what each key does on a delete, as promised
 */
export function outcomeOf(
  rows: readonly ScratchRow[],
  remove: readonly number[],
  snapshot: Snapshot,
  clauseOf: (key: ForeignKey) => DeleteClause,
): Outcome {
  const gone = new Set<number>();
  const cells = rows.map((row) => ({ ...row.cells }));
  const keys = snapshot.foreignKeys.filter((key) => isActive(key));
  const refusing: (readonly [row: number, key: ForeignKey])[] = [];
  let defaults = false;
  const waiting = [...remove];
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
        else if (isRefusing(clause.onDelete)) refusing.push([child, key]);
        else {
          const written = clause.onDeleteColumns ?? key.columns;
          const isDefault = clause.onDelete === 'SET DEFAULT';
          defaults ||= isDefault;
          const before = cells[child] ?? {};
          cells[child] = Object.fromEntries(
            Object.entries(before).flatMap(([column, n]) =>
              !written.includes(column) ? [[column, n]] : isDefault ? [] : [[column, null]],
            ),
          );
        }
      }
    }
  }
  const refused = refusing.some(([child]) => !gone.has(child));
  if (refused) return { kind: 'refused', left: rows, defaults };
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

/** How many of the rows stand in the table of `look` and have all of its cells. */
export function countOf(rows: readonly ScratchRow[], look: ScratchRow): number {
  return rows.filter(
    (row) =>
      sameTable(row.table, look.table) &&
      Object.entries(look.cells).every(([column, n]) => row.cells[column] === n),
  ).length;
}

/** Every table that rows stand in, once. */
export function tablesOf(rows: readonly ScratchRow[]): readonly TableName[] {
  return [...new Map(rows.map((row) => [tableId(row.table), row.table])).values()];
}
