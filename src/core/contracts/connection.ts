/** An opened database: read-only, with the driver's session inside. Types only. */
import type { Introspection, Server, Snapshot } from '../model.ts';
import type { Probe } from './probe.ts';

export interface ConnectOptions {
  /** How long to wait for the server to answer, in milliseconds. */
  readonly timeoutMilliseconds: number;
}

/** The part of the database to read. `schemas` decides by name; null is the engine's default. */
export interface Scope {
  readonly schemas: ((schema: string) => boolean) | null;
}

export type Row = Readonly<Record<string, unknown>>;

export interface Connection {
  readonly server: Server;
  /** Why nothing can be changed here, such as `this server is a standby`; null on a primary. No part of the snapshot, which is the same there. */
  readonly readOnly: string | null;
  /** One read-only statement; its rows as objects. */
  query(sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]>;
  /** Every key in scope, or an error: never an incomplete list. A constant number of round trips. */
  introspect(scope: Scope): Promise<Introspection>;
  /** Loaded on first use. */
  probe(): Promise<Probe>;
  /**
   * The statements, in order, that create the tables of `part` empty, from the engine's catalog: no row is read.
   * User triggers, rules, privileges and row security are not copied.
   */
  copySchema(part: Snapshot): Promise<readonly CopyStatement[]>;
  close(): Promise<void>;
}

export interface CopyStatement {
  readonly sql: string;
  /** What the copy lacks if the server refuses the statement, such as `check positive of shop.orders`; null where it is required. */
  readonly without: string | null;
}
