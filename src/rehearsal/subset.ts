/** The part of a database that a rehearsal needs: tables that a delete may reach, and the parents that their rows need. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import { tableId } from '../core/names.ts';
import type { ForeignKey, Snapshot, TableName } from '../core/model.ts';

/**
 * All descendants of the parents of `keys`, all ancestors of those, and every key between two of these tables.
 * @returns a Snapshot of these alone, in the same order
 */
export function partFor(keys: readonly ForeignKey[], schema: SchemaIndex): Snapshot {
  const below = closure(
    keys.map((key) => key.parent),
    (table) => schema.childrenOf(table),
  );
  const all = closure([...below.values()], (table) => schema.keysOn(table).map((key) => key.parent));
  return {
    ...schema.snapshot,
    tables: schema.snapshot.tables.filter((table) => all.has(tableId(table))),
    foreignKeys: schema.snapshot.foreignKeys.filter((key) => all.has(tableId(key.child))),
  };
}

function closure(
  start: readonly TableName[],
  next: (table: TableName) => readonly TableName[],
): ReadonlyMap<string, TableName> {
  const found = new Map<string, TableName>();
  const waiting = [...start];
  for (let table = waiting.pop(); table !== undefined; table = waiting.pop()) {
    if (found.has(tableId(table))) continue;
    found.set(tableId(table), table);
    waiting.push(...next(table));
  }
  return found;
}
