/**
 * A key as PostgreSQL prints it and as it is added, and the states in which a key can stand during a change.
 * The text equals pg_get_constraintdef under `search_path = ''` and `quote_all_identifiers = on` (measured on 12 to 18),
 * so one text serves both to recognise a key and to add it.
 */
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import type { DeleteClause, ForeignKey, Snapshot } from '../../../src/core/model.ts';
import { tableNamed } from '../../../src/core/schema-index.ts';
import { markText, sameClause } from '../progress-comment.ts';

export const ddl = ddlFor('postgres');

/** A state of one key: its action, whether its rows are known to be valid, and our mark if a change is under way. */
export interface KeyState {
  readonly clause: DeleteClause;
  readonly validated: boolean;
  readonly mark: string | null;
}

/**
 * The blocks of one key are written one after the other and share most of their text, so the answer for the last key is kept.
 * For functions of nothing but the key.
 */
export function ofKey<T>(make: (key: ForeignKey) => T): (key: ForeignKey) => T {
  let last: { readonly key: ForeignKey; readonly made: T } | null = null;
  return (key) => {
    if (last?.key !== key) last = { key, made: make(key) };
    return last.made;
  };
}

/** `FOREIGN KEY ("a") REFERENCES "s"."p"`. */
const bareReference = ofKey(
  (key) => ddl.sql`FOREIGN KEY (${ddl.ids(key.columns)}) REFERENCES ${ddl.table(key.parent)}`,
);

/** `FOREIGN KEY ("a") REFERENCES "s"."p"("b")`: what every clause of the key begins with. */
export const reference = ofKey((key) => ddl.sql`${bareReference(key)}(${ddl.ids(key.parentColumns)})`);

/** `FOREIGN KEY ("a") REFERENCES "s"."p"("b") ON DELETE CASCADE`, every attribute in the server's own order, without NOT VALID. */
export function keyClause(key: ForeignKey, clause: DeleteClause): string {
  return clauseWith(key, clause, reference(key));
}

/**
 * The same for ADD CONSTRAINT. Parent columns are left out where the key rests on the primary key: naming them lets the
 * server take the oldest unique index over them, which after REINDEX CONCURRENTLY is another one (measured on 15).
 */
export function addedClause(key: ForeignKey, clause: DeleteClause, onPrimaryKey: boolean): string {
  return clauseWith(key, clause, onPrimaryKey ? bareReference(key) : reference(key));
}

function clauseWith(key: ForeignKey, clause: DeleteClause, beginning: Fragment): string {
  const columns =
    clause.onDeleteColumns === null ? ddl.raw('') : ddl.sql` (${ddl.ids(clause.onDeleteColumns)})`;
  return (
    ddl.text(beginning) +
    (key.match === 'FULL' ? ' MATCH FULL' : '') +
    (key.onUpdate === 'NO ACTION' ? '' : ` ON UPDATE ${key.onUpdate}`) +
    (clause.onDelete === 'NO ACTION' ? '' : ` ON DELETE ${clause.onDelete}${ddl.text(columns)}`) +
    (key.deferrability === 'NOT DEFERRABLE' ? '' : ' DEFERRABLE') +
    (key.deferrability === 'INITIALLY DEFERRED' ? ' INITIALLY DEFERRED' : '') +
    (key.enforced ? '' : ' NOT ENFORCED')
  );
}

/** What stands behind the clause: NOT VALID where the server would print it; a NOT ENFORCED key is never validated. */
export function validity(key: ForeignKey, state: KeyState): string {
  return state.validated || !key.enforced ? '' : ' NOT VALID';
}

/**
 * The state as one text, the way the block reads it from the catalog (block.ts): with a mark, NOT VALID is not told,
 * because a half-done key may have been validated by hand.
 */
export function stateText(key: ForeignKey, state: KeyState): string {
  const half = state.mark === null ? validity(key, state) : ` ${state.mark}`;
  return keyClause(key, state.clause) + half + triggerStates(key);
}

function triggerStates(key: ForeignKey): string {
  if (key.triggers.length === 0) return '';
  const states = key.triggers.map(
    (trigger) => ` [${trigger.on} ${trigger.event} ${triggerLetters[trigger.enabled]}]`,
  );
  return states.toSorted().join('');
}

const triggerLetters = { origin: 'O', disabled: 'D', replica: 'R', always: 'A' } as const;

/** The four states of a change; `middle` and `back` are equal to `after` and `before` where nothing is validated. */
export interface Path {
  /** As the key is now. */
  readonly before: KeyState;
  /** On the way up: the new action, enforced, old rows not checked again yet. */
  readonly middle: KeyState;
  /** As the policy wants it. */
  readonly after: KeyState;
  /** On the way down: the old action, enforced, old rows not checked again yet. */
  readonly back: KeyState;
}

/** The states of a change; a half-done key comes from, and goes back to, exactly the half-done state. */
export function pathOf(key: ForeignKey, from: DeleteClause, to: DeleteClause): Path {
  const here: DeleteClause = { onDelete: key.onDelete, onDeleteColumns: key.onDeleteColumns };
  const half = key.halfDone;
  if (half !== null) {
    const mark = markText({ from: half.from ?? from, to: half.to, twinOf: null });
    const before = { clause: here, validated: false, mark };
    const forward = markText({ from: here, to, twinOf: null });
    const middle = sameClause(here, to) ? before : { clause: to, validated: false, mark: forward };
    return { before, middle, after: { clause: to, validated: true, mark: null }, back: before };
  }
  if (here.onDeleteColumns !== null || to.onDeleteColumns !== null) return freshPath(here, to, key.validated);
  const id = `${here.onDelete} ${to.onDelete} ${String(key.validated)}`;
  const known = freshPaths.get(id) ?? freshPath(here, to, key.validated);
  freshPaths.set(id, known);
  return known;
}

/** Those without column lists: a few, which thousands of keys share. */
const freshPaths = new Map<string, Path>();

/** Of a key that is not half done. */
function freshPath(here: DeleteClause, to: DeleteClause, validated: boolean): Path {
  const before = { clause: here, validated, mark: null };
  const after = { clause: to, validated, mark: null };
  if (!validated) return { before, middle: after, after, back: before };
  return {
    before,
    middle: { clause: to, validated: false, mark: markText({ from: here, to, twinOf: null }) },
    after,
    back: { clause: here, validated: false, mark: markText({ from: to, to: here, twinOf: null }) },
  };
}

/** Whether the key rests on the parent's primary key, in the primary key's own column order. */
export function restsOnPrimaryKey(key: ForeignKey, snapshot: Snapshot): boolean {
  const primary = tableNamed(snapshot, key.parent)?.indexes.find((index) => index.primary);
  return (
    primary !== undefined &&
    primary.name === key.referencedIndex &&
    primary.columns.length === key.parentColumns.length &&
    primary.columns.every((column, at) => column === key.parentColumns[at])
  );
}
