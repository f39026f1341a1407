/**
 * The head of a migration file: one sentence per key for people, and one line of JSON per key for `generate`, which reads
 * the files of the output folder to know what is already written.
 */
import type { SchemaIndex } from '../core/schema-index.ts';
import { z } from 'zod';
import { fingerprint, relativeTables } from '../core/fingerprint.ts';
import {
  clauseText,
  keyText,
  referentialActions,
  tableText,
  type Change,
  type DeleteClause,
  type Flavor,
  type ForeignKey,
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
  /** Which of several keys over the same columns, in the Snapshot's order; 0 for the only one. */
  twin: z.number(),
  from: clause,
  to: clause,
  fingerprint: z.string(),
});

/** One key of one set of migration files, as it stands in their heads. */
export type KeyLine = z.infer<typeof keyLine>;

const receiptMark = 'ondelete-receipt: ';

const receiptLine = z.object({
  /** Hashes over the keys of everything that was rehearsed: before up and after down, and after up. */
  before: z.string(),
  after: z.string(),
  server: z.string(),
  /** YYYY-MM-DD, UTC. */
  date: z.string(),
});

/** What a rehearsal proved, as it stands in the heads of the files it was given for. */
export type Receipt = Readonly<z.infer<typeof receiptLine>>;

/** The receipt in a file's head, or null. Never throws on foreign text. */
export function readReceipt(content: string): Receipt | null {
  for (const text of markedLines(content, receiptMark)) {
    const parsed = receiptLine.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
  }
  return null;
}

/** The lines of the head, without comment marks. `set` is shared by the files that one call of generate wrote for one plan. */
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
    ...(options.allowed.length === 0 ? [] : [`Allowed by hand: ${options.allowed.join(', ')}`]),
    ...receiptLines(options.receipt),
    options.part,
    ...changes.map((change) => mark + JSON.stringify(lineFor(change, schema, options.set))),
  ].map(oneLine);
}

function receiptLines(receipt: Receipt | null): readonly string[] {
  if (receipt === null) return [];
  return [
    `Proven on ${receipt.server}, ${receipt.date}: up, deletes as promised, down, the same keys as before.`,
    receiptMark + JSON.stringify(receipt),
  ];
}

/** The head of the reverse. */
export function downHeader(changes: readonly Change[], part: string): readonly string[] {
  return [
    'Reverses the file of the same name: restores the rule, not rows that were deleted or changed under the new one.',
    ...changes.map((change) => sentence(change.foreignKey, change.from, change.to)),
    ...changes.flatMap((change) => caveat(change.foreignKey)),
    part,
  ].map(oneLine);
}

function caveat(key: ForeignKey): readonly string[] {
  if (!key.validated || !key.enforced) return [];
  return key.triggers.length === 0
    ? []
    : [
        `${keyText(key)}: some of its triggers are switched off; they are switched off again, which a superuser only can do.`,
      ];
}

/** The keys named in a file's head; empty for a file that ondelete did not write. Never throws on foreign text. */
export function readHeader(content: string): readonly KeyLine[] {
  return markedLines(content, mark).flatMap((text) => {
    const parsed = keyLine.safeParse(parseJson(text));
    return parsed.success ? [parsed.data] : [];
  });
}

/** What follows a mark on the comment lines of a file. */
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
  const plainClause = (one: DeleteClause): KeyLine['from'] => ({
    onDelete: one.onDelete,
    onDeleteColumns: one.onDeleteColumns === null ? null : [...one.onDeleteColumns],
  });
  return {
    set,
    kind: change.kind,
    child: { schema: child.schema, name: child.name },
    columns: [...key.columns],
    parent: { schema: parent.schema, name: parent.name },
    parentColumns: [...key.parentColumns],
    constraint: key.name,
    twin: duplicateKeys(key, schema).indexOf(key),
    from: plainClause(change.from),
    to: plainClause(change.to),
    fingerprint: fingerprint(key, schema),
  };
}

/** The keys over the same columns between the same tables, this one among them, in the Snapshot's order. */
export function duplicateKeys(key: ForeignKey, schema: SchemaIndex): readonly ForeignKey[] {
  const id = (one: ForeignKey): string =>
    JSON.stringify([one.child, one.columns, one.parent, one.parentColumns]);
  return schema.keysOn(key.child).filter((other) => id(other) === id(key));
}

/** Whether a line of a file speaks of this key, whatever its constraint is called here. */
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

/** What deleting a parent will do, and what it did. */
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

/** A name may hold a line break; a comment may not. */
function oneLine(text: string): string {
  return text.replace(/[\r\n\u0085\u2028\u2029]+/g, ' ');
}
