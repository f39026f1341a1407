// The rows of the table in docs/engines.md. What was run is not written here: `proven` names it, and proven.ts has what the runs saw.

export interface EngineRow {
  readonly engine: string;
  readonly read: string;
  readonly written: string;
  /**
   * What has to have run: a server or topology of test/servers/matrix.ts (`postgres-18`), a tool of `npm run tools` (`tool libsql`),
   * or tests under a title of an id and a version (`describe('pglite 0.5.14', …)` is `pglite`). `postgres-*` is every one that begins so (`sqlite 3.41.2` and `sqlite 3.53.2` are both `sqlite`).
   */
  readonly proven: readonly string[];
  /** What was not tried, and what is refused and why. */
  readonly not?: string;
}

const onEveryNode = 'on every node that is in sync';
const onThePrimary = 'run on the primary, see [below](#clusters-and-replicas)';

export const engineRows: readonly EngineRow[] = [
  {
    engine: 'PostgreSQL 12–18',
    read: 'all commands',
    written: 'every tool of [tools.md](tools.md) that serves it',
    proven: [
      'postgres-12',
      'postgres-13',
      'postgres-14',
      'postgres-15',
      'postgres-16',
      'postgres-17',
      'postgres-18',
    ],
    not: '19rc1 was run by hand (`test/postgres`, `test/live`); CI waits for a package of the release',
  },
  {
    engine: 'MySQL 8.0–9.7',
    read: 'all commands',
    written: 'every tool that serves it',
    proven: ['mysql-9.7', 'mysql-9.7-native'],
    not: '8.0 and 8.4 were not run; the second server has keys enforced as they do (`innodb_native_foreign_keys`)',
  },
  {
    engine: 'MariaDB 10.11–11.8',
    read: 'all commands',
    written: 'every tool that serves it',
    proven: ['mariadb-10.11', 'mariadb-11.8'],
    not: '11.4 was not run',
  },
  {
    engine: 'SQLite 3.37 and later',
    read: 'all commands',
    written: 'every tool that serves it',
    proven: ['sqlite'],
    not: '3.37 to 3.40 were not run',
  },
  {
    engine: 'PGlite',
    read: 'a folder: `pglite:DIR`',
    written: 'every tool that serves it; with `--tool sql` through PGlite’s socket, see [below](#pglite)',
    proven: ['pglite'],
    not: 'databases in memory, in a browser',
  },
  {
    engine: 'PostgreSQL: hot standby, logical subscriber',
    read: onEveryNode,
    written: onThePrimary,
    proven: ['postgres-18-standby', 'postgres-18-subscriber'],
  },
  {
    engine: 'PostgreSQL behind pgbouncer in transaction mode',
    read: 'all commands',
    written: 'as without it, see [below](#clusters-and-replicas)',
    proven: ['postgres-18-pgbouncer'],
  },
  {
    engine: 'MySQL: replica, replication group',
    read: onEveryNode,
    written: onThePrimary,
    proven: ['mysql-9.7-replica', 'mysql-9.7-group'],
  },
  {
    engine: 'MariaDB: replica, Galera cluster',
    read: onEveryNode,
    written: onThePrimary,
    proven: ['mariadb-11.8-replica', 'mariadb-11.8-galera'],
  },
  {
    engine: 'Cloudflare D1',
    read: 'the local state of wrangler: `d1:NAME`, `d1:FILE`',
    written: '`--tool d1`',
    proven: ['tool d1'],
    not: 'the versions are those of wrangler; the hosted service was not tried, and its URL is refused',
  },
  {
    engine: 'libSQL',
    read: 'local files: `libsql:FILE`',
    written: '`--tool libsql`',
    proven: ['tool libsql'],
    not: 'a server (sqld, Turso) was not tried and is refused',
  },
  {
    engine: 'Turso’s engine in Rust',
    read: 'local files: `turso:FILE`',
    written: '`--tool turso`',
    proven: ['tool turso'],
    not: 'no other version was tried; a server is refused',
  },
  ...(
    [
      ['CockroachDB', 'the new key is added beside the old one, validated, and renamed when that is dropped'],
      ['YugabyteDB (on PostgreSQL 15)', 'PostgreSQL’s own statements, without a block around them'],
      ['Citus', 'DROP and ADD … NOT VALID in one transaction, then VALIDATE'],
      ['Aurora DSQL', 'as CockroachDB, with `ALTER TABLE ASYNC … VALIDATE`, in two files'],
      [
        'TiDB 8.5 and later',
        'the new key is added under another name, the old one is dropped, and both steps are done again to get the old name back',
      ],
    ] as const
  ).map(([engine, way]) => ({
    engine,
    read: 'untested: from its documentation',
    written: `untested: \`--tool sql --allow UNPROVEN_ENGINE\`; ${way}`,
    proven: [],
    not: 'was not available to test: [prove it yourself](#untested-engines)',
  })),
  ...(
    [
      ['Vitess, PlanetScale', 'keys change by deploy requests there, and cascades run in VTGate'],
      ['TiDB before 8.5', 'its keys are experimental, or are listed and not enforced'],
    ] as const
  ).map(([engine, why]) => ({
    engine,
    read: 'untested: from its documentation',
    written: 'no file; `generate` prints [what is wanted](#printed-for-a-deploy-request)',
    proven: [],
    not: `refused: ${why}`,
  })),
  ...(
    [
      ['Spanner', 'its DDL is its own, and its catalog is not read'],
      [
        'DuckDB',
        'it has no CASCADE, SET NULL or SET DEFAULT, and cannot add a constraint to a table (1.5.6)',
      ],
      ['YugabyteDB on PostgreSQL 11', 'older than PostgreSQL 12'],
    ] as const
  ).map(([engine, why]) => ({ engine, read: 'no', written: 'no', proven: [], not: `refused: ${why}` })),
];
