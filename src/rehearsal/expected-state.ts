/** How the keys of a scratch database have to look after the up files and after the down files. Pure. */
import type { Engine } from '../core/contracts/engine.ts';
import { fingerprint } from '../core/fingerprint.ts';
import { clauseText, keyText, tableId, type DeleteClause, type Snapshot } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { sameClause } from '../policy/decide.ts';
import type { KeyInFiles } from '../plan/pending.ts';

/** Every changed key as promised, nothing but its action different, and every other key as before. */
export function unexpectedChanges(
  copy: SchemaIndex,
  changed: SchemaIndex,
  wanted: ReadonlyMap<number, DeleteClause>,
  engine: Engine,
): readonly string[] {
  return copy.snapshot.foreignKeys.flatMap((old, at) => {
    const key = changed.snapshot.foreignKeys[at];
    const name = keyText(old);
    if (key === undefined) return [`${name} is not there any more after the up files`];
    const to = wanted.get(at) ?? old;
    if (
      !sameClause(key, to, key, (a, b) => engine.sameAction(a, b)) ||
      (wanted.has(at) && key.halfDone !== null)
    )
      return [`${name} is ${clauseText(key)} after the up files, and should be ${clauseText(to)}`];
    const begun = old.halfDone === null ? {} : { validated: old.validated };
    const back = { ...key, ...begun, onDelete: old.onDelete, onDeleteColumns: old.onDeleteColumns };
    const same = fingerprint(back, changed) === fingerprint(old, copy) && key.name === (old.name ?? key.name);
    return same ? [] : [`${name}: more than its action was changed by the up files`];
  });
}

/**
 * What the down files have to lead to: the copy; but where the copy was taken after an interrupted run of these files, which
 * has left some keys half done and some done, those keys as they were before it.
 * @param changed after the up files
 * @param back after the down files; it is asked only for the text of tables whose text before the interrupted run nobody knows
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
  const foreignKeys = copy.foreignKeys.map((key, at) => {
    const one = held.get(at);
    if (one === undefined || sameClause(key, one.from, key, (a, b) => engine.sameAction(a, b))) return key;
    begun.add(tableId(key.child));
    const before = { ...key, onDelete: one.from.onDelete, onDeleteColumns: one.from.onDeleteColumns };
    if (key.halfDone === null) return before;
    // A half-done key does not show whether it was validated; a change keeps that, so the finished one does.
    const validated = changed.foreignKeys[at]?.validated ?? key.validated;
    return { ...before, name: one.constraint ?? key.name, halfDone: null, validated };
  });
  const tables = copy.tables.map((table) =>
    begun.has(tableId(table))
      ? { ...table, definition: back.table(table)?.definition ?? table.definition }
      : table,
  );
  return { ...copy, tables, foreignKeys };
}
