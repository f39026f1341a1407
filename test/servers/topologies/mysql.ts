// MySQL and MariaDB: a replica that reads its source's log, the members of a group, the nodes of a Galera cluster.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../cache.ts';
import { kill, restart } from '../lifecycle.ts';
import type { ServerSpec } from '../matrix.ts';
import { freePort } from '../process.ts';
import { connect } from '../sql.ts';
import type { TestServer } from '../types.ts';
import type { StartNode } from './index.ts';

const logs = (id: number): readonly string[] => [
  `--server-id=${id}`,
  '--log-bin=binlog',
  '--relay-log=relay',
];
const gtids = ['--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--report-host=127.0.0.1'];

async function administer(node: TestServer, statements: readonly string[]): Promise<unknown> {
  const session = await connect(node.dialect, node.url);
  try {
    let rows: unknown;
    for (const sql of statements) rows = await session.query(sql);
    return rows;
  } finally {
    await session.close();
  }
}

/** Both begin empty, so the log holds everything. */
export async function startReplica(
  start: StartNode,
  { dialect }: ServerSpec,
): Promise<readonly TestServer[]> {
  const isMaria = dialect === 'mariadb';
  const flags = (id: number): readonly string[] => [...logs(id), ...(isMaria ? [] : gtids)];
  const source = await start('source', { flags: flags(1) });
  const replica = await start('replica', { flags: flags(2) });
  const { port } = new URL(source.url);
  await administer(
    replica,
    isMaria
      ? [
          `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${port}, MASTER_USER = 'root', MASTER_USE_GTID = slave_pos, MASTER_SSL_VERIFY_SERVER_CERT = 0`,
          'START SLAVE',
          'SET GLOBAL read_only = ON',
        ]
      : [
          `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${port}, SOURCE_USER = 'root', SOURCE_AUTO_POSITION = 1`,
          'START REPLICA',
          'SET GLOBAL super_read_only = ON',
        ],
  );
  return [source, replica];
}

/** With one primary; a test switches it to several and back. */
export async function startGroup(start: StartNode): Promise<readonly TestServer[]> {
  const flags = (id: number): readonly string[] => [
    ...logs(id),
    ...gtids,
    '--plugin-load-add=group_replication.so',
    '--log-replica-updates=ON',
  ];
  const members = await Promise.all([1, 2].map((id) => start(`member-${id}`, { flags: flags(id) })));
  const addresses = await Promise.all(members.map(async () => `127.0.0.1:${await freePort()}`));
  for (const [at, member] of members.entries()) {
    const settings = {
      group_name: '5d0a3c1e-6f0b-4c58-9d4c-000000000001',
      local_address: addresses[at] ?? '',
      group_seeds: addresses.join(','),
      bootstrap_group: at === 0 ? 'ON' : 'OFF',
    };
    await administer(member, [
      ...Object.entries(settings).map(([name, value]) => `SET GLOBAL group_replication_${name} = '${value}'`),
      "START GROUP_REPLICATION USER = 'root'",
      'SET GLOBAL group_replication_bootstrap_group = OFF',
    ]);
    await untilRow(
      member,
      "SELECT 1 FROM performance_schema.replication_group_members WHERE member_id = @@server_uuid AND member_state = 'ONLINE'",
    );
  }
  return members;
}

const uuid = '7c9f6e5a-2f4b-11f0-8d5e-000000000001';

const savedState = `# GALERA saved state\nversion: 2.1\nuuid: ${uuid}\nseqno: 0\nsafe_to_bootstrap: 1\n`;
/** Instead of the scripts that send a donor's data: what the joiner has was copied before, only what was written since is sent. */
const noTransfer = `#!/bin/sh
cat >/dev/null
case "$*" in
  *joiner*) echo ready 127.0.0.1; echo ${uuid}:0 ;;
  *) echo continue; echo done ${uuid}:0 ;;
esac
`;

/** The second node begins from a copy of the first. */
export async function startGalera(start: StartNode): Promise<readonly TestServer[]> {
  const ports = await Promise.all([1, 2].map(async () => [await freePort(), await freePort()] as const));
  const cluster = ports.map(([port]) => `127.0.0.1:${port}`).join(',');
  const [first = [], second = []] = ports.map(([port, receiver], at) => [
    '--wsrep-on=ON',
    '--wsrep-provider=/usr/lib/galera/libgalera_smm.so',
    `--wsrep-cluster-address=gcomm://${cluster}`,
    `--wsrep-node-name=node-${at + 1}`,
    '--wsrep-node-address=127.0.0.1',
    `--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:${port};ist.recv_addr=127.0.0.1:${receiver};gcache.size=32M`,
    '--wsrep-sst-method=nothing',
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
    ...(at === 0 ? ['--wsrep-new-cluster'] : []),
  ]);
  const node = await start('node-1', { flags: first, files: { 'grastate.dat': savedState } });
  await untilRow(node, synced);
  await kill(node, 'shutdown');
  const copy = `${node.dataDir ?? ''}-copy`;
  await run('cp', ['-a', node.dataDir ?? '', copy]);
  await restart(node);
  await untilRow(node, synced);
  writeFileSync(join(node.clientRoot ?? '/', 'usr/bin/wsrep_sst_nothing'), noTransfer, { mode: 0o755 });
  const other = await start('node-2', { flags: second, copyOf: copy });
  await untilRow(other, synced);
  return [node, other];
}

const synced = "SHOW GLOBAL STATUS WHERE Variable_name = 'wsrep_local_state_comment' AND Value = 'Synced'";

async function untilRow(node: TestServer, sql: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const rows = await administer(node, [sql]).catch(() => []);
    if (Array.isArray(rows) && rows.length > 0) return;
    await sleep(100);
  }
  throw new Error(`${node.id} has not come so far in a minute: ${sql}`);
}
