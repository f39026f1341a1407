/**
 * The last line of a migration file, for `generate`: which keys the file changes, and what a rehearsal has proven.
 * From it a later run knows what the files in the folder of the migrations change already.
 */
import { visible } from '../core/visible.ts';
import * as z from 'zod';
import type { SchemaIndex } from '../core/schema-index.ts';
import { fingerprint, relativeTables } from '../core/fingerprint.ts';
import { groupBy } from '../core/group-by.ts';
import {
  type Change,
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
  /** The place among the keys over the same columns, in the Snapshot's order. */
  readonly place: number;
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  readonly fingerprint: string;
}

const receipt = z.object({
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
const clause = z
  .tuple([z.enum(referentialActions)], z.string())
  .transform(([onDelete, ...columns]): DeleteClause => clauseOf(onDelete, columns));
const table = z.tuple([z.string(), z.string()]).transform(([schema, name]): TableName => ({ schema, name }));

/** In the order of its names, so that thousands of keys stay a line that tools can take. */
const keyTuple = z
  .tuple(
    [table, z.array(z.string()), table, z.array(z.string()), z.string().nullable(), z.string()],
    z.number(),
  )
  .transform(([child, columns, parent, parentColumns, constraint, fingerprint, place = 0]) => ({
    child,
    columns,
    parent,
    parentColumns,
    constraint,
    fingerprint,
    place,
  }));

const record = z
  .object({
    set: z.string(),
    receipt: receipt.nullable().default(null),
    changes: z.array(z.object({ from: clause, to: clause, keys: z.array(keyTuple) })),
  })
  .transform(({ set, receipt, changes }) => ({
    receipt,
    keys: changes.flatMap(({ from, to, keys }) => keys.map((key) => ({ ...key, set, from, to }))),
  }));

/** The line without comment marks. @param set shared by all files that one `generate` wrote for a plan */
export function recordLine(
  changes: readonly Change[],
  schema: SchemaIndex,
  set: string,
  receipt: Receipt | null,
): string {
  const alike = groupBy(changes, ({ from, to }) =>
    JSON.stringify({ from: clauseData(from), to: clauseData(to) }),
  );
  const data = {
    set,
    ...(receipt === null ? {} : { receipt }),
    changes: [...alike].map(([clauses, group]) => ({
      ...(JSON.parse(clauses) as object),
      keys: group.map(({ foreignKey }) => keyData(foreignKey, schema)),
    })),
  };
  return `${mark}${visible(JSON.stringify(data))}`;
}

const mark = 'ondelete-set: ';

function keyData(key: ForeignKey, schema: SchemaIndex): readonly unknown[] {
  const [child, parent] = relativeTables(key, schema.snapshot.server.flavor);
  const place = placeAmong(duplicateKeys(key, schema), key);
  return [
    [child.schema, child.name],
    key.columns,
    [parent.schema, parent.name],
    key.parentColumns,
    key.name,
    fingerprint(key, schema),
    ...(place === 0 ? [] : [place]),
  ];
}

function clauseData({ onDelete, onDeleteColumns }: DeleteClause): readonly string[] {
  return [onDelete, ...(onDeleteColumns ?? [])];
}

function clauseOf(onDelete: DeleteClause['onDelete'], columns: readonly string[]): DeleteClause {
  return { onDelete, onDeleteColumns: columns.length === 0 ? null : columns };
}

/** The keys that a file changes; empty for a file that ondelete did not write. Never throws on foreign text. */
export function readRecord(content: string): readonly RecordedKey[] {
  return [
    ...marked(content, mark, record).flatMap(({ keys }) => keys),
    ...marked(content, mark, oneKeyEach).flatMap(({ set, keys }) => keys.map((key) => ({ ...key, set }))),
    ...marked(content, 'ondelete-key: ', keyLine).map(({ twin: place, ...key }) => ({ ...key, place })),
  ];
}

/** The receipt in a file, or null. Never throws on foreign text. */
export function readReceipt(content: string): Receipt | null {
  const found = [
    ...marked(content, mark, z.union([record, oneKeyEach])).map((line) => line.receipt),
    ...marked(content, 'ondelete-receipt: ', receipt),
  ];
  return found.find((one) => one !== null) ?? null;
}

/** Older files name what each key has. */
const oneKeyEach = z.object({
  set: z.string(),
  receipt: receipt.nullable().default(null),
  keys: z.array(
    z.object({
      child: table,
      columns: z.array(z.string()),
      parent: table,
      parentColumns: z.array(z.string()),
      constraint: z.string().nullable(),
      place: z.number().default(0),
      from: clause,
      to: clause,
      fingerprint: z.string(),
    }),
  ),
});

/** Still older files have one line per key, and one for the receipt. */
const keyLine = z.object({
  set: z.string(),
  child: z.object({ schema: z.string(), name: z.string() }),
  columns: z.array(z.string()),
  parent: z.object({ schema: z.string(), name: z.string() }),
  parentColumns: z.array(z.string()),
  constraint: z.string().nullable(),
  twin: z.number(),
  from: z.object({ onDelete: z.enum(referentialActions), onDeleteColumns: z.array(z.string()).nullable() }),
  to: z.object({ onDelete: z.enum(referentialActions), onDeleteColumns: z.array(z.string()).nullable() }),
  fingerprint: z.string(),
});

/** What stands behind a mark on the comment lines of a file, where it has the right form. */
function marked<T>(content: string, wanted: string, form: z.ZodType<T>): readonly T[] {
  return content.split('\n').flatMap((line) => {
    const at = line.indexOf(wanted);
    if (at < 0 || !/^\s*(--|\/\/|#|\*)\s*$/.test(line.slice(0, at))) return [];
    const parsed = form.safeParse(parseJson(line.slice(at + wanted.length)));
    return parsed.success ? [parsed.data] : [];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** All keys over the same columns between the same tables, including this one, in the Snapshot's order. */
export function duplicateKeys(key: ForeignKey, schema: SchemaIndex): readonly ForeignKey[] {
  const id = (one: ForeignKey): string =>
    JSON.stringify([one.child, one.columns, one.parent, one.parentColumns]);
  return schema.keysOn(key.child).filter((other) => id(other) === id(key));
}

/** Which of these keys is the one; a half-done key has a temporary name, and may have got its own name back in a copy. */
export function placeAmong(keys: readonly ForeignKey[], key: ForeignKey): number {
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
