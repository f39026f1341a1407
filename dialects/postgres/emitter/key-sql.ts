/**
 * A key as PostgreSQL prints it and as it is added, and the states in which a key can stand during a change.
 * The text equals pg_get_constraintdef under `search_path = ''` and `quote_all_identifiers = on` (measured on 12 to 18),
 * so one text serves both to recognise a key and to add it.
 */
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import { sameTable, tableText } from '../../../src/core/names.ts';
import type { DeleteClause, ForeignKey, Table } from '../../../src/core/model.ts';
import { markText, sameClause } from '../progress-comment.ts';

export const ddl = ddlFor('postgres');

/** What the statements of one key share, made once. */
export interface KeySql {
  readonly key: ForeignKey;
  /** `fk on shop.items`, for comments. */
  readonly label: string;
  readonly name: Fragment;
  /** `ONLY "shop"."items"`, or the whole tree of a partitioned table. */
  readonly child: Fragment;
  readonly parent: Fragment;
  /** The child is the parent as well. */
  readonly ownParent: boolean;
  /** `FOREIGN KEY ("a") REFERENCES "s"."p"("b")`: how the server begins to print the key. */
  readonly reference: Fragment;
  /**
   * The same for ADD CONSTRAINT. Parent columns are left out where the key rests on the primary key: naming them lets the
   * server take the oldest unique index over them, which after REINDEX CONCURRENTLY is another one (measured on 15).
   */
  readonly addedReference: Fragment;
  /** The constants with which every block about the key begins. */
  readonly constants: Fragment;
}

/** @param parent as the Snapshot has it */
export function keySql(key: ForeignKey, parent: Table | null): KeySql {
  const bare = ddl.sql`FOREIGN KEY (${ddl.ids(key.columns)}) REFERENCES ${ddl.table(key.parent)}`;
  const reference = ddl.sql`${bare}(${ddl.ids(key.parentColumns)})`;
  return {
    key,
    label: `${nameOf(key)} on ${tableText(key.child)}`,
    name: ddl.id(nameOf(key)),
    child: tree(key, 'child'),
    parent: tree(key, 'parent'),
    ownParent: sameTable(key.child, key.parent),
    reference,
    addedReference: restsOnPrimaryKey(key, parent) ? bare : reference,
    constants: ddl.sql`DECLARE
  child     CONSTANT regclass := ${ddl.literal(ddl.text(ddl.table(key.child)))};
  parent    CONSTANT regclass := ${ddl.literal(ddl.text(ddl.table(key.parent)))};
  tables    CONSTANT oid[]    := ${tablesOf(key)};
  key_name  CONSTANT text     := ${ddl.literal(nameOf(key))};`,
  };
}

/** The name of a key; every key of PostgreSQL has one. */
export function nameOf(key: ForeignKey): string {
  return key.name ?? '';
}

/** `ONLY a`, or the whole tree of a partitioned table. */
export function tree(key: ForeignKey, side: 'child' | 'parent'): Fragment {
  const partitioned = side === 'child' ? key.childPartitioned : key.parentPartitioned;
  return ddl.sql`${ddl.raw(partitioned ? '' : 'ONLY ')}${ddl.table(key[side])}`;
}

function tablesOf(key: ForeignKey): Fragment {
  const partitions = (side: 'child' | 'parent'): string =>
    (side === 'child' ? key.childPartitioned : key.parentPartitioned)
      ? `ARRAY(SELECT relid FROM pg_partition_tree(${side}))::oid[]`
      : `ARRAY[${side}]::oid[]`;
  const same = sameTable(key.child, key.parent);
  return ddl.raw(same ? partitions('child') : `${partitions('child')} || ${partitions('parent')}`);
}

/** Whether the key rests on the parent's primary key, in the primary key's own column order. */
export function restsOnPrimaryKey(key: ForeignKey, parent: Table | null): boolean {
  const primary = parent?.indexes.find((index) => index.primary);
  return (
    primary !== undefined &&
    primary.name === key.referencedIndex &&
    primary.columns.length === key.parentColumns.length &&
    primary.columns.every((column, at) => column === key.parentColumns[at])
  );
}

/** `FOREIGN KEY ("a") REFERENCES "s"."p"("b") ON DELETE CASCADE`, every attribute in the server's own order, without NOT VALID. */
export function keyClause({ key, reference }: KeySql, clause: DeleteClause): string {
  return clauseWith(key, clause, reference);
}

/** The same for ADD CONSTRAINT. */
export function addedClause({ key, addedReference }: KeySql, clause: DeleteClause): string {
  return clauseWith(key, clause, addedReference);
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
export function validity(key: ForeignKey, validated: boolean): string {
  return validated || !key.enforced ? '' : ' NOT VALID';
}

/** A state of one key: its action, whether its rows are known to be valid, and our mark if a change is under way. */
export interface KeyState {
  readonly clause: DeleteClause;
  readonly validated: boolean;
  readonly mark: string | null;
  /**
   * The state as one literal, the way the block reads it from the catalog (block.ts): with a mark, NOT VALID is left out,
   * because a half-done key may have been validated by hand.
   */
  readonly literal: Fragment;
}

export function keyState(
  sql: KeySql,
  clause: DeleteClause,
  validated: boolean,
  mark: string | null,
): KeyState {
  const half = mark === null ? validity(sql.key, validated) : ` ${mark}`;
  const literal = ddl.literal(keyClause(sql, clause) + half + triggerStates(sql.key));
  return { clause, validated, mark, literal };
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
export function pathOf(sql: KeySql, from: DeleteClause, to: DeleteClause): Path {
  const { onDelete, onDeleteColumns, halfDone, validated } = sql.key;
  const here: DeleteClause = { onDelete, onDeleteColumns };
  const marked = (clause: DeleteClause, start: DeleteClause, end: DeleteClause): KeyState =>
    keyState(sql, clause, false, markText({ from: start, to: end, twinOf: null }));
  const after = keyState(sql, to, halfDone !== null || validated, null);
  if (halfDone !== null) {
    const before = marked(here, halfDone.from ?? from, halfDone.to);
    return { before, middle: sameClause(here, to) ? before : marked(to, here, to), after, back: before };
  }
  const before = keyState(sql, here, validated, null);
  if (!validated) return { before, middle: after, after, back: before };
  return { before, middle: marked(to, here, to), after, back: marked(here, to, here) };
}
