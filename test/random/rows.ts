// Rows that keep the keys of their schema: each points to a row of its parent, or to none.
import type { Drawing } from './arbitraries.ts';
import type { Key, Row, Table } from './schema.ts';

/** Changes the rows in place until every key that the server will check holds; `dirty` leaves orphans. */
export function keepKeys(
  tables: readonly Table[],
  keys: readonly Key[],
  drawn: Drawing,
  dirty: boolean,
): void {
  for (const [place, table] of tables.entries()) point(table, keys, drawn.tables[place]?.rows ?? []);
  let changed = true;
  while (changed) {
    changed = false;
    for (const table of tables) {
      for (const row of table.rows) fillMade(table, row);
      changed = dropRepeats(table) || changed;
    }
    for (const key of dirty ? [] : keys) changed = mend(key) || changed;
  }
}

/** Most keys of most rows point to a row that is there. */
function point(table: Table, keys: readonly Key[], numbers: readonly (readonly number[])[]): void {
  for (const [at, row] of table.rows.entries()) {
    for (const [k, key] of keys.filter((one) => one.child === table).entries()) {
      const number = numbers[at]?.[k % 6] ?? 0;
      const parent = key.parent?.rows[number % Math.max(1, key.parent.rows.length)];
      if (parent === undefined || number === 0) continue;
      for (const [c, column] of key.columns.entries()) {
        const isOwn = !table.primaryKey.includes(column) || table.primaryKey.length > 1;
        if (isOwn) row[column] = parent[key.parentColumns[c] ?? ''] ?? row[column] ?? null;
      }
    }
  }
}

export function fillMade(table: Table, row: Row): void {
  for (const column of table.columns)
    if (column.made !== null) row[column.name] = row[column.made.from] ?? null;
}

function dropRepeats(table: Table): boolean {
  const rows = table.rows;
  const before = rows.length;
  for (const unique of [table.primaryKey, ...table.uniques]) {
    const seen = new Set<string>();
    for (const row of [...rows]) {
      const values = unique.map((column) => row[column] ?? null);
      if (values.includes(null)) continue;
      const id = JSON.stringify(values);
      if (seen.has(id)) rows.splice(rows.indexOf(row), 1);
      seen.add(id);
    }
  }
  return rows.length !== before;
}

/** A row that points nowhere is made to point to none, or goes. */
function mend(key: Key): boolean {
  if (!key.validated || !key.enforced) return false;
  const rows = key.child.rows;
  let changed = false;
  for (const row of [...rows]) {
    if (holds(key, row)) continue;
    changed = true;
    const free = key.child.columns.filter(
      (column) => key.columns.includes(column.name) && takesNull(key.child, column.name),
    );
    const enough = key.match === 'FULL' ? free.length === key.columns.length : free.length > 0;
    if (!enough) rows.splice(rows.indexOf(row), 1);
    for (const column of free) row[column.name] = null;
  }
  return changed;
}

export function holds(key: Key, row: Row): boolean {
  const values = key.columns.map((column) => row[column] ?? null);
  if (key.match === 'FULL' && values.every((value) => value === null)) return true;
  if (values.includes(null)) return key.match !== 'FULL';
  return (
    key.parent?.rows.some((parent) =>
      key.parentColumns.every((column, at) => parent[column] === values[at]),
    ) ?? false
  );
}

/** Whether an ordinary write may set the column to NULL. */
export function takesNull(table: Table, name: string): boolean {
  const column = table.columns.find((one) => one.name === name);
  return column !== undefined && column.nullable && !column.check && !column.domain && column.made === null;
}
