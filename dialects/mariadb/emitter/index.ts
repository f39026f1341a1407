/**
 * MariaDB: the steps of a plan. An anonymous block branches, loops and stops with a message by itself, so all keys are one statement:
 * ask in which state each key is and stop if one is unknown, ask for the rights on all, then change key after key, each ALTER tried again
 * while a lock is not to be had. SET STATEMENT … FOR sets variables for one statement, so there is little to put back.
 */
import type { Emitter } from '../../../src/core/contracts/engine.ts';
import { distinctTables, sameTable } from '../../../src/core/names.ts';
import type { Lock, StepBody, Statement, TableName } from '../../../src/core/model.ts';
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import { emitWith } from '../../mysql/emitter/one-step.ts';
import { emitter as mysql, retry } from '../../mysql/emitter/index.ts';
import type { KeySwap } from '../../mysql/emitter/key-swap.ts';
import { keyStates, neededFor } from '../../mysql/emitter/key-states.ts';
import {
  alterOperation,
  countsOrphans,
  countOperation,
  exclusive,
  progressSql,
  type SchemaContext,
  type SqlVariant,
  turn,
  describedOperations,
  plainAlters,
} from '../../mysql/emitter/shared-sql.ts';
import { guard } from '../../sql/guard.ts';

const ddl = ddlFor('mariadb');

/** Without a copy, a RESTRICT that is written is stored as NO ACTION; left out it is stored as RESTRICT (measured on 10.11 and 11.8). */
const variant: SqlVariant = { ddl, row: '', algorithm: 'NOCOPY', omittedActions: ['RESTRICT'] };

export const emitter: Emitter = {
  emit: emitWith(variant, bodyOf, plainBodyOf),
  countsOrphans,
  createIndex: mysql.createIndex,
};

/**
 * Tries that do not wait for a lock at all, and tries in all before the block gives up. An ALTER that waits for one table while it holds
 * another makes the server roll back a transaction of the application that wants them in the other order (error 1213; 3 in 8 seconds of
 * `npm run chaos -- --load` on 10.11, none without waiting).
 */
const tries = { withoutWaiting: 100, all: 130 };

/** No check of the rows, which would copy the table. */
const unchecked = 'SET STATEMENT foreign_key_checks = 0 FOR ';

/**
 * A bound on both kinds of wait. The second is for the children of the child: if a transaction has written one, the ALTER waits for it while
 * nobody can read the child, by default up to 50 seconds (measured on 10.11 and 11.8).
 */
const bounds = ['lock_wait_timeout', 'innodb_lock_wait_timeout'];

function bodyOf(context: SchemaContext, swaps: readonly KeySwap[]): StepBody {
  const progress = swaps.map((swap, at) =>
    progressSql(context, swap, `${at + 1}/${swaps.length} ${swap.sql.label}`),
  );
  const more = {
    name: 'progress',
    value: (at: number): Fragment => ddl.literal(ddl.text(progress[at] ?? ddl.raw(''))),
  };
  const asked = keyStates(context, swaps, context.isSeen ? { more } : {});
  const needed = neededFor(swaps);
  const hasTrials = needed.alter || needed.references;
  const { numbers, order, statement } = hasTrials ? threeSteps : twoSteps;
  const change: Statement = {
    sql: ddl.text(ddl.sql`SET STATEMENT sql_big_selects = 1, max_statement_time = 0, group_concat_max_len = 1000000,
    ${ddl.raw(bounds.map((name) => `${name} = 30`).join(', '))} FOR BEGIN NOT ATOMIC
  DECLARE clustered BOOLEAN DEFAULT ${ddl.raw(hasCluster)};
  DECLARE tries, seconds INT; DECLARE done BOOLEAN; DECLARE turn VARCHAR(64) CHARACTER SET utf8mb4 DEFAULT ${ddl.raw(turn)};
  DECLARE message VARCHAR(255) CHARACTER SET utf8mb4 DEFAULT ${ddl.raw(guards)};
  FOR one IN (${asked}
SELECT n, step, ${ddl.raw(context.isSeen ? 'progress, ' : '')}${ddl.raw(statement)}COALESCE(message, FIRST_VALUE(trouble) OVER (ORDER BY trouble IS NULL, n)) AS trouble
FROM steps JOIN (SELECT ${ddl.raw(numbers)}) AS all_steps ORDER BY ${ddl.raw(order)}) DO
${ddl.raw(changeOne(context.isSeen, hasTrials))}
  END FOR; END`),
    comment:
      'Nothing is changed unless every key is in a state that this file knows. The keys are listed first.',
    operations: describedOperations(context, () =>
      swaps.flatMap((swap, at) => [
        ...countOperation(context, swap, progress[at] ?? ddl.raw('')),
        ...swap.alters.map((alter) => alterOperation(context, swap, alter, locksOf(context, swap))),
      ]),
    ),
  };
  return { kind: 'run', statements: [keepMode, change], always: putBack, retry: null, fallback: [] };
}

const keepMode: Statement = guard(
  "SET @ondelete_mode = COALESCE(@ondelete_mode, @@SESSION.sql_mode), SESSION sql_mode = ''",
  'For this session only: under sql_mode=ORACLE the block would not be understood.',
);

const putBack: readonly Statement[] = [
  guard(
    'SET SESSION sql_mode = COALESCE(@ondelete_mode, @@SESSION.sql_mode), @ondelete_mode = NULL',
    'Put the session back as it was.',
  ),
  guard(`DO RELEASE_LOCK(${turn})`),
];

const hasCluster =
  "EXISTS (SELECT 1 FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME = 'wsrep_on' AND GLOBAL_VALUE = 'ON')";

/** With Galera's RSU one node alone is changed, and the next delete of a parent throws another out of the cluster (measured on 10.11). */
const guards = `CASE
    WHEN CONCAT(@@GLOBAL.read_only) NOT IN ('OFF', '0') THEN 'this server is read-only, as a replica is; run this on its source'
    WHEN clustered AND EXISTS (SELECT 1 FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_NAME IN ('wsrep_on', 'wsrep_OSU_method')
        AND SESSION_VALUE NOT IN ('ON', 'TOI'))
      THEN 'this is a node of a cluster; wsrep_on must be ON and wsrep_OSU_method TOI'
    WHEN GET_LOCK(turn, 10) <> 1 THEN CONCAT('connection ', IS_USED_LOCK(turn), ' runs another file of ondelete in this database')
    END`;

const tellProgress = `
    IF one.step = 1 THEN BEGIN -- the progress, and orphans for information
      DECLARE EXIT HANDLER FOR SQLEXCEPTION SELECT one.n AS ondelete, 'not counted' AS orphans;
      SET SESSION lock_wait_timeout = 30; EXECUTE IMMEDIATE one.progress; END; END IF;`;

/** The steps of a key as rows, and the order of them all. */
interface Steps {
  readonly numbers: string;
  readonly statement: string;
  readonly order: string;
}

const twoSteps: Steps = {
  numbers: '1 AS step UNION SELECT 2',
  statement: 'ELT(step, first_step, last_step) AS statement, ',
  order: 'n, step',
};

/**
 * Step 0 of a key asks for its rights, and comes before step 1 of any: no view shows what a role or PUBLIC may (measured on 11.8), but the server
 * looks at the rights of an ALTER TABLE (error 1142) before it misses the key to be dropped (error 1091), and waits for no row that anybody
 * writes (measured on 10.11 and 11.8). That key has a name that nobody can have given to one. A Galera cluster would roll back whoever is in the way, also for that, so it is left out there.
 */
const threeSteps: Steps = {
  numbers: '0 AS step UNION SELECT 1 UNION SELECT 2',
  statement: `ELT(step + 1, IF(clustered OR state = 'new', 'DO 0',
    CONCAT('ALTER TABLE ', child, ' DROP FOREIGN KEY \`', UUID(), '\`, ADD', definition)), first_step, last_step) AS statement,
  `,
  order: 'step > 0, n, step',
};

const endTrial = `
        DECLARE EXIT HANDLER FOR 1091 -- step 0 drops a key that is not there: it only asks for rights
          IF one.step = 0 THEN SET done = TRUE; ELSE RESIGNAL; END IF;`;

/**
 * The body of the loop. A try that meets a lock is made again.
 * A Galera cluster rolls back whoever is in the way, and a node that gives up waiting meanwhile goes on without the change and tells nobody
 * (measured on 11.8: after three files under load two of three keys differed). So no wait is bounded there, and no bound is in the text
 * that other nodes and replicas get: it is set for the session, and goes with the block.
 */
const changeOne = (isSeen: boolean, hasTrials: boolean): string => `    IF one.trouble IS NOT NULL THEN
      SET message = CONCAT('ondelete changed nothing: ', one.trouble); SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = message; END IF;${isSeen ? tellProgress : ''}
    SET done = FALSE, tries = 0; WHILE NOT done DO
      BEGIN${hasTrials ? endTrial : ''}
        DECLARE EXIT HANDLER FOR 1205, 1213 BEGIN -- somebody has a lock: pause, then try again; after ${tries.withoutWaiting} tries wait a second for it
          SET tries = tries + 1; IF tries >= ${tries.all} THEN RESIGNAL; END IF; DO SLEEP((0.5 + RAND()) * IF(seconds = 0, 0.1, 1)); END;
        SET seconds = IF(clustered, 86400, tries >= ${tries.withoutWaiting});
        SET SESSION ${bounds.map((name) => `${name} = seconds`).join(', ')};
        EXECUTE IMMEDIATE CONCAT('${unchecked}', one.statement);
        SET done = TRUE;
      END;
    END WHILE;`;

/**
 * The child (an open transaction that wrote to the parent holds it too), and the children of the child until their open writes have ended
 * (measured on 10.11 and 11.8).
 */
function locksOf({ schema }: SchemaContext, { key }: KeySwap): readonly Lock[] {
  const below = distinctTables(schema.childrenOf(key.child)).filter((table) => !sameTable(table, key.child));
  const rowLock = (table: TableName): Lock => ({
    mode: 'InnoDB table X',
    table,
    blocks: 'writes',
    held: 'for a moment',
  });
  return [exclusive(key.child), ...below.map(rowLock)];
}

const plainSettings = `SET STATEMENT foreign_key_checks = 0, ${bounds.map((name) => `${name} = 1`).join(', ')} FOR`;

function plainBodyOf(context: SchemaContext, swaps: readonly KeySwap[]): StepBody {
  const before = ddl.raw(`${plainSettings}\n`);
  const statements = plainAlters(context, swaps, (swap) => locksOf(context, swap), before);
  return { kind: 'run', statements, always: [], retry, fallback: [] };
}
