/** Foreign keys out of pragma foreign_key_list and the stored text, which must say the same. */
import { OndeleteError } from '../../../src/core/errors.ts';
import {
  type Column,
  type ForeignKey,
  type ReferentialAction,
  referentialActions,
  type TableName,
} from '../../../src/core/model.ts';
import { foldName, main, sameName, sameNames } from '../text/names.ts';
import { none } from './none.ts';
import type { KeyClause } from '../text/create-table.ts';
import type { CatalogTable, KeyColumn } from './catalog.ts';

/** Whether text and pragma say the same of every key. */
export function agreesOnAll(clauses: readonly KeyClause[], keys: readonly (readonly KeyColumn[])[]): boolean {
  return clauses.length === keys.length && clauses.every((clause, k) => agrees(clause, keys[k] ?? []));
}

function agrees(clause: KeyClause, key: readonly KeyColumn[]): boolean {
  return (
    clause.parent === key[0]?.parent &&
    clause.onDelete === key[0].onDelete &&
    sameNames(
      clause.columns,
      key.map((column) => column.from),
    ) &&
    key.every(({ to }, place) => (clause.parentColumns?.[place] ?? null) === to)
  );
}

/**
 * One key of `child`.
 * @param clause null where the text is not understood: then the key's name is not known
 * @param tables by folded name
 */
export function foreignKey(
  child: TableName,
  key: readonly KeyColumn[],
  clause: KeyClause | null,
  tables: ReadonlyMap<string, CatalogTable>,
): ForeignKey {
  const [first] = key;
  if (first === undefined) throw new OndeleteError('INTERNAL', 'a key without columns');
  const parent = tables.get(foldName(first.parent));
  const isImplied = first.to === null;
  return {
    name: clause?.name ?? null,
    child,
    columns: key.map((column) => column.from),
    parent: main(parent?.name ?? first.parent),
    parentColumns: isImplied
      ? impliedColumns(parent, key.length)
      : key.map(({ to }) => columnNamed(to ?? '', parent?.columns ?? [])),
    parentColumnsImplied: isImplied,
    onDelete: actionOf(first.onDelete),
    onDeleteColumns: null,
    onUpdate: actionOf(first.onUpdate),
    match: clause?.match ?? 'SIMPLE',
    deferrability: clause?.deferrability ?? 'NOT DEFERRABLE',
    validated: true,
    enforced: true,
    period: false,
    comment: null,
    referencedIndex: null,
    recreatedIndex: null,
    triggers: none,
    childPartitioned: false,
    parentPartitioned: false,
    halfDone: null,
  };
}

/** A primary key of another length is no parent key at all ("foreign key mismatch"). */
function impliedColumns(parent: CatalogTable | undefined, length: number): readonly string[] {
  const columns = parent?.primaryKey ?? [];
  return columns.length === length ? columns : [];
}

/** The column that a name means, as it is spelled in the table; the name itself where there is none. */
function columnNamed(name: string, columns: readonly Column[]): string {
  return columns.find((column) => sameName(column.name, name))?.name ?? name;
}

function actionOf(text: string): ReferentialAction {
  const action = referentialActions.find((known) => known === text);
  if (action === undefined) throw new OndeleteError('INTERNAL', `SQLite reports the unknown action ${text}`);
  return action;
}
