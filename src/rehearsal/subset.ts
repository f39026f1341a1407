/** The part of a database that a rehearsal needs: whatever a delete may reach, and whatever rows of those tables must point to. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import { tableId, type ForeignKey, type Snapshot, type TableName } from '../core/model.ts';

/**
 * The tables below the parents of `keys` over any number of keys, and those above all of them; with every key between two of them.
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
