/**
 * A key in SQL. The text equals pg_get_constraintdef under `search_path = ''` and `quote_all_identifiers = on` (measured on 12 to 18),
 * so one text serves both to recognise a key and to add it.
 */
import { ddlFor, type Fragment } from '../sql/ddl.ts';
import type { DeleteClause, ForeignKey, KeyEnd, Table } from '../../src/core/model.ts';

export const ddl = ddlFor('postgres');

/** The name of a key; every key of PostgreSQL has one. */
export function nameOf(key: ForeignKey): string {
  return key.name ?? '';
}

/** `ONLY a`, or the whole tree of a partitioned table. */
export function tree(key: ForeignKey, end: KeyEnd): Fragment {
  const partitioned = end === 'child' ? key.childPartitioned : key.parentPartitioned;
  return ddl.sql`${ddl.raw(partitioned ? '' : 'ONLY ')}${ddl.table(key[end])}`;
}

/** `FOREIGN KEY ("a") REFERENCES "s"."p"("b") MATCH FULL ON UPDATE CASCADE`: what stands in front of ON DELETE. */
export function head(key: ForeignKey): string {
  return referenceTo(key, true);
}

/** `SET NULL ("a")`, as the server prints it. */
export function action({ onDelete, onDeleteColumns }: DeleteClause): string {
  if (onDeleteColumns === null) return onDelete;
  return ddl.text(ddl.sql`${ddl.raw(onDelete)} (${ddl.ids(onDeleteColumns)})`);
}

/** What stands behind ON DELETE: ` DEFERRABLE INITIALLY DEFERRED NOT VALID`; empty as a rule. */
export function rest(key: ForeignKey): string {
  return (
    (key.deferrability === 'NOT DEFERRABLE' ? '' : ' DEFERRABLE') +
    (key.deferrability === 'INITIALLY DEFERRED' ? ' INITIALLY DEFERRED' : '') +
    (key.enforced ? '' : ' NOT ENFORCED') +
    (staysNotValid(key) && key.enforced ? ' NOT VALID' : '')
  );
}

/** A key that was never validated stays so; one that is half done was validated before, and will be again. */
export function staysNotValid(key: ForeignKey): boolean {
  return !key.enforced || (!key.validated && key.halfDone === null);
}

/**
 * The key for ADD CONSTRAINT, without NOT VALID. The parent's columns are left out where the key rests on the primary key: naming them lets
 * the server take the oldest unique index over them, which after REINDEX CONCURRENTLY is another one (measured on 15).
 */
export function addedKey(key: ForeignKey, clause: DeleteClause, parent: Table | null): string {
  const onDelete = clause.onDelete === 'NO ACTION' ? '' : ` ON DELETE ${action(clause)}`;
  return referenceTo(key, !restsOnPrimaryKey(key, parent)) + onDelete + rest(key).replace(/ NOT VALID$/, '');
}

function referenceTo(key: ForeignKey, withColumns: boolean): string {
  const columns = withColumns ? ddl.sql`(${ddl.ids(key.parentColumns)})` : ddl.raw('');
  return (
    ddl.text(ddl.sql`FOREIGN KEY (${ddl.ids(key.columns)}) REFERENCES ${ddl.table(key.parent)}${columns}`) +
    (key.match === 'FULL' ? ' MATCH FULL' : '') +
    (key.onUpdate === 'NO ACTION' ? '' : ` ON UPDATE ${key.onUpdate}`)
  );
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

/** Dollar quotes whose tag does not occur in the text, so that no name can close them. */
export function dollarQuote(text: string): string {
  let tag = '$ondelete$';
  for (let n = 2; text.includes(tag.slice(0, -1)); n += 1) tag = `$ondelete_${n}$`;
  return tag;
}

/** A DO statement around a text that may hold anything. */
export function doText(body: Fragment): string {
  const quote = dollarQuote(ddl.text(body));
  return `DO ${quote}\n${ddl.text(body)}\n${quote}`;
}
