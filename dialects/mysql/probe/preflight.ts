/** What stands in the way of these changes right now. Each question is asked as far as the user's rights go; silence is no objection. */
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { type Answer, longest, rowsOf, type ServerSession } from '../../sql/session.ts';
import type { PreflightHazard } from '../../../src/core/contracts/probe.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import { distinctTables, keyText, tableId, tableText } from '../../../src/core/names.ts';
import type { Change, ForeignKey, Hazard, Server, TableName } from '../../../src/core/model.ts';
import type { Row } from '../connection/connect.ts';
import { grantsQuery, may, type Rights, rightsIn } from '../connection/grants.ts';

const settingNames = [
  'read_only',
  'super_read_only',
  'wsrep_on',
  'group_replication_group_name',
  'group_replication_enforce_update_everywhere_checks',
  'performance_schema',
];

/** Older than this, a transaction is one that somebody forgot. */
const longSeconds = 5;

/** Hazards of the moment: read-only, replicas, Galera, group replication, open transactions, missing rights. */
export async function preflight(
  session: ServerSession,
  changes: readonly Change[],
  schema: SchemaIndex,
): Promise<readonly PreflightHazard[]> {
  const { server } = schema.snapshot;
  const questions = [
    { sql: 'SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)', parameters: [settingNames] },
    { sql: grantsQuery },
    { sql: server.flavor === 'mariadb' ? 'SHOW ALL SLAVES STATUS' : 'SHOW REPLICA STATUS' },
    { sql: dumpsQuery },
    { sql: membersQuery },
    { sql: recordedQuery },
  ];
  const [variables, grants, sources, dumps, members, recorded] = await session.queryAll(questions, longest);
  const settings = new Map(
    rowsOf(variables).map((row) => [String(row['Variable_name']), String(row['Value'])]),
  );
  // MariaDB does not record these locks unless told to.
  const isRecorded = settings.get('performance_schema') === 'ON' && seen(recorded)[0]?.['e'] === 'YES';
  return [
    ...readOnly(server, settings, seen(sources)),
    ...replicas(server, settings, { dumps: seen(dumps), members: seen(members) }),
    ...groupReplication(changes, settings),
    ...(await openTransactions(session, isRecorded, touched(changes, schema))),
    ...missingRights(rightsIn(grants), changes),
  ];
}

const dumpsQuery =
  "SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'";
/** MariaDB and servers without the plugin have no such table. */
const membersQuery =
  "SELECT COUNT(*) AS n FROM performance_schema.replication_group_members WHERE MEMBER_STATE = 'ONLINE'";
const recordedQuery =
  "SELECT ENABLED AS e FROM performance_schema.setup_instruments WHERE NAME = 'wait/lock/metadata/sql/mdl'";

/** The rows, or none where the user lacks the right or the server the view. */
function seen(answer: Answer | undefined): readonly Row[] {
  return answer?.status === 'fulfilled' ? answer.value : [];
}

function ofKey(code: Code, key: ForeignKey, detail: string): PreflightHazard {
  return { ...hazard(code, keyText(key), detail), key };
}

function hazard(code: Code, subject: string, detail: string): Hazard {
  return { code, subject, detail };
}

function readOnly(
  server: Server,
  settings: ReadonlyMap<string, string>,
  sources: readonly Row[],
): readonly Hazard[] {
  const on = ['super_read_only', 'read_only'].find(
    (name) => !['OFF', '0', undefined].includes(settings.get(name)),
  );
  if (on !== undefined) return [hazard('READ_ONLY_SERVER', server.product, `${on} is on`)];
  if (sources.length === 0) return [];
  const detail = 'the server replicates from another one; run changes on the source';
  return [hazard('READ_ONLY_SERVER', server.product, detail)];
}

function replicas(
  server: Server,
  settings: ReadonlyMap<string, string>,
  { dumps, members }: { readonly dumps: readonly Row[]; readonly members: readonly Row[] },
): readonly Hazard[] {
  const galera =
    settings.get('wsrep_on') === 'ON' ? [hazard('GALERA', server.product, 'wsrep_on is ON')] : [];
  const wait = 'there the change waits for long queries, and new readers of the table queue behind it';
  const readers = Number(dumps[0]?.['n'] ?? 0);
  const others = Number(members[0]?.['n'] ?? 0) - 1;
  const standbys = [
    [readers, `${readers} ${readers === 1 ? 'replica reads' : 'replicas read'} the binary log`],
    [others, `the replication group has ${others} other ${others === 1 ? 'member' : 'members'}`],
  ] as const;
  return [
    ...galera,
    ...standbys
      .filter(([count]) => count > 0)
      .map(([, who]) => hazard('STANDBYS', server.product, `${who}; ${wait}`)),
  ];
}

/** https://dev.mysql.com/doc/refman/9.7/en/group-replication-limitations.html: multi-primary mode refuses cascading keys. */
function groupReplication(
  changes: readonly Change[],
  settings: ReadonlyMap<string, string>,
): readonly PreflightHazard[] {
  if (settings.get('group_replication_enforce_update_everywhere_checks') !== 'ON') return [];
  return changes
    .filter((change) => change.to.onDelete === 'CASCADE' || change.to.onDelete === 'SET NULL')
    .map((change) =>
      ofKey(
        'GROUP_REPLICATION_CASCADE',
        change.foreignKey,
        'group_replication_enforce_update_everywhere_checks is ON',
      ),
    );
}

/** The tables whose locks a swap wants: child and the children of the child, on MySQL parent too. */
function touched(changes: readonly Change[], schema: SchemaIndex): readonly TableName[] {
  const children = distinctTables(changes.map(({ foreignKey }) => foreignKey.child));
  const parents =
    schema.snapshot.server.flavor === 'mysql' ? changes.map(({ foreignKey }) => foreignKey.parent) : [];
  return distinctTables([...children, ...parents, ...children.flatMap((child) => schema.childrenOf(child))]);
}

async function openTransactions(
  session: ServerSession,
  isRecorded: boolean,
  tables: readonly TableName[],
): Promise<readonly Hazard[]> {
  const holders = isRecorded ? await lockHolders(session, tables) : null;
  if (holders !== null) return holders;
  // Without the lock table nobody can say which tables an old transaction has touched.
  const [old] = await session.queryAll([{ sql: oldQuery }], longest);
  return seen(old).map((row) =>
    hazard(
      'LONG_TRANSACTION',
      `connection ${String(row['id'])}`,
      `its transaction began ${String(row['age'])} s ago; which tables it has locked cannot be seen`,
    ),
  );
}

const oldQuery = `SELECT trx_mysql_thread_id AS id, TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS age FROM information_schema.INNODB_TRX
      WHERE trx_started < NOW() - INTERVAL ${longSeconds} SECOND AND trx_mysql_thread_id <> CONNECTION_ID() ORDER BY trx_started LIMIT 5`;

/** null where performance_schema.metadata_locks cannot be read. */
async function lockHolders(
  session: ServerSession,
  tables: readonly TableName[],
): Promise<readonly Hazard[] | null> {
  try {
    const rows = await session.query(
      `SELECT l.OBJECT_SCHEMA AS s, l.OBJECT_NAME AS t, l.LOCK_TYPE AS k, t.PROCESSLIST_ID AS id
        FROM performance_schema.metadata_locks AS l JOIN performance_schema.threads AS t ON t.THREAD_ID = l.OWNER_THREAD_ID
        WHERE l.OBJECT_TYPE = 'TABLE' AND l.LOCK_STATUS = 'GRANTED' AND l.LOCK_DURATION = 'TRANSACTION'
          AND t.PROCESSLIST_ID <> CONNECTION_ID() AND l.OBJECT_SCHEMA IN (?)`,
      [[...new Set(tables.map((table) => table.schema)), '']],
    );
    const wanted = new Map(tables.map((table) => [tableId(table), table]));
    const held = rows.flatMap((row): readonly Hazard[] => {
      const table = wanted.get(`${String(row['s'])}\0${String(row['t'])}`);
      if (table === undefined) return [];
      const detail = `connection ${String(row['id'])} holds ${String(row['k'])} in an open transaction`;
      return [hazard('LONG_TRANSACTION', tableText(table), detail)];
    });
    return held;
  } catch {
    return null;
  }
}

/** ALTER on the child and REFERENCES on the parent are enough, and needed (error 1142, measured). */
function missingRights(rights: Rights, changes: readonly Change[]): readonly PreflightHazard[] {
  return changes.flatMap(({ foreignKey }) => {
    const lacking = [
      may(rights, foreignKey.child, 'ALTER') ? null : `no ALTER on ${tableText(foreignKey.child)}`,
      may(rights, foreignKey.parent, 'REFERENCES')
        ? null
        : `no REFERENCES on ${tableText(foreignKey.parent)}`,
    ].filter((each) => each !== null);
    if (lacking.length === 0) return [];
    return [ofKey('NOT_OWNER', foreignKey, `the user has ${lacking.join(' and ')}`)];
  });
}
