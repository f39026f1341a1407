/**
 * MariaDB: the steps of a plan. An anonymous block branches, loops and stops with a message by itself, so each key is one statement:
 * ask information_schema for the state, stop if it is unknown, then the hops, tried again while a lock is not to be had.
 * SET STATEMENT … FOR sets foreign_key_checks for one statement, so there is nothing to put back.
 */
import { ddlFor, type Fragment } from '../../sql/ddl.ts';
import { madeWhenRead, writtenWhenRead } from '../../sql/statement.ts';
import type { Emit } from '../../../src/core/contracts/engine.ts';
import { type Side, type Snapshot, type Statement, type Table } from '../../../src/core/model.ts';
import {
  countLocks,
  exclusive,
  alterSql,
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
} from '../../mysql/emitter/swap-sql.ts';
import { tableNamed } from '../../../src/core/schema-index.ts';
import type { AlterStep, SwapPlan } from '../../mysql/emitter/swap-plan.ts';

const ddl = ddlFor('mariadb');

/** Tries before the block gives up, and the pause between them. */
const tries = 30;

/** Seconds that a question may wait for a table which somebody is changing; the server's own bound is a day. */
const patience = ddl.raw('30');

export const emit: Emit = (changes, { snapshot }) => {
  const place = schemaContext(changes, snapshot);
  const exactTables = (snapshot.server.settings['lower_case_table_names'] ?? '0') === '0';
  const dress = dressFor(exactTables);
  return changes.map((change) => stepOf(change, place, (route) => sideOf(route, snapshot, place, dress)));
};

function dressFor(exactTables: boolean): SqlVariant {
  return {
    ddl,
    algorithm: 'NOCOPY',
    // Trap: without a copy, a RESTRICT that is written is stored as NO ACTION; left out it is stored as RESTRICT (measured on 10.11 and 11.8).
    clause: (event, action) => (action === 'RESTRICT' ? '' : ` ON ${event} ${action}`),
    exactTables,
  };
}

function sideOf(routeOf: () => SwapPlan, snapshot: Snapshot, place: SchemaContext, dress: SqlVariant): Side {
  const side = { always: [], retry: null, fallback: [] };
  return madeWhenRead(side, () => statementsOf(routeOf(), snapshot, place, dress));
}

function statementsOf(
  route: SwapPlan,
  snapshot: Snapshot,
  place: SchemaContext,
  dress: SqlVariant,
): readonly Statement[] {
  const { key, name } = route;
  const child = tableNamed(snapshot, key.child);
  const orphans = writtenWhenRead(
    {
      comment: oneLine(`Rows of ${key.child.name} that point to no parent, told and left as they are.`),
      locks: countLocks(key),
      scans: [key.child],
    },
    {
      sql: () =>
        ddl.text(
          ddl.sql`SET STATEMENT lock_wait_timeout = ${patience} FOR ${orphanCountSql(ddl, key, place)}`,
        ),
    },
  );
  const swap = writtenWhenRead(
    {
      comment: oneLine(
        `Brings ${name} from ON DELETE ${route.from} to ON DELETE ${route.to}; stops unless it is in a state this file knows.`,
      ),
      // The child alone (measured on 10.11 and 11.8); an open transaction that deleted from the parent holds it too.
      locks: [exclusive(key.child)],
      scans: [],
    },
    {
      sql: () => ddl.text(block(route, place, dress, child)),
      heart: () =>
        route.hops
          .map((hop, at) =>
            ddl.text(alterSql(dress, route, hop, place, madeFor(key, at === 0 ? child : null))),
          )
          .join(';\n'),
    },
  );
  return [orphans, swap];
}

function block(route: SwapPlan, place: SchemaContext, dress: SqlVariant, child: Table | null): Fragment {
  const hops = route.hops.map((hop, at) => hopBlock(route, hop, place, dress, at === 0 ? child : null));
  return ddl.sql`BEGIN NOT ATOMIC
  DECLARE ondelete_name VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_rule, ondelete_state VARCHAR(64) CHARACTER SET utf8mb3;
  DECLARE ondelete_message VARCHAR(255) CHARACTER SET utf8mb4;
  DECLARE ondelete_tries INT DEFAULT 0;
  SET STATEMENT lock_wait_timeout = ${patience} FOR SELECT ${nameHereSql(dress, route, place)} INTO ondelete_name;
  SET STATEMENT lock_wait_timeout = ${patience} FOR SELECT ${ruleHereSql(ddl, route.key, place, 'ondelete_name')} INTO ondelete_rule;
  SET ondelete_state = ${stateSql(ddl, route, 'ondelete_name', 'ondelete_rule')};
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
${ddl.join(hops, '\n')}
    END;
  END WHILE;
END`;
}

function hopBlock(
  route: SwapPlan,
  hop: AlterStep,
  place: SchemaContext,
  dress: SqlVariant,
  child: Table | null,
): Fragment {
  const alter = alterSql(dress, route, hop, place, madeFor(route.key, child));
  // After the first hop the state has moved on, so the second asks for `half` alone.
  const state = ddl.raw(hop.when.includes('half') ? "'half'" : "'old'");
  return ddl.sql`      IF ondelete_state = ${state} THEN
        SET STATEMENT foreign_key_checks = 0, lock_wait_timeout = 1 FOR
        ${alter};
        SET ondelete_state = ${ddl.raw(`'${hop.then}'`)};
      END IF;`;
}
