// A database into which one case after the other is loaded, as the closed loop sees it.
import type { SchemaSource } from '../../src/schema-source.ts';
import type { DeleteClause, ForeignKey, Plan } from '../../src/core/model.ts';
import type { MigrationFile } from '../../src/core/contracts/template.ts';
import type { Drawing } from './arbitraries.ts';
import type { Contents } from './delete-model.ts';
import type { Row, Schema, Table, Target } from './schema.ts';

/** What a forced change shows, in a copy or a transaction of its own. */
export interface Forced {
  /** What the server says to the statement itself; null when it takes it. */
  readonly refused: string | null;
  /** What it says to a delete of a parent with a child, all other keys gone: null when that passes, undefined when no rows could show it. */
  readonly deleting: string | null | undefined;
  /** The key as it is afterwards. */
  readonly key: ForeignKey | null;
}

export interface Live {
  readonly schema: Schema;
  /** The statements that made it, for a person to paste. */
  readonly ddl: string;
  open(): Promise<SchemaSource>;
  /** Runs files the way a person would: text through the engine's own client, or steps as a code runner does. */
  apply(files: readonly MigrationFile[], plan: Plan, direction: 'up' | 'down'): Promise<void>;
  readonly tool: 'sql' | 'kysely';
  /** Everything the tables hold, in a form that can be compared. */
  contents(): Promise<unknown>;
  /** The contents after the deletion of one row, which does not last; or what the server said. */
  afterDelete(table: Table, row: Row): Promise<{ readonly error: string } | { readonly rows: unknown }>;
  /** A model's contents in the same form. */
  formed(contents: Contents): unknown;
  /** Drops the key and adds it with another clause. */
  force(key: ForeignKey, clause: DeleteClause): Promise<Forced>;
  close(): Promise<void>;
}

export interface Bench {
  readonly id: string;
  readonly target: Target;
  load(schema: Schema, drawn: Drawing): Promise<Live>;
  close(): Promise<void>;
}

/** A child row and another row, its parent, by this key. */
export function pairOf(
  key: ForeignKey,
  child: readonly Row[],
  parent: readonly Row[],
): { readonly child: Row; readonly parent: Row } | null {
  for (const one of child) {
    const found = parent.find(
      (candidate) =>
        candidate !== one &&
        key.columns.every((column, at) => {
          const value = one[column] ?? null;
          return value !== null && value === candidate[key.parentColumns[at] ?? ''];
        }),
    );
    if (found !== undefined) return { child: one, parent: found };
  }
  return null;
}

/** Rows of each table as sorted lines, tables in the order of the schema. */
export function formed(schema: Schema, contents: Contents): readonly (readonly string[])[] {
  return schema.tables.map((table) =>
    (contents.get(table) ?? [])
      .map((row) => JSON.stringify(table.columns.map((column) => row[column.name] ?? null)))
      .sort(),
  );
}
