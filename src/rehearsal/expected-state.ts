/** Expected foreign keys after up and after down. Pure. */
import type { Engine } from '../core/contracts/engine.ts';
import { fingerprint } from '../core/fingerprint.ts';
import { clauseText, compareText, keyText, tableId } from '../core/names.ts';
import type { DeleteClause, Snapshot } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { sameClause } from '../core/referential-actions.ts';
import type { KeyInFiles } from '../plan/chains.ts';

/** Deviations after up: a missing key, a wrong action, or anything but the action changed. Empty if all is as expected. */
export function unexpectedChanges(
  before: SchemaIndex,
  after: SchemaIndex,
  wanted: ReadonlyMap<number, DeleteClause>,
  engine: Engine,
): readonly string[] {
  return before.snapshot.foreignKeys.flatMap((old, index) => {
    const key = after.snapshot.foreignKeys[index];
    const name = keyText(old);
    if (key === undefined) return [`${name} is missing after the up files`];
    const to = wanted.get(index) ?? old;
    if (
      !sameClause(key, to, key, (a, b) => engine.sameAction(a, b)) ||
      (wanted.has(index) && key.halfDone !== null)
    )
      return [`${name} has ON DELETE ${clauseText(key)} after the up files instead of ${clauseText(to)}`];
    const begun = old.halfDone === null ? {} : { validated: old.validated };
    const restored = { ...key, ...begun, onDelete: old.onDelete, onDeleteColumns: old.onDeleteColumns };
    const same =
      fingerprint(restored, after) === fingerprint(old, before) && key.name === (old.name ?? key.name);
    return same ? [] : [`the up files changed more than the action of ${name}`];
  });
}

/**
 * The expected state after the down files: the copy. If the copy was taken after an interrupted run of these files, the keys
 * that this run finished or left half done are expected as they were before it.
 * @param changed after the up files
 * @param back after the down files; used only for the text of tables whose text before the interrupted run is unknown
 * @param held what the files change, by the places of the keys
 */
export function expectedAfterDown(
  copy: Snapshot,
  changed: Snapshot,
  back: SchemaIndex,
  held: ReadonlyMap<number, KeyInFiles>,
  engine: Pick<Engine, 'sameAction'>,
): Snapshot {
  const begun = new Set<string>();
  const foreignKeys = copy.foreignKeys.map((key, index) => {
    const one = held.get(index);
    if (one === undefined || sameClause(key, one.from, key, (a, b) => engine.sameAction(a, b))) return key;
    begun.add(tableId(key.child));
    const before = { ...key, onDelete: one.from.onDelete, onDeleteColumns: one.from.onDeleteColumns };
    if (key.halfDone === null) return before;
    // A half-done key does not show whether it was validated; the finished one does, because a change keeps that.
    const validated = changed.foreignKeys[index]?.validated ?? key.validated;
    return { ...before, name: one.constraint ?? key.name, halfDone: null, validated };
  });
  const tables = copy.tables.map((table) =>
    begun.has(tableId(table))
      ? { ...table, definition: back.table(table)?.definition ?? table.definition }
      : table,
  );
  return { ...copy, tables, foreignKeys };
}

/** A snapshot for comparing where a column may have moved: columns by name, and no text of a table, in which they have an order. */
export function textWithoutOrder(snapshot: Snapshot): string {
  const tables = snapshot.tables.map(({ columns, ...table }) => ({
    ...table,
    columns: columns.toSorted((a, b) => compareText(a.name, b.name)),
    definition: null,
  }));
  return JSON.stringify({ ...snapshot, tables });
}
