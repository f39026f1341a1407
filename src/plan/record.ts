/**
 * The last line of a migration file, for `generate`: which keys the file changes, and what a rehearsal has proven.
 * From it a later run knows what the files in the folder of the migrations change already.
 */
import { visible } from '../core/visible.ts';
import * as z from 'zod';
import type { SchemaIndex } from '../core/schema-index.ts';
import { fingerprint, relativeTables } from '../core/fingerprint.ts';
import { groupBy } from '../core/group-by.ts';
import type { Change, DeleteClause, ForeignKey } from '../core/model.ts';
import { keyLine, receiptLine, setOfNamedKeys } from './earlier-records.ts';
import {
  clause,
  duplicateKeys,
  ordinalAmong,
  type Receipt,
  receipt,
  type RecordedKey,
  table,
} from './recorded-key.ts';

/** In the order of its names, so that thousands of keys stay a line that tools can take. */
const keyTuple = z
  .tuple(
    [table, z.array(z.string()), table, z.array(z.string()), z.string().nullable(), z.string()],
    z.number(),
  )
  .transform(([child, columns, parent, parentColumns, constraint, fingerprint, ordinal = 0]) => ({
    child,
    columns,
    parent,
    parentColumns,
    constraint,
    fingerprint,
    ordinal,
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
  return `${recordPrefix}${visible(JSON.stringify(data))}`;
}

const recordPrefix = 'ondelete-set: ';

function keyData(key: ForeignKey, schema: SchemaIndex): readonly unknown[] {
  const [child, parent] = relativeTables(key, schema.snapshot.server.flavor);
  const ordinal = ordinalAmong(duplicateKeys(key, schema), key);
  return [
    [child.schema, child.name],
    key.columns,
    [parent.schema, parent.name],
    key.parentColumns,
    key.name,
    fingerprint(key, schema),
    ...(ordinal === 0 ? [] : [ordinal]),
  ];
}

function clauseData({ onDelete, onDeleteColumns }: DeleteClause): readonly string[] {
  return [onDelete, ...(onDeleteColumns ?? [])];
}

/** The keys that a file changes; empty for a file that ondelete did not write. Never throws on foreign text. */
export function readRecord(content: string): readonly RecordedKey[] {
  return linesIn(content).flatMap(({ keys }) => keys);
}

/** The receipt in a file, or null. Never throws on foreign text. */
export function readReceipt(content: string): Receipt | null {
  return linesIn(content).find((line) => line.receipt !== null)?.receipt ?? null;
}

function linesIn(
  content: string,
): readonly { readonly receipt: Receipt | null; readonly keys: readonly RecordedKey[] }[] {
  return [
    ...behind(recordPrefix, content, record),
    ...behind(recordPrefix, content, setOfNamedKeys),
    ...behind('ondelete-key: ', content, keyLine),
    ...behind('ondelete-receipt: ', content, receiptLine),
  ];
}

/** What stands behind a prefix on the comment lines of a file, where it has the right form. */
function behind<T>(prefix: string, content: string, form: z.ZodType<T>): readonly T[] {
  return content.split('\n').flatMap((line) => {
    const at = line.indexOf(prefix);
    if (at < 0 || !/^\s*(--|\/\/|#|\*)\s*$/.test(line.slice(0, at))) return [];
    const parsed = form.safeParse(parseJson(line.slice(at + prefix.length)));
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
