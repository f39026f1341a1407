/**
 * The steps of a change on SQLite:
 *  1. rows that point to no parent are counted, outside the transaction; they are told and do not stop the change;
 *  2. in one transaction, the words of each ON DELETE clause are replaced in the stored texts (edit-sql.ts has the procedure).
 * A runner that runs code gets the rebuild of rebuild.runtime.ts beside it, for connections that may not edit those texts.
 */
import { readFileSync } from 'node:fs';
import { ddlFor } from '../../sql/ddl.ts';
import { madeWhenRead, writtenWhenRead } from '../../sql/statement.ts';
import type { Emit, EmitContext } from '../../../src/core/contracts/engine.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import {
  keyText,
  type Change,
  type CodeFallback,
  type ForeignKey,
  type Lock,
  type Plain,
  type Retry,
  type Side,
  type Statement,
  type Step,
  type TableName,
} from '../../../src/core/model.ts';
import { tableNamed } from '../../../src/core/schema-index.ts';
import { orphansOf } from '../text/orphan-query.ts';
import { foldName } from '../checks/capabilities.ts';
import { readDefinition, type KeyClause, type ReadDefinition } from '../text/create-table.ts';
import { anchoredEdit, headsOf, readingAfter } from '../text/clause-edit.ts';
import { editStatements, fileLocks, label, textLiteral, type KeyEdit } from './schema-edit.ts';

/** A table of so many rows is rebuilt in less time than people notice: 10,000 rows with two indexes take 30 to 70 ms (measured). */
const unnoticedRows = 10_000;

/** A writer or, without WAL, a reader is in the way. Drivers wait by themselves as well: better-sqlite3 5 s unless told. */
const whileLocked: Retry = {
  codes: ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'],
  attempts: 5,
  pauseMilliseconds: [100, 500],
};

const ddl = ddlFor('sqlite');

export const emit: Emit = (changes, context) => {
  if (changes.length === 0) return [];
  const keys = changes.map((change) => change.foreignKey);
  let edits: readonly KeyEdit[] | null = null;
  // places in the texts are looked for when the statements are read; what has none was refused before
  const found = (): readonly KeyEdit[] => (edits ??= editsOf(changes, context));
  return [orphanStep(keys, context), editStep(keys, found, context)];
};

/** In a database without WAL a writer cannot commit while somebody reads: https://sqlite.org/lockingv3.html */
function isWal(context: EmitContext): boolean {
  return context.snapshot.server.settings['journal_mode'] === 'wal';
}

function orphanStep(keys: readonly ForeignKey[], context: EmitContext): Step {
  return {
    slug: 'check',
    title: 'Count rows that point to no parent',
    keys,
    transaction: null,
    alone: false,
    up: madeWhenRead({ always: [], retry: null, fallback: [] }, () =>
      keys.map((key) => orphanCount(key, isWal(context) ? 'nothing' : 'writes')),
    ),
    down: { kind: 'nothing', reason: 'counting changed nothing' },
  };
}

function orphanCount(key: ForeignKey, blocks: Lock['blocks']): Statement {
  const named = label(keyText(key));
  return writtenWhenRead(
    {
      comment: `how many rows of ${named} point to no parent; the change does not depend on it`,
      locks: [{ mode: 'SHARED', table: key.child, blocks, held: 'while rows are scanned' }],
      scans: [key.child],
    },
    {
      sql: () =>
        ddl.text(
          ddl.sql`SELECT ${ddl.raw(textLiteral(ddl, `rows of ${named} that point to no parent`))} AS "what", count(*) AS "rows" ${orphansOf(ddl, key)}`,
        ),
    },
  );
}

function editStep(keys: readonly ForeignKey[], edits: () => readonly KeyEdit[], context: EmitContext): Step {
  return {
    slug: 'edit',
    title: 'Change the ON DELETE clauses in the stored CREATE TABLE texts',
    keys,
    transaction: { begin: 'BEGIN IMMEDIATE', commit: 'COMMIT', rollback: 'ROLLBACK' },
    alone: false,
    up: side(edits, context),
    down: side(() => [...edits()].reverse().map(reversed), context),
  };
}

function side(edits: () => readonly KeyEdit[], context: EmitContext): Side {
  return madeWhenRead(
    {
      always: [
        {
          sql: 'PRAGMA writable_schema = RESET',
          comment: 'whatever happened, the stored texts are read-only again',
          locks: [],
          scans: [],
        },
      ],
      retry: whileLocked,
      fallback: context.runner.runsCode ? [rebuild(edits(), context)] : [],
    },
    () => editStatements(ddl, edits(), isWal(context)),
  );
}

function reversed(edit: KeyEdit): KeyEdit {
  return { ...edit, from: edit.to, to: edit.from, before: edit.after, after: edit.before };
}

/**
 * A defensive connection ignores writable_schema and refuses the UPDATE when it is prepared, though it would touch no row
 * (measured on better-sqlite3 12.11.1); https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigdefensive
 */
function rebuild(edits: readonly KeyEdit[], context: EmitContext): CodeFallback {
  const allowed = context.allowed?.includes('TABLE_REBUILD') === true;
  const tables = new Map<string, Plain[]>();
  for (const edit of edits) tables.set(edit.table, [...(tables.get(edit.table) ?? []), argumentOf(edit)]);
  return {
    probe: [
      'PRAGMA writable_schema = ON',
      'UPDATE main.sqlite_master SET sql = sql WHERE 0',
      'PRAGMA writable_schema = OFF',
    ],
    name: 'rebuildTables',
    source: readFileSync(new URL('./rebuild.runtime.ts', import.meta.url), 'utf8').replace(/^export /gm, ''),
    argument: {
      maximumRows: allowed ? -1 : unnoticedRows,
      tables: [...tables].map(([table, own]) => ({ table, edits: own })),
    },
  };
}

function argumentOf(edit: KeyEdit): Plain {
  const { label: key, columns, parent, parentColumns, position, twins, from, to, before, after } = edit;
  return { key, columns, parent, parentColumns, position, twins, from, to, before, after };
}

/** A table with what its edits share, and its text as the edits so far left it. */
interface Edited {
  readonly heads: readonly string[];
  readonly locks: readonly Lock[];
  /** The places of the clauses edited so far. */
  readonly places: number[];
  /** Read when the next edit asks: most tables have one or two. */
  text: () => ReadDefinition;
}

/** The edits in the order of the changes, each counting on the text that the ones before it left. */
function editsOf(changes: readonly Change[], context: EmitContext): readonly KeyEdit[] {
  const tables = new Map<string, Edited>();
  return changes.map((change, index): KeyEdit => {
    const { child } = change.foreignKey;
    let table = tables.get(child.name);
    if (table === undefined) {
      table = untouched(child, context);
      tables.set(child.name, table);
    }
    const read = table.text();
    const clauses = read.keys;
    const { places } = table;
    const place = clauses.findIndex((each, k) => isClauseOf(each, change) && !places.includes(k));
    const clause = clauses[place];
    if (clause === undefined)
      throw new OndeleteError('INTERNAL', `the clause of ${keyText(change.foreignKey)} is not in the text`);
    const { from, to } = { from: change.from.onDelete, to: change.to.onDelete };
    places.push(place);
    table.text = () => readingAfter(read, place, to);
    const twins = clauses.filter((other) => other === clause || isTwin(other, clause));
    const { before, after } = anchoredEdit(table.heads, read, clause, to);
    return {
      number: index + 1,
      table: child.name,
      label: label(keyText(change.foreignKey)),
      columns: clause.columns,
      parent: clause.parent,
      parentColumns: clause.parentColumns,
      position: twins.indexOf(clause),
      twins: twins.length,
      locks: table.locks,
      from,
      to,
      before,
      after,
    };
  });
}

function untouched(child: TableName, context: EmitContext): Edited {
  const definition = tableNamed(context.snapshot, child)?.definition ?? null;
  const read = definition === null ? null : readDefinition(definition);
  if (read === null) throw new OndeleteError('INTERNAL', `the text of ${child.name} is not understood`);
  return { heads: headsOf(child.name), locks: fileLocks([child], 'RESERVED'), places: [], text: () => read };
}

function isClauseOf(clause: KeyClause, { foreignKey, from }: Change): boolean {
  return (
    clause.name === foreignKey.name &&
    clause.onDelete === from.onDelete &&
    sameNames(clause.columns, foreignKey.columns) &&
    sameName(clause.parent, foreignKey.parent.name) &&
    (clause.parentColumns === null) === foreignKey.parentColumnsImplied &&
    (clause.parentColumns === null || sameNames(clause.parentColumns, foreignKey.parentColumns))
  );
}

/** Whether pragma foreign_key_list tells the same of both keys but for their ids and actions. */
function isTwin(a: KeyClause, b: KeyClause): boolean {
  const sameParentColumns =
    a.parentColumns === null || b.parentColumns === null
      ? a.parentColumns === b.parentColumns
      : sameNames(a.parentColumns, b.parentColumns);
  return sameParentColumns && sameName(a.parent, b.parent) && sameNames(a.columns, b.columns);
}

function sameName(a: string, b: string): boolean {
  return a === b || foldName(a) === foldName(b);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, place) => sameName(name, b[place] ?? ''));
}
