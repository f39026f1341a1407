// THE list of servers the tests know: what each is, and where it comes from when nobody names a running one.
// A server outside this list can be tested by docker-compose.yml only (MySQL 8.0 and 8.4 have no packages here).
import type { ServerDialect } from './types.ts';

/** A package of PostgreSQL binaries in the npm registry. */
export interface NpmSource {
  readonly kind: 'npm';
  readonly version: string;
}

/** A Debian suite that carries the server; the system's own binary is taken when it is of that series. */
export interface DebianSource {
  readonly kind: 'debian';
  readonly suite: string;
  readonly packages: string;
  readonly systemBinary?: string;
}

/** docker-compose.yml only. */
export interface ComposeSource {
  readonly kind: 'compose';
}

export interface ServerSpec {
  /** Also the service's name in docker-compose.yml, and part of every live test's name. */
  readonly id: string;
  readonly dialect: ServerDialect;
  readonly series: string;
  /** Part of what `npm test` starts, and of what CI must have. */
  readonly required: boolean;
  readonly source: NpmSource | DebianSource | ComposeSource;
  /** Options of a server; of PostgreSQL its settings. */
  readonly flags?: readonly string[];
}

const postgres = (series: string, version: string, required = false): ServerSpec => ({
  id: `postgres-${series}`,
  dialect: 'postgres',
  series,
  required,
  source: { kind: 'npm', version },
});

const mysqlFromSid = {
  kind: 'debian',
  suite: 'sid',
  packages: 'mysql-server-core,mysql-client-core',
} as const;
const mariadbPackages = 'mariadb-server-core,mariadb-client-core';
const compose = { kind: 'compose' } as const;

export const MATRIX: readonly ServerSpec[] = [
  postgres('12', '12.22.0-beta.15', true),
  postgres('13', '13.23.0-beta.16'),
  postgres('14', '14.23.0-beta.17', true),
  postgres('15', '15.18.0-beta.17'),
  postgres('16', '16.14.0-beta.17'),
  postgres('17', '17.10.0-beta.17'),
  postgres('18', '18.4.0-beta.17', true),
  { id: 'mysql-8.0', dialect: 'mysql', series: '8.0', required: false, source: compose },
  { id: 'mysql-8.4', dialect: 'mysql', series: '8.4', required: false, source: compose },
  { id: 'mysql-9.7', dialect: 'mysql', series: '9.7', required: true, source: mysqlFromSid },
  {
    // Up to 9.5 InnoDB itself enforced the keys; this switch brings that back and so stands in for 8.0 and 8.4.
    id: 'mysql-9.7-native',
    dialect: 'mysql',
    series: '9.7',
    required: true,
    source: mysqlFromSid,
    flags: ['--innodb-native-foreign-keys=ON'],
  },
  {
    id: 'mariadb-10.11',
    dialect: 'mariadb',
    series: '10.11',
    required: true,
    source: {
      kind: 'debian',
      suite: 'bookworm',
      packages: mariadbPackages,
      systemBinary: '/usr/sbin/mariadbd',
    },
  },
  { id: 'mariadb-11.4', dialect: 'mariadb', series: '11.4', required: false, source: compose },
  {
    id: 'mariadb-11.8',
    dialect: 'mariadb',
    series: '11.8',
    required: true,
    source: {
      kind: 'debian',
      suite: 'trixie',
      packages: mariadbPackages,
      systemBinary: '/usr/sbin/mariadbd',
    },
  },
];

/** Several servers that belong together; only those asked for are started, by their ids or all as `topologies`. */
export interface TopologySpec {
  readonly id: string;
  readonly kind: 'standby' | 'subscriber' | 'pgbouncer' | 'replica' | 'group' | 'galera';
  /** What each of them is. */
  readonly server: ServerSpec;
}

const specOf = (id: string): ServerSpec => {
  const spec = MATRIX.find((candidate) => candidate.id === id);
  if (spec) return spec;
  throw new Error(
    `no test server is called "${id}"; known: ${[...MATRIX, ...TOPOLOGIES].map((known) => known.id).join(', ')}`,
  );
};
/** @param packages what the Debian packages of the server lack */
function topology(kind: TopologySpec['kind'], id: string, packages?: string): TopologySpec {
  const server = specOf(id);
  const { source } = server;
  if (packages === undefined || source.kind !== 'debian') return { id: `${id}-${kind}`, kind, server };
  const more: DebianSource = {
    kind: 'debian',
    suite: source.suite,
    packages: `${packages},${source.packages}`,
  };
  return { id: `${id}-${kind}`, kind, server: { ...server, source: more } };
}

export const TOPOLOGIES: readonly TopologySpec[] = [
  topology('standby', 'postgres-18'),
  topology('subscriber', 'postgres-18'),
  topology('pgbouncer', 'postgres-18'),
  topology('replica', 'mysql-9.7'),
  topology('group', 'mysql-9.7'),
  topology('replica', 'mariadb-11.8'),
  topology('galera', 'mariadb-11.8', 'galera-4'),
];

/** The variable that names a running server: postgres-12 → ONDELETE_TEST_POSTGRES_12. */
export const variableOf = (id: string): string =>
  `ONDELETE_TEST_${id.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;

/**
 * @param wanted comma-separated ids, `all`, `topologies`, or undefined for the required ones
 * @returns the specs of what is meant; throws on an unknown id, naming the known ones
 */
export function select(wanted: string | undefined): {
  readonly servers: readonly ServerSpec[];
  readonly topologies: readonly TopologySpec[];
} {
  if (wanted === undefined || wanted === '')
    return { servers: MATRIX.filter((spec) => spec.required), topologies: [] };
  if (wanted === 'all') return { servers: MATRIX, topologies: [] };
  if (wanted === 'topologies') return { servers: [], topologies: TOPOLOGIES };
  const ids = wanted.split(',').map((id) => id.trim());
  const topologies = TOPOLOGIES.filter(({ id }) => ids.includes(id));
  const rest = ids.filter((id) => topologies.every((known) => known.id !== id));
  return { servers: rest.map(specOf), topologies };
}
