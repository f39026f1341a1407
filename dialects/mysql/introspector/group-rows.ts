/** Rows of information_schema by their table. */
import type { Cells } from '../connection/connect.ts';
import { cellText } from './keys.ts';

/** By tableId. The rows of one table follow each other but for rare cases, so that a table is looked up once. */
export function rowsByTable(rows: readonly Cells[]): ReadonlyMap<string, Cells[]> {
  const groups = new Map<string, Cells[]>();
  for (let begin = 0, end = 0; begin < rows.length; begin = end) {
    const first = rows[begin] ?? [];
    while (end < rows.length && rows[end]?.[1] === first[1] && rows[end]?.[0] === first[0]) end++;
    const id = idOf(first);
    const own = rows.slice(begin, end);
    const known = groups.get(id);
    groups.set(id, known === undefined ? own : [...known, ...own]);
  }
  return groups;
}

/** The tableId of a row's table. */
export function idOf([schema, table]: Cells): string {
  return `${cellText(schema)}\0${cellText(table)}`;
}
