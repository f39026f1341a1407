/**
 * MariaDB: the steps of a plan. An anonymous block branches, loops and stops with a message by itself, so each key is one statement:
 * ask information_schema for the state, stop if it is unknown, then each ALTER, tried again while a lock is not to be had.
 * SET STATEMENT … FOR sets foreign_key_checks for one statement, so there is nothing to put back.
 */
import type { Emitter } from '../../../src/core/contracts/engine.ts';
import { emitter as mysql } from '../../mysql/emitter/index.ts';
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import type { Side, Statement } from '../../../src/core/model.ts';
import type { SwapPlan } from '../../mysql/emitter/swap-plan.ts';
import {
  alterSteps,
  currentNameSql,
  currentRuleSql,
  emitWith,
  exclusive,
  messageSql,
  oneLine,
  orphanCount,
  type SchemaContext,
  stateSql,
  type WrittenStep,
} from '../../mysql/emitter/swap-sql.ts';

const ddl = ddlFor('mariadb');

/** Tries before the block gives up. */
const tries = 30;

/** How long a question may wait for a table which somebody is changing; the server's own bound is a day. */
const lockWait = 'SET STATEMENT lock_wait_timeout = 30 FOR ';

export const emitter: Emitter = {
  emit: emitWith(
    (server) => ({
      ddl,
      algorithm: 'NOCOPY',
      // Trap: without a copy, a RESTRICT that is written is stored as NO ACTION; left out it is stored as RESTRICT (measured on 10.11 and 11.8).
      clause: (event, action) => (action === 'RESTRICT' ? '' : ` ON ${event} ${action}`),
      exactTables: (server.settings['lower_case_table_names'] ?? '0') === '0',
    }),
    sideOf,
  ),
  createIndex: mysql.createIndex,
};

function sideOf(context: SchemaContext, plan: SwapPlan): Side {
  const { key, name, from, to } = plan;
  const steps = alterSteps(context, plan);
  const comment = oneLine(
    `Change ${name} from ON DELETE ${from} to ON DELETE ${to}; stop unless it is in one of the states that this file expects.`,
  );
  const swap: Statement = {
    sql: ddl.text(block(context, plan, steps)),
    comment,
    // The child alone (measured on 10.11 and 11.8); an open transaction that deleted from the parent holds it too.
    work: [
      {
        sql: steps.map(({ alter }) => ddl.text(alter)).join(';\n'),
        comment,
        locks: [exclusive(key.child)],
        scans: [],
      },
    ],
  };
  const statements = [orphanCount(context, key, lockWait), swap];
  return { kind: 'run', statements, always: [], retry: null, fallback: [] };
}

function block(context: SchemaContext, plan: SwapPlan, steps: readonly WrittenStep[]): Fragment {
  return ddl.sql`BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  ${ddl.raw(lockWait)}SELECT ${currentNameSql(context, plan)} INTO ondelete_name;
  ${ddl.raw(lockWait)}SELECT ${currentRuleSql(context, plan.key, 'ondelete_name')} INTO ondelete_rule;
  SET ondelete_state = ${stateSql(context, plan, 'ondelete_name', 'ondelete_rule')};
  IF ondelete_state = 'other' THEN
    SET ondelete_message = ${ddl.raw(messageSql('ondelete_name', 'ondelete_rule'))};
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ondelete_message;
  END IF;
  WHILE ondelete_state <> 'new' DO
    BEGIN
      DECLARE EXIT HANDLER FOR 1205, 1213
      BEGIN
        SET ondelete_tries = ondelete_tries + 1;
        IF ondelete_tries >= ${ddl.raw(String(tries))} THEN RESIGNAL; END IF;
        DO SLEEP(0.5 + RAND() * 1.5);
      END;
${ddl.join(steps.map(stepBlock), '\n')}
    END;
  END WHILE;
END`;
}

function stepBlock({ when, alter, then }: WrittenStep): Fragment {
  // After the first step the state has moved on, so the second asks for `half` alone.
  const state = ddl.raw(when.includes('half') ? "'half'" : "'old'");
  return ddl.sql`      IF ondelete_state = ${state} THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ${alter};
        SET ondelete_state = ${ddl.raw(`'${then}'`)};
      END IF;`;
}
