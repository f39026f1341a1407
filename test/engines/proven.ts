/** What passed where: written by `UPDATE=1 npm test` and `UPDATE=1 npm run topologies`, never by hand. */
export interface EngineProof {
  /** A server or topology of the run, or the first word of a title such as `pglite 0.5.14`. */
  readonly id: string;
  readonly version: string;
  /** Folders and files of test/. */
  readonly tests: readonly string[];
}

// prettier-ignore
export const engineProofs: readonly EngineProof[] = [
  {"id":"mariadb-10.11","version":"10.11.18-MariaDB-0+deb12u1","tests":["test/live"]},
  {"id":"mariadb-11.8","version":"11.8.9-MariaDB-0+deb13u1 from Debian","tests":["test/live"]},
  {"id":"mariadb-11.8-galera","version":"11.8.9-MariaDB-0+deb13u1 from Debian","tests":["test/topologies/galera.test.ts"]},
  {"id":"mariadb-11.8-replica","version":"11.8.9-MariaDB-0+deb13u1 from Debian-log","tests":["test/topologies/replica.test.ts"]},
  {"id":"mysql-9.7","version":"9.7.4-2","tests":["test/live"]},
  {"id":"mysql-9.7-group","version":"9.7.4-2","tests":["test/topologies/group.test.ts"]},
  {"id":"mysql-9.7-native","version":"9.7.4-2","tests":["test/live"]},
  {"id":"mysql-9.7-replica","version":"9.7.4-2","tests":["test/topologies/replica.test.ts"]},
  {"id":"pglite","version":"0.5.14","tests":["test/tools/pglite.test.ts"]},
  {"id":"postgres-12","version":"12.22","tests":["test/live"]},
  {"id":"postgres-13","version":"13.23","tests":["test/postgres"]},
  {"id":"postgres-14","version":"14.23","tests":["test/live"]},
  {"id":"postgres-15","version":"15.18","tests":["test/postgres"]},
  {"id":"postgres-16","version":"16.14","tests":["test/postgres"]},
  {"id":"postgres-17","version":"17.10","tests":["test/postgres"]},
  {"id":"postgres-18","version":"18.4","tests":["test/live"]},
  {"id":"postgres-18-pgbouncer","version":"18.4","tests":["test/topologies/pgbouncer.test.ts"]},
  {"id":"postgres-18-standby","version":"18.4","tests":["test/topologies/postgres.test.ts"]},
  {"id":"postgres-18-subscriber","version":"18.4","tests":["test/topologies/postgres.test.ts"]},
  {"id":"sqlite","version":"3.41.2","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.42.0","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.43.2","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.44.2","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.45.3","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.46.1","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.47.2","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.48.0","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.49.2","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.50.4","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.51.1","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.52.0","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.53.2","tests":["test/live"]},
  {"id":"sqlite","version":"3.53.4","tests":["test/tools/sqlite-versions.test.ts"]},
  {"id":"sqlite","version":"3.54.1","tests":["test/tools/sqlite-versions.test.ts"]},
];
