/**
 * The header of a migration file: per key, sentences for people and a line of JSON, from which `generate` later knows what the
 * files of the output folder already change.
 */
import type { SchemaIndex } from '../core/schema-index.ts';
import { z } from 'zod';
import { fingerprint, relativeTables } from '../core/fingerprint.ts';
import { clauseText, keyText, tableText } from '../core/names.ts';
import {
  type Change,
  type DeleteClause,
  type Flavor,
  type ForeignKey,
  referentialActions,
} from '../core/model.ts';

const mark = 'ondelete-key: ';

const clause = z.object({
  onDelete: z.enum(referentialActions),
  onDeleteColumns: z.array(z.string()).nullable(),
});
const table = z.object({ schema: z.string(), name: z.string() });
const keyLine = z.object({
  set: z.string(),
  kind: z.enum(['change-on-delete', 'finish']),
  child: table,
  columns: z.array(z.string()),
  parent: table,
  parentColumns: z.array(z.string()),
  constraint: z.string().nullable(),
  /** The place among the keys over the same columns, in the Snapshot's order. */
  twin: z.number(),
  from: clause,
  to: clause,
  fingerprint: z.string(),
});

/** One key of a set of migration files, as recorded in their headers. */
export type KeyLine = z.infer<typeof keyLine>;

const receiptMark = 'ondelete-receipt: ';

const receiptLine = z.object({
  /** Hashes of all rehearsed keys: `before` holds before up and after down, `after` holds after up. */
  before: z.string(),
  after: z.string(),
  server: z.string(),
  /** YYYY-MM-DD, UTC. */
  date: z.string(),
});

/** The proof of a rehearsal, as recorded in the headers of the rehearsed files. */
export type Receipt = Readonly<z.infer<typeof receiptLine>>;

/** The receipt in a file's header, or null. Never throws on foreign text. */
export function readReceipt(content: string): Receipt | null {
  for (const text of markedLines(content, receiptMark)) {
    const parsed = receiptLine.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
  }
  return null;
}

/** The header's lines without comment marks. `set` is shared by all files that one `generate` wrote for a plan. */
export function upHeader(
  changes: readonly Change[],
  schema: SchemaIndex,
  options: {
    readonly set: string;
    readonly part: string;
    readonly allowed: readonly string[];
    readonly receipt: Receipt | null;
  },
): readonly string[] {
  return [
    ...changes.flatMap((change) => [
      sentence(change.foreignKey, change.to, change.from),
      ...facts(change, schema),
    ]),
    ...(options.allowed.length === 0 ? [] : [`Allowed with --allow: ${options.allowed.join(', ')}`]),
    ...receiptLines(options.receipt),
    options.part,
    ...changes.map((change) => mark + JSON.stringify(lineFor(change, schema, options.set))),
  ].map(oneLine);
}

function receiptLines(receipt: Receipt | null): readonly string[] {
  if (receipt === null) return [];
  return [
    `Proven on ${receipt.server}, ${receipt.date}: up works, deletes do as promised, down restores the same keys.`,
    receiptMark + JSON.stringify(receipt),
  ];
}

/** The header of the down file. */
export function downHeader(changes: readonly Change[], part: string): readonly string[] {
  return [
    'Reverses the up migration of the same name: it restores the old rule, not rows that the new rule deleted or changed.',
    ...changes.map((change) => sentence(change.foreignKey, change.from, change.to)),
    ...changes.flatMap((change) => disabledTriggers(change.foreignKey)),
    part,
  ].map(oneLine);
}

function disabledTriggers(key: ForeignKey): readonly string[] {
  if (!key.validated || !key.enforced || key.triggers.length === 0) return [];
  return [
    `${keyText(key)}: some triggers of the key are disabled; this file disables them again, which only a superuser can do.`,
  ];
}

/** The keys named in a file's header; empty for a file that ondelete did not write. Never throws on foreign text. */
export function readHeader(content: string): readonly KeyLine[] {
  return markedLines(content, mark).flatMap((text) => {
    const parsed = keyLine.safeParse(parseJson(text));
    return parsed.success ? [parsed.data] : [];
  });
}

/** The text behind a mark on the comment lines of a file. */
function markedLines(content: string, ours: string): readonly string[] {
  return content.split('\n').flatMap((line) => {
    const at = line.indexOf(ours);
    return at < 0 || !/^\s*(--|\/\/|#|\*)\s*$/.test(line.slice(0, at)) ? [] : [line.slice(at + ours.length)];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function lineFor(change: Change, schema: SchemaIndex, set: string): KeyLine {
  const { foreignKey: key } = change;
  const [child, parent] = relativeTables(key, schema.snapshot.server.flavor);
  const plainClause = ({ onDelete, onDeleteColumns }: DeleteClause): KeyLine['from'] => ({
    onDelete,
    onDeleteColumns: onDeleteColumns === null ? null : [...onDeleteColumns],
  });
  return {
    set,
    kind: change.kind,
    child: { schema: child.schema, name: child.name },
    columns: [...key.columns],
    parent: { schema: parent.schema, name: parent.name },
    parentColumns: [...key.parentColumns],
    constraint: key.name,
    twin: placeAmong(duplicateKeys(key, schema), key),
    from: plainClause(change.from),
    to: plainClause(change.to),
    fingerprint: fingerprint(key, schema),
  };
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

/** Whether a line of a file is about this key, whatever its constraint is called here. */
export function matchesKey(line: KeyLine, key: ForeignKey, flavor: Flavor): boolean {
  const [child, parent] = relativeTables(key, flavor);
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return (
    same([line.child.schema, line.child.name], [child.schema, child.name]) &&
    same([line.parent.schema, line.parent.name], [parent.schema, parent.name]) &&
    same(line.columns, key.columns) &&
    same(line.parentColumns, key.parentColumns)
  );
}

/** What deleting a parent does after and did before. */
function sentence(key: ForeignKey, to: DeleteClause, from: DeleteClause): string {
  const children = `the rows of ${tableText(key.child)} that point to it by ${key.columns.join(', ')}`;
  return `Deleting a row of ${tableText(key.parent)} ${effect(key, to, children)} (${clauseText(to)}; before: ${clauseText(from)}).`;
}

function effect(key: ForeignKey, to: DeleteClause, children: string): string {
  const columns = (to.onDeleteColumns ?? key.columns).join(', ');
  switch (to.onDelete) {
    case 'CASCADE':
      return `deletes ${children}`;
    case 'SET NULL':
      return `sets ${columns} to NULL in ${children}`;
    case 'SET DEFAULT':
      return `sets ${columns} to the default in ${children}`;
    case 'RESTRICT':
      return `is refused at once by ${children}`;
    case 'NO ACTION':
      return `is refused by ${children}`;
  }
}

function facts(change: Change, schema: SchemaIndex): readonly string[] {
  const { rule, foreignKey } = change;
  const where = `${rule.position.file}:${rule.position.line}`;
  return [
    `  key          ${keyText(foreignKey)}${foreignKey.name === null ? '' : `, constraint ${foreignKey.name}`}`,
    `  rule         ${where}  ${rule.match}`,
    ...(rule.reason === null ? [] : [`  reason       ${rule.reason}`]),
    `  fingerprint  ${fingerprint(foreignKey, schema)}`,
  ];
}

/** A name may contain a line break; a comment may not. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\u0085\u2028\u2029]+/g, ' ');
}
