/** Scratch databases for rehearsals. Types only. */
import type { Introspection, Server, TableName } from '../model.ts';
import type { Connection, Scope } from './connection.ts';

/** What a scratch database says of itself where the engine has comments on databases: whoever finds one knows what it is. */
export const scratchComment =
  'Scratch database of ondelete. It is dropped when its run ends; if that was killed, nobody needs it, and it may be dropped.';

/** Creates databases to rehearse a plan on, and drops no others. */
export interface Scratch {
  /**
   * Creates an empty database with a random name.
   * Throws SCRATCH_MISSING where the engine needs a server and none is given, SCRATCH_IS_TARGET where scratch and target are the same,
   * READ_ONLY_NODE on a standby or replica,
   * and what `connect` throws.
   */
  open(request: ScratchRequest): Promise<ScratchDatabase>;
}

export interface ScratchRequest {
  /** A database of the server on which to create the scratch database; null for the engine's default. */
  readonly url: string | null;
  /** The database to be changed, which must not be the scratch; null where there is none. */
  readonly target: Connection | null;
  readonly server: Pick<Server, 'flavor' | 'product' | 'settings'>;
  readonly timeoutMilliseconds: number;
  /** SQLite: the runner may write the stored schema, like the engine's own client; kysely's driver may not by default. */
  readonly commandLineClient: boolean;
  /** The server accepts only one statement at a time: for SQL that ondelete did not write. */
  readonly oneByOne?: boolean;
  /** PostgreSQL: extensions to provide in addition to the target's. */
  readonly extensions?: readonly string[];
  /** Called with the names of scratch databases that nobody uses: a run that was killed has left them. */
  readonly onLeftBehind?: (names: readonly string[]) => void;
  /** Called with the `label` as soon as there is a database to drop, so that nothing remains after an interrupt during `open`. */
  readonly onMade: (label: string, drop: () => Promise<void>) => void;
}

export interface ScratchDatabase {
  /** For messages: `SQLite 3.53.2 in memory`, `postgres://localhost:5432/ondelete_scratch_1a2b3c4d`. */
  readonly label: string;
  readonly server: Server;
  introspect(scope: Scope): Promise<Introspection>;
  /** MySQL and MariaDB: the name that stands here for the source's database; null where names are the same. */
  readonly schema: string | null;
  /** Makes tables as they are elsewhere with the `run` that it hands over, whatever the server demands of new ones; then the session is as before. */
  building<T>(work: (run: ScratchDatabase['run']) => Promise<T>): Promise<T>;
  /** One or several statements, as a client sends them. */
  run(sql: string): Promise<void>;
  /** One statement, on the same connection. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Inserts rows, deletes some, counts the others, and rolls back. */
  tryDelete(trial: DeleteTrial): Promise<TrialResult>;
  /** Drops the database that `open` made, and closes. */
  drop(): Promise<void>;
}

/** A test row. A cell has the number of a made-up value (equal numbers are equal values), or null for NULL; other columns have their default. */
export interface ScratchRow {
  readonly table: TableName;
  readonly cells: Readonly<Record<string, number | null>>;
}

export interface DeleteTrial {
  /** May reference each other in a circle. */
  readonly rows: readonly ScratchRow[];
  /** Places in `rows` of the rows to delete, all of one table; `bulk`: in one statement instead of one each. */
  readonly deleteRows: readonly number[];
  readonly bulk: boolean;
  /** What to count after the delete: rows of a table with these cells; all rows where no cell is given. */
  readonly expect: readonly ScratchRow[];
}

export type TrialResult =
  /** `refused` by a foreign key, at once or at the end of the transaction; `counts` belong to `expect`. */
  | { readonly kind: 'deleted' | 'refused'; readonly counts: readonly number[] }
  /** The delete failed for another reason than a foreign key. */
  | { readonly kind: 'failed'; readonly why: string }
  /** The rows could not be inserted; `row` is the place of one that a CHECK refuses, whatever its other columns hold. */
  | { readonly kind: 'impossible'; readonly why: string; readonly row: number | null };
