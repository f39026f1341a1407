/** The head of a migration file, for people: which keys change and why, how to run the file, how to go back. */
import { clauseText, keyText } from '../core/names.ts';
import { visible } from '../core/visible.ts';
import type { Change, DeleteClause, ForeignKey, TableName } from '../core/model.ts';
import { nameText } from '../policy/pattern/print.ts';
import { byRule, type RuleGroup } from './rule-groups.ts';

/** No line of a head is longer, unless a name or a command is. */
const widest = 120;

export interface HeadOptions {
  /** `File 1 of 2: …`; null where there is one. */
  readonly part: string | null;
  /** How to apply the migration and how to take it back. */
  readonly commands: { readonly up: string; readonly down: string };
  /** Codes of --allow that the files need. */
  readonly allowed: readonly string[];
  /** What was proven, and where; null without a rehearsal. */
  readonly proof: string | null;
  /** What --plain leaves out; null without it. */
  readonly plain: string | null;
  /** That nobody has run this on the engine, and how to prove it; null where the tests did. */
  readonly unproven: string | null;
}

/** The lines without comment marks: one line per key, grouped by rule. */
export function upHead(changes: readonly Change[], options: HeadOptions): readonly string[] {
  const { allowed, commands, part, plain, proof, unproven } = options;
  return [
    `${sentence(changes)} what a delete does.`,
    ...optional(unproven),
    ...optional(part),
    ...byRule(changes).flatMap((group) => [
      '',
      ...wrapped(ruleText(group)),
      ...keyLines(group.changes, ({ from, to }) => [from, to]),
    ]),
    '',
    // Whole, however long: half a command does something else.
    `Run:  ${commands.up}`,
    `Back: ${commands.down}`,
    ...(allowed.length === 0 ? [] : wrapped(`Allowed with --allow: ${allowed.join(', ')}`)),
    ...optional(proof),
    ...optional(plain),
  ].map(visible);
}

/** The head of the other direction. */
export function downHead(
  changes: readonly Change[],
  { commands, part, plain, unproven }: Omit<HeadOptions, 'allowed' | 'proof'>,
): readonly string[] {
  const withTriggers = changes.filter(({ foreignKey }) => needsSuperuser(foreignKey));
  return [
    `${sentence(changes)} back to what a delete did before.`,
    'Rows that the new rules deleted or changed do not come back.',
    ...optional(unproven),
    ...optional(part),
    '',
    ...keyLines(changes, ({ from, to }) => [to, from]),
    '',
    `Run: ${commands.down}`,
    ...withTriggers.flatMap(({ foreignKey }) =>
      wrapped(
        `${keyText(foreignKey)}: some triggers of the key are disabled; this file disables them again, which only a superuser can do.`,
      ),
    ),
    ...optional(plain),
  ].map(visible);
}

const marks: Readonly<Record<string, string>> = {
  '→': '->',
  '’': "'",
  '‘': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '…': '...',
};

/** A head for a database that is not in Unicode: a tool that sends the whole file sends the head too, and the server refuses what it cannot convert. */
export function withPlainMarks(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/[→’‘“”–—…]/g, (mark) => marks[mark] ?? mark));
}

function sentence(changes: readonly Change[]): string {
  return changes.length === 1 ? '1 foreign key changes' : `${changes.length} foreign keys change`;
}

/** `ondelete.config.yaml:4  order_items -> orders: a line item is part of its order`. */
function ruleText({ matches, position, reason }: RuleGroup): string {
  return `${position.file}:${position.line}  ${matches}${reason === null ? '' : `: ${reason}`}`;
}

/** `  order_items(order_id) -> orders(id)  NO ACTION → CASCADE`, in columns as long as they fit. */
function keyLines(
  changes: readonly Change[],
  clauses: (change: Change) => readonly [before: DeleteClause, after: DeleteClause],
): readonly string[] {
  const rows = changes.map((change) => {
    const [before, after] = clauses(change);
    const halfDone = change.kind === 'finish' ? ' (half done)' : '';
    return [patternOf(change.foreignKey), `${clauseText(before)} → ${clauseText(after)}${halfDone}`] as const;
  });
  const width = Math.max(...rows.map(([key]) => key.length));
  const fits = rows.every(([, action]) => width + action.length + 4 <= widest);
  return rows.flatMap(([key, action]) => {
    if (fits) return [`  ${key.padEnd(width)}  ${action}`];
    return key.length + action.length + 4 <= widest ? [`  ${key}  ${action}`] : [`  ${key}`, `    ${action}`];
  });
}

/** As a policy names the key: odd names in double quotes. */
function patternOf({ child, columns, parent, parentColumns }: ForeignKey): string {
  return visible(`${endText(child, columns)} -> ${endText(parent, parentColumns)}`);
}

function endText({ name, schema }: TableName, columns: readonly string[]): string {
  const before = schema === 'main' || schema === '' ? '' : `${nameText(schema)}.`;
  const behind = columns.length === 0 ? '' : `(${columns.map(nameText).join(', ')})`;
  return `${before}${nameText(name)}${behind}`;
}

function needsSuperuser({ enforced, triggers, validated }: ForeignKey): boolean {
  return validated && enforced && triggers.length > 0;
}

function optional(line: string | null): readonly string[] {
  return line === null ? [] : wrapped(line);
}

/** Broken between words, but not inside `code`; what follows the first line is indented. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of visible(text).match(/ *(?:`[^`]*`|[^ ])+/g) ?? []) {
    if (line !== '' && line.length + word.length > widest) {
      lines.push(line);
      line = `  ${word.trimStart()}`;
    } else line += word;
  }
  return [...lines, line];
}
