// What the test servers look like to tests, and to the processes that share a run.

export type ServerDialect = 'postgres' | 'mysql' | 'mariadb';

/** How to start a server of this run once more: the same data, the same port. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
  readonly pidFile: string;
  readonly logFile: string;
}

export interface TestServer {
  readonly id: string;
  readonly dialect: ServerDialect;
  /** As the server says. */
  readonly version: string;
  /** For its administrator. */
  readonly url: string;
  readonly origin: string;
  /** Only such a server may be stopped, killed or given global settings. */
  readonly ownedByThisRun: boolean;
  /** At the start of the run; see pidOf() for now. */
  readonly pid?: number;
  readonly dataDir?: string;
  readonly launch?: Launch;
  /** The folder to chroot into for the engine's own client. */
  readonly clientRoot?: string;
}

export interface MissingServer {
  readonly id: string;
  readonly why: string;
  readonly help: string;
}

/** Servers that belong together, such as a primary and its standby: the first takes every write. */
export interface Topology {
  readonly id: string;
  readonly nodes: readonly TestServer[];
}

/** One start of some servers by one process. */
export interface Run {
  readonly id: string;
  readonly topologies: readonly Topology[];
  readonly servers: readonly TestServer[];
  readonly missing: readonly MissingServer[];
}
