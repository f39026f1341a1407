/** Foreign keys out of pragma foreign_key_list and the stored text, which must say the same. */
import { OndeleteError } from '../../src/errors.ts';
import {
  referentialActions,
  type ForeignKey,
  type ReferentialAction,
  type TableName,
} from '../../src/model.ts';
import { foldName } from './capabilities.ts';
import { columnNamed, type Columns, type InvolvedTable, type KeyPart } from './catalog.ts';
import type { Definition, KeyClause } from './create-table.ts';

/** Tables by folded name, with their names and columns spelled as they are stored. */
export type Parents = ReadonlyMap<string, { readonly name: TableName; readonly table: InvolvedTable }>;

export function parentsOf(tables: readonly InvolvedTable[]): Parents {
  return new Map(tables.map((table) => [table.folded, { name: main(table.name), table }]));
}

export const main = (name: string): TableName => ({ schema: 'main', name });

/** The parts of each key, in the order of the text. */
export function partsOfKeys(parts: readonly KeyPart[]): readonly (readonly KeyPart[])[] {
  const keys: KeyPart[][] = [];
  for (const part of parts) {
    const known = keys[part[0]];
    if (known === undefined) keys[part[0]] = [part];
    else known.push(part);
  }
  return keys.reverse();
}

/** The clauses, one for each key; null unless text and pragma say the same of every one. */
export function clausesOf(
  definition: Definition | null,
  keys: readonly (readonly KeyPart[])[],
): readonly KeyClause[] | null {
  if (definition?.keys.length !== keys.length) return null;
  return definition.keys.every((clause, k) => agrees(clause, keys[k] ?? [])) ? definition.keys : null;
}

function agrees(clause: KeyClause, parts: readonly KeyPart[]): boolean {
  const [first] = parts;
  return (
    clause.parent === first?.[1] &&
    clause.onDelete === first[5] &&
    clause.columns.length === parts.length &&
    parts.every((part, seq) => {
      const column = clause.columns[seq] ?? '';
      const sameColumn = column === part[2] || foldName(column) === foldName(part[2]);
      return sameColumn && (clause.parentColumns?.[seq] ?? null) === part[3];
    })
  );
}

/** One key of `child`; `clause` is null where the text is not understood. */
export function foreignKey(
  child: TableName,
  parts: readonly KeyPart[],
  clause: KeyClause | null,
  parents: Parents,
): ForeignKey {
  const first = parts[0];
  if (first === undefined) throw new OndeleteError('INTERNAL', 'a key without columns');
  const parent = parents.get(foldName(first[1]));
  const isImplied = first[3] === null;
  return {
    name: clause?.name ?? null,
    child,
    columns: parts.map((part) => part[2]),
    parent: parent?.name ?? main(first[1]),
    parentColumns: isImplied
      ? impliedColumns(parent?.table, parts.length)
      : parts.map((part) => spelled(part[3] ?? '', parent?.table)),
    parentColumnsImplied: isImplied,
    onDelete: actionOf(first[5]),
    onDeleteColumns: null,
    onUpdate: actionOf(first[4]),
    match: clause?.match ?? 'SIMPLE',
    deferrability: clause?.deferrability ?? 'NOT DEFERRABLE',
    validated: true,
    enforced: true,
    period: false,
    comment: null,
    referencedIndex: null,
    recreatedIndex: null,
    triggers: [],
    childPartitioned: false,
    parentPartitioned: false,
    halfDone: null,
  };
}

/** A primary key of another length is no parent key at all ("foreign key mismatch"). */
function impliedColumns(parent: Columns | undefined, length: number): readonly string[] {
  return parent?.primaryKey.length === length ? parent.primaryKey : [];
}

function spelled(column: string, parent: Columns | undefined): string {
  return (parent === undefined ? null : columnNamed(column, parent.columns)) ?? column;
}

function actionOf(text: string): ReferentialAction {
  const action = referentialActions.find((known) => known === text);
  if (action === undefined) throw new OndeleteError('INTERNAL', `SQLite reports the unknown action ${text}`);
  return action;
}
