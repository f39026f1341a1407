/** Foreign keys out of pragma foreign_key_list and the stored text, which must say the same. */
import { OndeleteError } from '../../../src/core/errors.ts';
import {
  referentialActions,
  type ForeignKey,
  type ReferentialAction,
  type TableName,
} from '../../../src/core/model.ts';
import { foldName } from '../checks/capabilities.ts';
import type { InvolvedTable, KeyPart } from './queries.ts';
import { columnNamed, type Columns } from './columns.ts';
import type { KeyClause } from '../text/create-table.ts';

/** Tables by folded name, with their names and columns spelled as they are stored. */
export type Parents = ReadonlyMap<string, InvolvedTable>;

export const main = (name: string): TableName => ({ schema: 'main', name });

/** The parts of each key, in the order of the text. */
export function partsOfKeys(parts: readonly KeyPart[]): readonly (readonly KeyPart[])[] {
  // Keys of one column each, as most are, come numbered one after the other.
  if (parts.every((part, at) => part[0] === at)) return parts.map((part) => [part]).reverse();
  const keys: KeyPart[][] = [];
  for (const part of parts) {
    const known = keys[part[0]];
    if (known === undefined) keys[part[0]] = [part];
    else known.push(part);
  }
  return keys.reverse();
}

/** Whether text and pragma say the same of every key. */
export function agreesOnAll(clauses: readonly KeyClause[], keys: readonly (readonly KeyPart[])[]): boolean {
  return clauses.length === keys.length && clauses.every((clause, k) => agrees(clause, keys[k] ?? []));
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

/** What the pragma does not say of a key. */
export type ClauseFacts = Pick<KeyClause, 'name' | 'match' | 'deferrability'>;

/** What most keys are; also what is known of a key whose text is not understood. */
const plainFacts: ClauseFacts = { name: null, match: 'SIMPLE', deferrability: 'NOT DEFERRABLE' };

export function factsOf({ name, match, deferrability }: KeyClause): ClauseFacts {
  const isPlain = name === null && match === 'SIMPLE' && deferrability === 'NOT DEFERRABLE';
  return isPlain ? plainFacts : { name, match, deferrability };
}

const none: readonly [] = [];

/** One key of `child`. */
export function foreignKey(
  child: TableName,
  parts: readonly KeyPart[],
  clause: ClauseFacts = plainFacts,
  parents: Parents,
): ForeignKey {
  const first = parts[0];
  if (first === undefined) throw new OndeleteError('INTERNAL', 'a key without columns');
  const parent = parents.get(foldName(first[1]));
  const isImplied = first[3] === null;
  return {
    name: clause.name,
    child,
    columns: parts.map((part) => part[2]),
    parent: parent?.tableName ?? main(first[1]),
    parentColumns: isImplied
      ? impliedColumns(parent, parts.length)
      : parts.map((part) => spelled(part[3] ?? '', parent)),
    parentColumnsImplied: isImplied,
    onDelete: actionOf(first[5]),
    onDeleteColumns: null,
    onUpdate: actionOf(first[4]),
    match: clause.match,
    deferrability: clause.deferrability,
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
function impliedColumns(parent: Columns | undefined, length: number): readonly string[] {
  return parent?.primaryKey.length === length ? parent.primaryKey : [];
}

function spelled(column: string, parent: Columns | undefined): string {
  return (parent === undefined ? null : columnNamed(column, parent.columns)) ?? column;
}

const actions: ReadonlyMap<string, ReferentialAction> = new Map(
  referentialActions.map((action) => [action, action]),
);

function actionOf(text: string): ReferentialAction {
  const action = actions.get(text);
  if (action === undefined) throw new OndeleteError('INTERNAL', `SQLite reports the unknown action ${text}`);
  return action;
}
