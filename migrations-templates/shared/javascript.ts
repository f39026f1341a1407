/** Pieces of JavaScript and TypeScript files. */
import type { ExistingFile, Migration } from '../../src/core/contracts/template.ts';
import type { Direction, Statement, Step } from '../../src/core/model.ts';
import { stepsInOrder, nothingToDo } from './sections.ts';

/** A string: one line in single quotes, several lines as a template literal. */
export function jsString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  if (!text.includes('\n')) return `'${escaped.replaceAll("'", "\\'")}'`;
  return `\`${escaped.replaceAll('`', '\\`').replaceAll('${', '\\${')}\``;
}

export function jsComment(text: string): string {
  return text === '' ? '//' : `// ${text.replace(/[\r\n\u2028\u2029]+/g, ' ')}`;
}

/** The name of a migration in JavaScript or TypeScript; null for other files, such as declarations. */
export function scriptName(path: string): string | null {
  return /\.d\.[cm]?ts$/.test(path) ? null : (/^([^/]+)\.[cm]?[jt]s$/.exec(path)?.[1] ?? null);
}

/** How the folder's newest migration is written, so that a new one is loaded in the same way. */
export interface ScriptStyle {
  readonly extension: string;
  /** `export` rather than `exports.`. */
  readonly isModule: boolean;
  readonly isTyped: boolean;
}

/** In a folder without migrations. */
export const commonJs: ScriptStyle = { extension: 'js', isModule: false, isTyped: false };
export const typeScript: ScriptStyle = { extension: 'ts', isModule: true, isTyped: true };

export function scriptStyle(existing: readonly ExistingFile[], ifEmpty: ScriptStyle): ScriptStyle {
  const last = existing.filter(({ path }) => scriptName(path) !== null).at(-1);
  if (last === undefined) return ifEmpty;
  const extension = /[^.]+$/.exec(last.path)?.[0] ?? ifEmpty.extension;
  const isTyped = extension.endsWith('ts');
  return { extension, isTyped, isModule: isTyped || /^(?:export|import) /m.test(last.content) };
}

/** `export const up`, or `exports.up`. */
export function exported({ isModule }: ScriptStyle, name: string): string {
  return isModule ? `export const ${name}` : `exports.${name}`;
}

/** A whole file: the heads as comments, both directions, and the record as its last line. */
export function scriptFile(
  { downHead, head, record }: Migration,
  parts: {
    readonly before?: readonly string[];
    readonly up: readonly string[];
    readonly down: readonly string[];
    readonly after?: readonly string[];
  },
): string {
  return [
    ...head.map(jsComment),
    '',
    ...paragraph(parts.before),
    ...parts.up,
    '',
    ...downHead.map(jsComment),
    ...parts.down,
    '',
    ...paragraph(parts.after),
    jsComment(record),
    '',
  ].join('\n');
}

function paragraph(lines: readonly string[] = []): readonly string[] {
  return lines.length === 0 ? [] : [...lines, ''];
}

/** better-sqlite3 lets nobody edit the stored schema otherwise; other clients have no such method. */
export function unsafeMode(isOn: boolean): string {
  return isOn
    ? 'unsafeMode?.(true); // better-sqlite3 refuses edits of the schema otherwise'
    : 'unsafeMode?.(false);';
}

/** How a tool's file sends a statement. */
interface Sending {
  /** `await run(…)` without a semicolon. */
  readonly call: (sql: string) => string;
  /** The tool has opened a transaction, so the file opens none. */
  readonly inTransaction: boolean;
  /** The tool collects the calls and runs them later, so nothing can be run after an error. */
  readonly isCollected?: boolean;
}

/** Calls for the steps of one direction; what puts the session back runs after an error too. */
export function stepCalls(
  name: Direction,
  steps: readonly Step[],
  { call, inTransaction, isCollected = false }: Sending,
): readonly string[] {
  const lines = ({ comment, sql }: Statement): readonly string[] => [
    ...(comment === '' ? [] : [jsComment(comment)]),
    `${call(sql)};`,
  ];
  return stepsInOrder(steps, name).flatMap(({ transaction, ...step }): readonly string[] => {
    const body = step[name];
    if (body.kind === 'nothing') return [jsComment(nothingToDo(step, body.reason))];
    const main = body.statements.flatMap(lines);
    const own = inTransaction ? null : transaction;
    const whole = own === null ? main : [`${call(own.begin)};`, ...main, `${call(own.commit)};`];
    const always = body.always.flatMap(lines);
    if (isCollected) return [...whole, ...always];
    const afterError = own === null ? [] : ['} catch (error) {', ...indented(rollback(call(own.rollback)))];
    const atTheEnd = always.length === 0 ? [] : ['} finally {', ...indented(always)];
    if (afterError.length + atTheEnd.length === 0) return whole;
    return ['try {', ...indented(whole), ...afterError, ...atTheEnd, '}'];
  });
}

/** Some statements roll back by themselves where they fail, and then there is nothing to roll back. */
function rollback(call: string): readonly string[] {
  return [`${call}.catch(() => undefined); // the failed statement may have done it`, 'throw error;'];
}

/** Strings of several lines keep their own. */
export function indented(lines: readonly string[], by = '  '): readonly string[] {
  return lines.map((line) => (line === '' ? '' : by + line));
}
