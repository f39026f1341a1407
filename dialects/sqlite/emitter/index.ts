/**
 * The steps of a change on SQLite:
 *  1. rows that point to no parent are counted, outside the transaction; they are reported and do not stop the change;
 *  2. in one transaction, the words of each ON DELETE clause are replaced in the stored texts (schema-edit.ts has the procedure).
 * A runner that runs code gets the rebuild of rebuild.runtime.ts beside it, for connections that may not edit those texts.
 */
import { readFileSync } from 'node:fs';
import { ddlFor } from '../../sql/ddl.ts';
import type { EmitContext, Emitter } from '../../../src/core/contracts/engine.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { keyText } from '../../../src/core/names.ts';
import type {
  Change,
  CodeFallback,
  ForeignKey,
  Lock,
  Plain,
  Retry,
  Side,
  Statement,
  Step,
} from '../../../src/core/model.ts';
import { orphansOf } from '../text/orphan-query.ts';
import { anchoredEdit, headsOf, withDeleteClause } from '../text/clause-edit.ts';
import { type KeyClause, readDefinition } from '../text/create-table.ts';
import { main, sameName, sameNames } from '../text/names.ts';
import { editStatements, fileLocks, type KeyEdit, label, textLiteral } from './schema-edit.ts';

/** A table of so many rows is rebuilt in less time than people notice: 10,000 rows with two indexes take 30 to 70 ms (measured). */
const unnoticedRows = 10_000;

/** A writer or, without WAL, a reader is in the way. Drivers wait by themselves as well: better-sqlite3 for 5 s by default. */
const whileLocked: Retry = {
  codes: ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'],
  attempts: 5,
  pauseMilliseconds: [100, 500],
};

const ddl = ddlFor('sqlite');

export const emitter: Emitter = {
  emit,
  createIndex: (key) =>
    ddl.text(
      ddl.sql`CREATE INDEX ${ddl.id(`${key.child.name}_${key.columns.join('_')}_idx`)} ON ${ddl.id(key.child.name)} (${ddl.ids(key.columns)})`,
    ),
};

function emit(changes: readonly Change[], context: EmitContext): readonly Step[] {
  if (changes.length === 0) return [];
  const keys = changes.map((change) => change.foreignKey);
  return [orphanStep(keys, context), editStep(keys, editsOf(changes, context), context)];
}

/** In a database without WAL a writer cannot commit while somebody reads: https://sqlite.org/lockingv3.html */
function isWal(context: EmitContext): boolean {
  return context.schema.snapshot.server.settings['journal_mode'] === 'wal';
}

function orphanStep(keys: readonly ForeignKey[], context: EmitContext): Step {
  const blocks = isWal(context) ? 'nothing' : 'writes';
  return {
    slug: 'check',
    title: 'Count rows that point to no parent',
    keys,
    transaction: null,
    alone: false,
    up: {
      kind: 'run',
      statements: keys.map((key) => orphanCount(key, blocks)),
      always: [],
      retry: null,
      fallback: [],
    },
    down: { kind: 'nothing', reason: 'counting changed nothing' },
  };
}

function orphanCount(key: ForeignKey, blocks: Lock['blocks']): Statement {
  const named = label(keyText(key));
  const what = ddl.raw(textLiteral(ddl, `rows of ${named} that point to no parent`));
  const sql = ddl.text(ddl.sql`SELECT ${what} AS "what", count(*) AS "rows" ${orphansOf(ddl, key)}`);
  const comment = `how many rows of ${named} point to no parent; the change does not depend on it`;
  const lock: Lock = { mode: 'SHARED', table: key.child, blocks, held: 'while rows are scanned' };
  return { sql, comment, work: [{ sql, comment, locks: [lock], scans: [key.child] }] };
}

function editStep(keys: readonly ForeignKey[], edits: readonly KeyEdit[], context: EmitContext): Step {
  return {
    slug: 'edit',
    title: 'Change the ON DELETE clauses in the stored CREATE TABLE texts',
    keys,
    transaction: { begin: 'BEGIN IMMEDIATE', commit: 'COMMIT', rollback: 'ROLLBACK' },
    alone: false,
    up: side(edits, context),
    down: side(edits.toReversed().map(reversed), context),
  };
}

function side(edits: readonly KeyEdit[], context: EmitContext): Side {
  return {
    kind: 'run',
    statements: editStatements(ddl, edits, isWal(context)),
    always: [
      {
        sql: 'PRAGMA writable_schema = RESET',
        comment: 'whatever happened, the stored texts are read-only again',
        work: [],
      },
    ],
    retry: whileLocked,
    fallback: context.runner.runsCode ? [rebuild(edits, context)] : [],
  };
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
  const tables = [...groupBy(edits, (edit) => edit.table)];
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
      tables: tables.map(([table, own]) => ({ table, edits: own.map(argumentOf) })),
    },
  };
}

function argumentOf(edit: KeyEdit): Plain {
  const { label: key, columns, parent, parentColumns, position, twins, from, to, before, after } = edit;
  return { key, columns, parent, parentColumns, position, twins, from, to, before, after };
}

interface NumberedChange {
  readonly change: Change;
  /** Its place among all changes, from 1. */
  readonly number: number;
}

/** The edits in the order of the changes. */
function editsOf(changes: readonly Change[], context: EmitContext): readonly KeyEdit[] {
  const numbered = changes.map((change, index): NumberedChange => ({ change, number: index + 1 }));
  const tables = groupBy(numbered, ({ change }) => change.foreignKey.child.name);
  return [...tables]
    .flatMap(([table, own]) => editsOfTable(table, own, context))
    .sort((a, b) => a.number - b.number);
}

/** Each edit counts on the text that the ones before it leave. */
function editsOfTable(
  table: string,
  changes: readonly NumberedChange[],
  context: EmitContext,
): readonly KeyEdit[] {
  const child = main(table);
  const heads = headsOf(table);
  const locks = fileLocks([child], 'RESERVED');
  const edited = new Set<number>();
  let text = context.schema.table(child)?.definition ?? '';
  return changes.map(({ change, number }): KeyEdit => {
    const definition = readDefinition(text);
    const clauses = definition?.keys ?? [];
    const place = clauses.findIndex((each, k) => isClauseOf(each, change) && !edited.has(k));
    const clause = clauses[place];
    const key = keyText(change.foreignKey);
    if (definition === null || clause === undefined)
      throw new OndeleteError('INTERNAL', `the clause of ${key} is not in the stored text`);
    const from = change.from.onDelete;
    const to = change.to.onDelete;
    const twins = clauses.filter((other) => other === clause || isTwin(other, clause));
    const { before, after } = anchoredEdit(heads, definition, clause, to);
    edited.add(place);
    text = withDeleteClause(text, clause, to);
    return {
      number,
      table,
      label: label(key),
      columns: clause.columns,
      parent: clause.parent,
      parentColumns: clause.parentColumns,
      position: twins.indexOf(clause),
      twins: twins.length,
      locks,
      from,
      to,
      before,
      after,
    };
  });
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

/** Whether pragma foreign_key_list says the same of both keys but for their ids and actions. */
function isTwin(a: KeyClause, b: KeyClause): boolean {
  const sameParentColumns =
    a.parentColumns === null || b.parentColumns === null
      ? a.parentColumns === b.parentColumns
      : sameNames(a.parentColumns, b.parentColumns);
  return sameParentColumns && sameName(a.parent, b.parent) && sameNames(a.columns, b.columns);
}
