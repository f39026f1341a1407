/** Tables put together from what the catalog said of them. */
import { compareText, tableId, type Table, type TableName } from '../../../src/core/model.ts';
import type { TableParts } from './queries.ts';
import type { Cells } from '../connection/connect.ts';
import { idOf, rowsByTable } from './group-rows.ts';
import { cellText } from './keys.ts';

/** What a note begins with; `judge` reads it again. */
export const checkNote = 'check: ';

/** The tables that `involved` asks for, unsorted. `options`: those rows of CREATE_OPTIONS that were read. */
export function mergeTables(
  parts: TableParts,
  options: readonly Cells[],
  involved: (table: TableName) => boolean,
): readonly Table[] {
  const triggers = rowsByTable(parts.triggers);
  const checks = rowsByTable(parts.checks);
  const partitioned = new Set(
    options.filter((row) => /\bpartitioned\b/.test(cellText(row[2]))).map((row) => idOf(row)),
  );
  const tables: Table[] = [];
  for (const [schema, table, engine, kind] of parts.tables) {
    const named = { schema: cellText(schema), name: cellText(table) };
    if (!involved(named)) continue;
    const id = tableId(named);
    const columns = parts.columns.get(id);
    tables.push({
      schema: named.schema,
      name: named.name,
      engine: engine === null ? null : cellText(engine),
      partitioned: partitioned.has(id),
      columns: columns?.columns ?? none,
      indexes: parts.indexes.get(id) ?? none,
      triggers: namesOfTriggers(triggers.get(id) ?? none),
      definition: null,
      notes: notesOf(cellText(kind), columns?.stored ?? none, checks.get(id) ?? none),
    });
  }
  return tables;
}

const none: readonly [] = [];

/** MariaDB tells one trigger once for each event. */
function namesOfTriggers(rows: readonly Cells[]): readonly string[] {
  return rows.length === 0 ? none : [...new Set(rows.map((row) => cellText(row[2])))].sort(compareText);
}

function notesOf(kind: string, stored: readonly string[], checks: readonly Cells[]): readonly string[] {
  const versioned = kind === 'SYSTEM VERSIONED';
  if (!versioned && stored.length === 0 && checks.length === 0) return none;
  return [
    ...checks.map((check) => `${checkNote}${cellText(check[2])}`),
    ...stored,
    ...(versioned ? ['system versioned'] : []),
  ].sort(compareText);
}
