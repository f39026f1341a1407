/**
 * MySQL: the steps of a plan. A plain file cannot branch, so each key's statements go like this:
 *   1. foreign_key_checks=0 for this session, without which INPLACE is refused (error 1846, measured), and a bound on every wait for a lock;
 *   2. count orphans, for the reader;
 *   3. ask information_schema which state the key is in, and stop if it is none of those the file knows;
 *   4. for each hop: prepare the ALTER if the state asks for it, else DO 0, and execute it;
 *   5. always: put the session back as it was, and drop the variables.
 */
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import { madeWhenRead, writtenWhenRead } from '../../sql/statement.ts';
import type { Emit } from '../../../src/core/contracts/engine.ts';
import {
  tableId,
  type Lock,
  type Retry,
  type Side,
  type Snapshot,
  type Statement,
  type Table,
  type TableName,
} from '../../../src/core/model.ts';
import {
  countLocks,
  exclusive,
  alterSql,
  localText,
  madeFor,
  messageSql,
  nameHereSql,
  oneLine,
  orphanCountSql,
  schemaContext,
  ruleHereSql,
  stateSql,
  stepOf,
  type SqlVariant,
  type SchemaContext,
} from './swap-sql.ts';
import { childrenOf, tableNamed } from '../../../src/core/schema-index.ts';
import type { AlterStep, SwapPlan } from './swap-plan.ts';

const ddl = ddlFor('mysql');

/** MySQL keeps the word as it was written, by every algorithm (measured on 9.7). */
const dress: SqlVariant = {
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

export const emit: Emit = (changes, { snapshot }) => {
  const place = schemaContext(changes, snapshot);
  return changes.map((change) => stepOf(change, place, (route) => sideOf(route, snapshot, place)));
};

function sideOf(routeOf: () => SwapPlan, snapshot: Snapshot, place: SchemaContext): Side {
  return madeWhenRead({ always, retry, fallback: [] }, () => {
    const route = routeOf();
    const child = tableNamed(snapshot, route.key.child);
    const locks = locksOf(route, snapshot);
    const hops = route.hops.flatMap((hop, at) =>
      hopStatements(route, hop, place, at === 0 ? child : null, locks),
    );
    return [quiet, ...guards(route, place), ...hops];
  });
}

function plain(sql: string, comment: string): Statement {
  return { sql, comment: oneLine(comment), locks: [], scans: [] };
}

function longer(sql: () => Fragment, comment: string): Statement {
  return writtenWhenRead({ comment: oneLine(comment), locks: [], scans: [] }, { sql: () => ddl.text(sql()) });
}

function guards(route: SwapPlan, place: SchemaContext): readonly Statement[] {
  const { key, name } = route;
  return [
    writtenWhenRead(
      {
        comment: oneLine(`Rows of ${key.child.name} that point to no parent, told and left as they are.`),
        locks: countLocks(key),
        scans: [key.child],
      },
      { sql: () => ddl.text(orphanCountSql(ddl, key, place)) },
    ),
    longer(
      () => ddl.sql`SET @ondelete_name = ${nameHereSql(dress, route, place)}`,
      `What ${localText(key, place)} is called here.`,
    ),
    longer(
      () => ddl.sql`SET @ondelete_rule = ${ruleHereSql(ddl, key, place, '@ondelete_name')}`,
      'What it does here.',
    ),
    longer(
      () => ddl.sql`SET @ondelete_state = ${stateSql(ddl, route, '@ondelete_name', '@ondelete_rule')}`,
      `Where ${name} stands between ON DELETE ${route.from} and ON DELETE ${route.to}.`,
    ),
    // SIGNAL cannot be prepared (error 1295), so a function refuses the message as its argument.
    plain(stopUnlessKnown, `Stops here, with what was found, unless ${name} is in a state this file knows.`),
  ];
}

const stopUnlessKnown = `SET @ondelete_state = IF(@ondelete_state = 'other', UUID_TO_BIN(${messageSql('@ondelete_name', '@ondelete_rule')}), @ondelete_state)`;

/** Earlier values are kept in variables, once: a second try must not take ours for theirs. */
const quiet: Statement = plain(
  `SET @ondelete_checks = COALESCE(@ondelete_checks, @@SESSION.foreign_key_checks), @ondelete_wait = COALESCE(@ondelete_wait, @@SESSION.lock_wait_timeout),
  SESSION foreign_key_checks = 0, SESSION lock_wait_timeout = 1`,
  'This session alone: swap without a copy of the table, and give up waiting for a lock after a second.',
);

const always: readonly Statement[] = [
  plain(
    `SET SESSION foreign_key_checks = IF(@ondelete_checks IS NULL, @@SESSION.foreign_key_checks, @ondelete_checks <> 0),
  SESSION lock_wait_timeout = IF(@ondelete_wait IS NULL, @@SESSION.lock_wait_timeout, CAST(@ondelete_wait AS UNSIGNED))`,
    'The session is again as it was.',
  ),
  plain("PREPARE ondelete_hop FROM 'DO 0'", 'So that there is one to drop, whatever happened.'),
  plain('DEALLOCATE PREPARE ondelete_hop', 'No prepared statement stays behind.'),
  plain(
    'SET @ondelete_name = NULL, @ondelete_rule = NULL, @ondelete_state = NULL, @ondelete_sql = NULL, @ondelete_checks = NULL, @ondelete_wait = NULL',
    'No variable stays behind.',
  ),
];

function hopStatements(
  route: SwapPlan,
  hop: AlterStep,
  place: SchemaContext,
  child: Table | null,
  locks: readonly Lock[],
): readonly Statement[] {
  const alter = (): string => ddl.text(alterSql(dress, route, hop, place, madeFor(route.key, child)));
  const states = ddl.raw(hop.when.map((state) => `'${state}'`).join(', '));
  const last = hop.then === 'new';
  return [
    longer(
      () => ddl.sql`SET @ondelete_sql = IF(@ondelete_state IN (${states}), ${ddl.literal(alter())}, 'DO 0')`,
      last
        ? `The key under ${hop.add}, ON DELETE ${hop.action}.`
        : `The key under a temporary name, ON DELETE ${hop.action}.`,
    ),
    prepare,
    writtenWhenRead(
      {
        comment: oneLine(`Metadata only: no row of ${route.key.child.name} is read or copied.`),
        locks,
        scans: [],
      },
      { sql: () => 'EXECUTE ondelete_hop', heart: alter },
    ),
  ];
}

const prepare = plain(
  'PREPARE ondelete_hop FROM @ondelete_sql',
  'One statement drops and adds, so the key is there at every moment.',
);

/** The child, its parent, and the children of the child (measured with performance_schema.metadata_locks on 9.7). */
function locksOf(route: SwapPlan, snapshot: Snapshot): readonly Lock[] {
  const { child, parent } = route.key;
  const tables = new Map<string, TableName>(
    [child, parent, ...childrenOf(snapshot, child)].map((table) => [tableId(table), table]),
  );
  return [...tables.values()].map(exclusive);
}
