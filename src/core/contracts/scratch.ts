/** Scratch databases for rehearsals. Types only. */
import type { Introspection, Server, TableName } from '../model.ts';
import type { Connection, Scope } from './connection.ts';

/** Makes databases of its own to rehearse a plan on, and drops no other. */
export interface Scratch {
  /**
   * Opens an empty database of random name.
   * Throws SCRATCH_MISSING where the engine needs a server and none is named, SCRATCH_IS_TARGET where scratch and target are one database,
   * and what `connect` throws.
   */
  open(request: ScratchRequest): Promise<ScratchDatabase>;
}

export interface CopyStatement {
  readonly sql: string;
  /** What the copy lacks if the server refuses the statement, such as `check positive of shop.orders`; null where it cannot do without. */
  readonly without: string | null;
}

export interface ScratchRequest {
  /** A database of the server on which the scratch database is made beside it; null for the engine's own default. */
  readonly url: string | null;
  /** The database to be changed, which is never taken for the scratch; null where there is none. */
  readonly target: Connection | null;
  readonly server: Pick<Server, 'flavor' | 'product'>;
  readonly timeoutMilliseconds: number;
  /** SQLite: the runner may write the stored schema, as the engine's own client does; kysely's driver may not by default. */
  readonly commandLineClient: boolean;
  /** The server itself takes no more than one statement at a time: for text that is not ours. */
  readonly oneByOne?: boolean;
  /** PostgreSQL: extensions to have at hand beside the target's. */
  readonly extensions?: readonly string[];
  /** Called as soon as there is a database to drop, with its `label`, so that nothing stays behind if the user gives up before `open` is done. */
  readonly onMade: (label: string, drop: () => Promise<void>) => void;
}

export interface ScratchDatabase {
  /** For people: `SQLite 3.53.2 in memory`, `postgres://localhost:5432/ondelete_scratch_1a2b3c4d`. */
  readonly label: string;
  readonly server: Server;
  introspect(scope: Scope): Promise<Introspection>;
  /** What MySQL and MariaDB call the source's database here; null where names stay as they are. */
  readonly schema: string | null;
  /** One or several statements, as a client sends a file. */
  run(sql: string): Promise<void>;
  /** One statement on the one connection. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Puts rows in, deletes some, looks at the rest, and takes everything back. */
  tryDelete(experiment: DeleteTrial): Promise<TrialResult>;
  /** Drops the database that `open` made, and closes. */
  drop(): Promise<void>;
}

/** A row of our own making. A cell holds the number of a made-up value (equal numbers are equal values), or null for NULL; columns left out take their default. */
export interface ScratchRow {
  readonly table: TableName;
  readonly cells: Readonly<Record<string, number | null>>;
}

export interface DeleteTrial {
  /** May point to each other in a circle. */
  readonly rows: readonly ScratchRow[];
  /** Rows to delete, by their place in `rows`, all of one table; in one statement, or one statement each. */
  readonly deleteRows: readonly number[];
  readonly bulk: boolean;
  /** Rows to count afterwards: those of a table with these cells, all of them where no cell is named. */
  readonly expect: readonly ScratchRow[];
}

export type TrialResult =
  /** `refused` by a foreign key, at once or at the end of the transaction; `counts` belong to `look`. */
  | { readonly kind: 'deleted' | 'refused'; readonly counts: readonly number[] }
  /** Something else than a foreign key stopped the delete. */
  | { readonly kind: 'failed'; readonly why: string }
  /** The rows could not be made. */
  | { readonly kind: 'impossible'; readonly why: string };
