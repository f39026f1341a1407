/**
 * MySQL: the steps of a plan. A plain file cannot branch, so each key's statements go like this:
 *   1. foreign_key_checks=0 for this session, without which INPLACE is refused (error 1846, measured), and a bound on every wait for a lock;
 *   2. count orphans, for the reader;
 *   3. ask information_schema which state the key is in, and stop if it is none of those the file knows;
 *   4. for each ALTER: prepare it if the state asks for it, else DO 0, and execute it;
 *   5. always: put the session back as it was, and drop the variables.
 */
import type { Emitter } from '../../../src/core/contracts/engine.ts';
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import { tableId } from '../../../src/core/names.ts';
import type { Lock, Retry, Side, Statement, TableName } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import type { SwapPlan } from './swap-plan.ts';
import {
  alterSteps,
  currentNameSql,
  currentRuleSql,
  emitWith,
  exclusive,
  localText,
  messageSql,
  oneLine,
  orphanCount,
  type SchemaContext,
  type SqlVariant,
  stateSql,
  type WrittenStep,
} from './swap-sql.ts';

const ddl = ddlFor('mysql');

/** MySQL keeps the word as it was written, by every algorithm (measured on 9.7). */
const variant: SqlVariant = {
  ddl,
  algorithm: 'INPLACE',
  clause: (event, action) => ` ON ${event} ${action}`,
  exactTables: false,
};

/** A wait for a metadata lock ends after lock_wait_timeout (one second, its least) and leaves nothing changed. */
const retry: Retry = {
  codes: ['ER_LOCK_WAIT_TIMEOUT', '1205', 'ER_LOCK_DEADLOCK', '1213'],
  attempts: 30,
  pauseMilliseconds: [500, 2000],
};

export const emitter: Emitter = {
  emit: emitWith(() => variant, sideOf),
  createIndex: (key) =>
    ddl.text(
      ddl.sql`CREATE INDEX ${ddl.id(`${key.child.name}_${key.columns.join('_')}_idx`.slice(0, 64))} ON ${ddl.table(key.child)} (${ddl.ids(key.columns)})`,
    ),
};

function sideOf(context: SchemaContext, plan: SwapPlan): Side {
  const locks = locksOf(plan, context.schema);
  const statements = [
    sessionSettings,
    orphanCount(context, plan.key, ''),
    ...stateChecks(context, plan),
    ...alterSteps(context, plan).flatMap((step) => stepStatements(plan, step, locks)),
  ];
  return { kind: 'run', statements, always, retry, fallback: [] };
}

function plain(sql: string, comment: string): Statement {
  return { sql, comment: oneLine(comment), work: [] };
}

function setting(variable: string, value: Fragment, comment: string): Statement {
  return plain(ddl.text(ddl.sql`SET ${ddl.raw(variable)} = ${value}`), comment);
}

/** SIGNAL cannot be prepared (error 1295), so a function refuses the message as its argument. */
function stateChecks(context: SchemaContext, plan: SwapPlan): readonly Statement[] {
  const { key, name, from, to } = plan;
  return [
    setting(
      '@ondelete_name',
      currentNameSql(context, plan),
      `The name of ${localText(context, key)} in this database.`,
    ),
    setting(
      '@ondelete_rule',
      currentRuleSql(context, key, '@ondelete_name'),
      "The key's current ON DELETE and ON UPDATE.",
    ),
    setting(
      '@ondelete_state',
      stateSql(context, plan, '@ondelete_name', '@ondelete_rule'),
      `How far ${name} is on its way from ON DELETE ${from} to ON DELETE ${to}.`,
    ),
    plain(
      `SET @ondelete_state = IF(@ondelete_state = 'other', UUID_TO_BIN(${messageSql('@ondelete_name', '@ondelete_rule')}), @ondelete_state)`,
      `Stop with an error that says what was found, unless ${name} is in one of the states that this file expects.`,
    ),
  ];
}

/** Earlier values are kept in variables, once: a second try must not take ours for theirs. */
const sessionSettings: Statement = plain(
  `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
  'For this session only: swap without a copy of the table, and wait at most one second for a lock.',
);

const always: readonly Statement[] = [
  plain(
    `SET SESSION foreign_key_checks = IF(@ondelete_checks IS NULL, @@SESSION.foreign_key_checks, @ondelete_checks <> 0),
  SESSION lock_wait_timeout = IF(@ondelete_wait IS NULL, @@SESSION.lock_wait_timeout, CAST(@ondelete_wait AS UNSIGNED))`,
    "Restore the session's settings.",
  ),
  plain("PREPARE ondelete_hop FROM 'DO 0'", 'Prepare a no-op so that DEALLOCATE cannot fail.'),
  plain('DEALLOCATE PREPARE ondelete_hop', 'Remove the prepared statement.'),
  plain(
    'SET @ondelete_name = NULL, @ondelete_rule = NULL, @ondelete_state = NULL, @ondelete_sql = NULL, @ondelete_checks = NULL, @ondelete_wait = NULL',
    'Clear the variables.',
  ),
];

function stepStatements(plan: SwapPlan, step: WrittenStep, locks: readonly Lock[]): readonly Statement[] {
  const preview = ddl.text(step.alter);
  const states = ddl.raw(step.when.map((state) => `'${state}'`).join(', '));
  const name = step.then === 'new' ? step.add : 'a temporary name';
  const comment = oneLine(`Metadata only: no row of ${plan.key.child.name} is read or copied.`);
  return [
    setting(
      '@ondelete_sql',
      ddl.sql`IF(@ondelete_state IN (${states}), ${ddl.literal(preview)}, 'DO 0')`,
      `Unless it is there already: the key as ${name}, ON DELETE ${step.action}.`,
    ),
    prepare,
    { sql: 'EXECUTE ondelete_hop', comment, work: [{ sql: preview, comment, locks, scans: [] }] },
  ];
}

const prepare = plain(
  'PREPARE ondelete_hop FROM @ondelete_sql',
  'One statement drops and adds, so the key exists at every moment.',
);

/** The child, its parent, and the children of the child (measured with performance_schema.metadata_locks on 9.7). */
function locksOf(plan: SwapPlan, schema: SchemaIndex): readonly Lock[] {
  const { child, parent } = plan.key;
  const tables = new Map<string, TableName>(
    [child, parent, ...schema.childrenOf(child)].map((table) => [tableId(table), table]),
  );
  return [...tables.values()].map(exclusive);
}
