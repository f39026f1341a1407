/** What an engine has to answer about files of SQL that make a schema. Types only. */
import type { Server } from '../model.ts';

/** One token of a file of SQL. */
export interface SqlToken {
  /** `word`: unquoted; `name`: in the quotes of names; `sign`: one character; `unclosed`: a quote or comment that never ends. */
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign' | 'unclosed';
  /** The name as the engine takes it, or the text without its quotes. */
  readonly value: string;
  /** Places in the file's text; lines count from 1. */
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** What becomes of a statement of a schema file. */
export type Treatment =
  /** Sent, as `sql` says it; `optional`: if it fails, the schema is made without it, and `without` says so where it is worth a word. */
  | {
      readonly kind: 'load';
      readonly sql: string;
      readonly optional: boolean;
      readonly without: string | null;
    }
  /** Never sent, because no key hangs on it; `what` in the plural, null where it is not worth a word. */
  | { readonly kind: 'leave out'; readonly what: string | null }
  /** Never sent, and nothing of the file either: it reaches beyond the scratch database, or cannot be told to stay in it. */
  | { readonly kind: 'refuse'; readonly why: string };

export interface SchemaStatement {
  readonly line: number;
  readonly tokens: readonly SqlToken[];
  readonly treatment: Treatment;
}

/** A file of SQL in statements, of which none has been sent. */
export interface SchemaFile {
  readonly statements: readonly SchemaStatement[];
  /** Extensions that it asks for. */
  readonly extensions: readonly string[];
}

/** Reads files of SQL as the engine's own client would. Only statements that are known to stay in the database they are sent to are ever sent. */
export interface SchemaReader {
  /** Pure. @param server whose version decides what is a comment; null where it is not known */
  read(text: string, server: Server | null): SchemaFile;
  /** Statements for the session, before those of a file. */
  readonly session: readonly string[];
  /** How to write a file that can be read. */
  readonly help: string;
}
