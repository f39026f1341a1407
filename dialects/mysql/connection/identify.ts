/** Which server answers: MySQL, MariaDB, or something that merely speaks their protocol. */
import type { Session } from '../../sql/session.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import type { Server } from '../../../src/core/model.ts';

/** What others print in VERSION() or @@version_comment. */
const strangers: readonly (readonly [pattern: RegExp, product: string])[] = [
  [/singlestore|memsql/i, 'SingleStore'],
  [/oceanbase/i, 'OceanBase'],
  [/xpand|clustrix/i, 'MariaDB Xpand'],
  [/\bdolt\b/i, 'Dolt'],
  [/starrocks/i, 'StarRocks'],
  [/doris/i, 'Apache Doris'],
  [/clickhouse/i, 'ClickHouse'],
  [/tddl|polardb-?x|x-cluster/i, 'PolarDB-X'],
  [/greptime/i, 'GreptimeDB'],
  [/databend/i, 'Databend'],
  [/manticore/i, 'Manticore'],
  [/proxysql/i, 'ProxySQL’s admin interface'],
];

/** Settings that decide how keys behave; those the server does not know are left out. */
const settingNames: readonly string[] = [
  'lower_case_table_names',
  'innodb_native_foreign_keys',
  'restrict_fk_on_non_standard_key',
  'aurora_version',
];

const readOnlyNames: readonly string[] = ['read_only', 'super_read_only'];
const clusterNames: readonly string[] = ['wsrep_on', 'group_replication_group_name'];

/** The oldest series whose keys were tried. */
const oldest = { mysql: [8, 0], mariadb: [10, 11] } as const;

/** The server, and why nothing can be changed on it; null on a primary. */
export interface Identity {
  readonly server: Server;
  readonly readOnly: string | null;
}

/**
 * Recognises the server.
 * @throws UNSUPPORTED_SERVER for servers that merely speak the protocol, and for MySQL before 8.0 and MariaDB before 10.11;
 * NOT_IN_SYNC for a node that its cluster has left behind
 */
export async function identify(session: Session): Promise<Identity> {
  const [row] = await session.query(
    'SELECT VERSION() AS version, @@version_comment AS comment, DATABASE() AS db',
  );
  const version = textOf(row?.['version']);
  const comment = textOf(row?.['comment']);
  const database = textOf(row?.['db']);
  refuseStrangers(`${version} ${comment}`);
  const rows = await session.query('SHOW GLOBAL VARIABLES WHERE Variable_name IN (?)', [
    [...settingNames, ...readOnlyNames, ...clusterNames],
  ]);
  const values = rows.map((each) => [String(each['Variable_name']), String(each['Value'])] as const);
  await refuseLateNode(session, new Map(values));
  const settings = Object.fromEntries(values.filter(([name]) => settingNames.includes(name)));
  const on = values.find(([name, value]) => readOnlyNames.includes(name) && !['OFF', '0'].includes(value));
  return {
    server: serverOf(version, comment, { ...settings, database }),
    readOnly: on === undefined ? null : `this server is read-only (${on[0]} is on), as a replica is`,
  };
}

/** What such a node holds may be long out of date, and some of them answer no query. */
async function refuseLateNode(session: Session, values: ReadonlyMap<string, string>): Promise<void> {
  const isGalera = values.get('wsrep_on') === 'ON';
  if (!isGalera && (values.get('group_replication_group_name') ?? '') === '') return;
  const rows = await (
    isGalera
      ? session.query(
          "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_cluster_status')",
        )
      : session.query(
          'SELECT MEMBER_STATE AS Value FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid',
        )
  ).catch(() => []);
  const states = rows.map((row) => String(row['Value']));
  const late = states.filter((state) => !['Synced', 'Primary', 'ONLINE'].includes(state));
  if (late.length === 0) return;
  throw new OndeleteError(
    'NOT_IN_SYNC',
    `this ${isGalera ? 'node of a Galera cluster' : 'member of a replication group'} is ${late.join(', ')}: it does not have what the others have`,
    'Use another node, or wait until this one is in sync.',
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function refuseStrangers(text: string): void {
  const stranger = strangers.find(([pattern]) => pattern.test(text));
  if (stranger === undefined) return;
  throw new OndeleteError(
    'UNSUPPORTED_SERVER',
    `this is ${stranger[1]}, which speaks the protocol of MySQL but keeps foreign keys in its own way`,
    'ondelete writes migrations for MySQL 8.0 and later and MariaDB 10.11 and later.',
  );
}

/** Builds the Server from what it says of itself. Throws UNSUPPORTED_SERVER when it is too old. */
export function serverOf(
  versionText: string,
  comment: string,
  settings: Readonly<Record<string, string>>,
): Server {
  const tidb = /TiDB-v?(\d+(?:\.\d+)*)/i.exec(versionText)?.[1];
  if (tidb !== undefined) return tidbServer(tidb, settings);
  const flavor = /mariadb/i.test(`${versionText} ${comment}`) ? 'mariadb' : 'mysql';
  // Old MariaDB servers put 5.5.5- in front, for the sake of old replicas.
  const version = (/^(?:5\.5\.5-)?(\d+(?:\.\d+)*)/.exec(versionText)?.[1] ?? '0').split('.').map(Number);
  const name = productName(flavor, `${versionText} ${comment}`, settings);
  const product = `${name} ${version.join('.')}`;
  const [major, minor] = oldest[flavor];
  const [actualMajor = 0, actualMinor = 0] = version;
  if (actualMajor < major || (actualMajor === major && actualMinor < minor)) {
    throw new OndeleteError(
      'UNSUPPORTED_SERVER',
      `${product} is too old`,
      `ondelete needs ${name} ${major}.${minor} or later.`,
    );
  }
  const known = name === 'Vitess' || name === 'PlanetScale' ? { ...settings, printed: 'Vitess' } : settings;
  const sorted = Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1));
  return { flavor, product, version, settings: Object.fromEntries(sorted) };
}

/** Read by documentation, and from 8.5 on written for: src/core/unproven.ts. */
function tidbServer(text: string, settings: Readonly<Record<string, string>>): Server {
  const version = text.split('.').map(Number);
  const [major = 0, minor = 0] = version;
  const isWritten = major > 8 || (major === 8 && minor >= 5);
  const engine = isWritten ? { unproven: 'TiDB' } : { printed: 'TiDB before 8.5' };
  return { flavor: 'mysql', product: `TiDB ${text}`, version, settings: { ...settings, ...engine } };
}

function productName(
  flavor: 'mysql' | 'mariadb',
  said: string,
  settings: Readonly<Record<string, string>>,
): string {
  if (flavor === 'mariadb') return 'MariaDB';
  const hosted = /planetscale|vitess/i.exec(said)?.[0].toLowerCase();
  if (hosted !== undefined) return hosted === 'vitess' ? 'Vitess' : 'PlanetScale';
  if (settings['aurora_version'] !== undefined) return 'Aurora MySQL';
  return /\bpercona/i.test(said) ? 'Percona Server' : 'MySQL';
}

/** 0: names of tables are told apart by case; 1, 2: they are not. */
export function tablesIgnoreCase(server: Server): boolean {
  return (server.settings['lower_case_table_names'] ?? '0') !== '0';
}
