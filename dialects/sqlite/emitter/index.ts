/**
 * The steps of a change on SQLite:
 *  1. for the engine's own client, which shows it, rows that point to no parent are counted, outside the transaction; they do not stop the change;
 *  2. in one transaction, the words of each ON DELETE clause are replaced in the stored texts (schema-edit.ts has the procedure).
 * A runner that runs code gets the rebuild of rebuild.runtime.ts beside it, for connections that may not edit those texts.
 */
import { ddlFor } from '../../sql/ddl.ts';
import type { EmitContext, Emitter } from '../../../src/core/contracts/engine.ts';
import type { Change, CodeFallback, Retry, StepBody, Step } from '../../../src/core/model.ts';
import { columnEdits } from './alter-column.ts';
import { editsOf } from './key-edits.ts';
import { type KeyEdit, reversed } from './key-table.ts';
import { madeAnewSteps } from './made-anew/index.ts';
import { orphanStep } from './orphan-step.ts';
import {
  editStatements,
  type FileContext,
  findingStatements,
  lastStatements,
  plainStatements,
} from './schema-edit.ts';
import { createIndexSql } from '../../sql/create-index.ts';
import { guard } from '../../sql/guard.ts';

/** A table of so many rows is rebuilt in less time than people notice: 10,000 rows with two indexes take 30 to 70 ms (measured). */
const unnoticedRows = 10_000;

/** A writer or, without WAL, a reader is in the way. Drivers wait by themselves as well: better-sqlite3 for 5 s by default. */
const whileLocked: Retry = {
  codes: ['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_BUSY_RECOVERY', 'SQLITE_LOCKED'],
  attempts: 5,
  pauseMilliseconds: [100, 500],
};

const ddl = ddlFor('sqlite');

/** @param rebuildCode the text of rebuild.runtime.ts, for files of runners that run code */
export const emitterWith = (rebuildCode: string): Emitter => ({
  emit: (changes, context) => emit(changes, context, rebuildCode),
  countsOrphans,
  createIndex: (key) => createIndexSql(ddl, key, ddl.id(key.child.name), Infinity),
});

/** Inside a tool's transaction the count would hold back other writers, and few tools show what a query answers. */
function countsOrphans({ plain, runner, wraps }: Pick<EmitContext, 'plain' | 'runner' | 'wraps'>): boolean {
  return !plain && wraps === 'nothing' && runner.commandLineClient;
}

/** A file for the client ends with a line that says what was done. Code may have to rebuild tables instead. */
function isForClient(context: EmitContext): boolean {
  return countsOrphans(context) && !context.runner.runsCode;
}

function emit(changes: readonly Change[], context: EmitContext, rebuildCode: string): readonly Step[] {
  if (changes.length === 0) return [];
  if (context.capabilities['schemaEdit']?.has === false) return madeAnewSteps(ddl, changes, context);
  const keys = changes.map((change) => change.foreignKey);
  const edits = editsOf(ddl, changes, context.schema);
  const edit = editStep(changes, edits, context, rebuildCode);
  return countsOrphans(context) ? [orphanStep(ddl, keys, context, isWal(context)), edit] : [edit];
}

/** In a database without WAL a writer cannot commit while somebody reads: https://sqlite.org/lockingv3.html */
function isWal(context: EmitContext): boolean {
  return context.schema.snapshot.server.settings['journal_mode'] === 'wal';
}

function editStep(
  changes: readonly Change[],
  edits: readonly KeyEdit[],
  context: EmitContext,
  rebuildCode: string,
): Step {
  const { capabilities, plain, schema } = context;
  // ALTER TABLE stops at any view or trigger that is broken; the edit of the stored text reads none.
  const isReadable = schema.snapshot.unreadable === undefined;
  const inPlace = capabilities['alterColumnTo']?.has === true && !plain && isReadable;
  const columns = inPlace ? columnEdits(changes, edits, schema) : [];
  return {
    slug: 'edit',
    title: 'Change the ON DELETE clauses in the stored CREATE TABLE texts',
    keys: changes.map((change) => change.foreignKey),
    transaction:
      context.wraps === 'nothing'
        ? { begin: 'BEGIN IMMEDIATE', commit: 'COMMIT', rollback: 'ROLLBACK' }
        : null,
    alone: false,
    up: body(edits, { columns, back: false }, context, rebuildCode),
    down: body(reversed(edits), { columns, back: true }, context, rebuildCode),
  };
}

function body(
  edits: readonly KeyEdit[],
  { back, columns }: Pick<FileContext, 'back' | 'columns'>,
  context: EmitContext,
  rebuildCode: string,
): StepBody {
  const statements = context.plain ? plainStatements : editStatements;
  const isTold = isForClient(context);
  return {
    kind: 'run',
    statements: statements(ddl, edits, {
      isWal: isWal(context),
      wraps: context.wraps,
      withOperations: context.withOperations,
      isTold,
      columns,
      back,
    }),
    // what libSQL changes in place needs no setting
    always: [
      ...(edits.every(({ child }) => columns.some(({ edit }) => edit.child === child))
        ? []
        : [guard('PRAGMA writable_schema = RESET')]),
      ...(isTold ? lastStatements : []),
    ],
    retry: whileLocked,
    fallback: context.runner.runsCode && !context.plain ? [rebuild(edits, context, rebuildCode)] : [],
  };
}

/**
 * A defensive connection ignores writable_schema and refuses the UPDATE when it is prepared, though it would touch no row
 * (measured on better-sqlite3 12.11.1); https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfigdefensive
 */
function rebuild(edits: readonly KeyEdit[], context: EmitContext, code: string): CodeFallback {
  const allowed = context.allowed?.includes('TABLE_REBUILD') === true;
  return {
    precheck: [
      'PRAGMA writable_schema = ON',
      'UPDATE main.sqlite_master SET sql = sql WHERE 0',
      'PRAGMA writable_schema = OFF',
    ],
    name: 'rebuildTables',
    code,
    argument: {
      maximumRows: allowed ? -1 : unnoticedRows,
      find: findingStatements(ddl, edits).map(({ sql }) => sql),
    },
  };
}
