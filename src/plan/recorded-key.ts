/** A key as migration files record it, and which live key it is about. */
import * as z from 'zod';
import type { SchemaIndex } from '../core/schema-index.ts';
import { relativeTables } from '../core/fingerprint.ts';
import { compareEnds } from '../core/names.ts';
import {
  type DeleteClause,
  type EngineName,
  type ForeignKey,
  referentialActions,
  type TableName,
} from '../core/model.ts';

/** One key of a set of migration files. */
export interface RecordedKey {
  /** Shared by all files that one `generate` wrote. */
  readonly set: string;
  readonly child: TableName;
  readonly columns: readonly string[];
  readonly parent: TableName;
  readonly parentColumns: readonly string[];
  readonly constraint: string | null;
  /** Its number among the keys over the same columns, in the Snapshot's order. */
  readonly ordinal: number;
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  readonly fingerprint: string;
}

export const receipt = z.object({
  /** Hashes of all rehearsed keys: `before` holds before up and after down, `after` holds after up. */
  before: z.string(),
  after: z.string(),
  server: z.string(),
  /** YYYY-MM-DD, UTC. */
  date: z.string(),
});

/** The proof of a rehearsal. */
export type Receipt = Readonly<z.infer<typeof receipt>>;

/** An action, then its columns if it names any: `["SET NULL", "a"]`. */
export const clause = z
  .tuple([z.enum(referentialActions)], z.string())
  .transform(([onDelete, ...columns]): DeleteClause => clauseOf(onDelete, columns));
export const table = z
  .tuple([z.string(), z.string()])
  .transform(([schema, name]): TableName => ({ schema, name }));

function clauseOf(onDelete: DeleteClause['onDelete'], columns: readonly string[]): DeleteClause {
  return { onDelete, onDeleteColumns: columns.length === 0 ? null : columns };
}

/** All keys over the same columns between the same tables, including this one, in the Snapshot's order. */
export function duplicateKeys(key: ForeignKey, schema: SchemaIndex): readonly ForeignKey[] {
  return schema.keysOn(key.child).filter((other) => other === key || compareEnds(other, key) === 0);
}

/** Which of these keys is the one; a half-done key has a temporary name, and may have got its own name back in a copy. */
export function ordinalAmong(keys: readonly ForeignKey[], key: ForeignKey): number {
  const temporary = key.halfDone?.temporaryName ?? null;
  return keys.findIndex(
    (one) => one === key || (temporary !== null && one.halfDone?.temporaryName === temporary),
  );
}

/** The same for a recorded key and the key that it is about, whatever its constraint is called here. */
export function idOfRecorded({
  child,
  columns,
  parent,
  parentColumns,
}: Pick<RecordedKey, 'child' | 'columns' | 'parent' | 'parentColumns'>): string {
  return JSON.stringify([child.schema, child.name, parent.schema, parent.name, columns, parentColumns]);
}

export function idOfKey(key: ForeignKey, flavor: EngineName): string {
  const [child, parent] = relativeTables(key, flavor);
  return idOfRecorded({ child, columns: key.columns, parent, parentColumns: key.parentColumns });
}
