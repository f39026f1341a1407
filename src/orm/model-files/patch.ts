/** Edits of files as a unified diff, as `git apply` and `patch -p1` take it. Pure. */
import { groupBy } from '../../core/group-by.ts';
import type { SourceEdit } from './edits.ts';

/** Lines around a change. */
const context = 3;

/** @param textOf the text that the edits were made for */
export function unifiedDiff(edits: readonly SourceEdit[], textOf: (file: string) => string): string {
  const files = groupBy(edits, ({ file }) => file);
  return [...files]
    .map(([file, own]) => {
      const head = [`--- ${nameOf('a', file)}`, `+++ ${nameOf('b', file)}`];
      return [...head, ...hunksOf(own, textOf(file)), ''].join('\n');
    })
    .join('');
}

/** A name with a blank ends in a tab, and one with marks or control characters stands in quotes, as Git writes them. */
function nameOf(side: 'a' | 'b', file: string): string {
  const name = `${side}/${file}`;
  if (/["\\\p{Cc}]/u.test(name))
    return `"${name.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
  return name.includes(' ') ? `${name}\t` : name;
}

function hunksOf(edits: readonly SourceEdit[], text: string): readonly string[] {
  const lines = text.split('\n');
  const endsInNewline = lines.at(-1) === '';
  const all = endsInNewline ? lines.slice(0, -1) : lines;
  const groups: SourceEdit[][] = [];
  for (const edit of edits.toSorted((a, b) => a.line - b.line)) {
    const last = groups.at(-1)?.at(-1);
    const isNear = last !== undefined && edit.line - (last.line + last.before.length) <= 2 * context;
    if (isNear) groups.at(-1)?.push(edit);
    else groups.push([edit]);
  }
  let moved = 0;
  return groups.flatMap((group) => {
    const first = group[0]?.line ?? 1;
    const last = group.at(-1);
    const from = Math.max(1, first - context);
    const to = Math.min(all.length, (last?.line ?? 1) + (last?.before.length ?? 0) - 1 + context);
    const body: string[] = [];
    // a last line without a line end says so
    const put = (mark: string, line: string, isLast: boolean): void => {
      body.push(`${mark}${line}`);
      if (isLast && !endsInNewline) body.push('\\ No newline at end of file');
    };
    let at = from;
    for (const { line, before, after } of group) {
      for (; at < line; at += 1) put(' ', all[at - 1] ?? '', false);
      const endsHere = line + before.length - 1 === all.length;
      before.forEach((one, index) => put('-', one, endsHere && index === before.length - 1));
      after.forEach((one, index) => put('+', one, endsHere && index === after.length - 1));
      at = line + before.length;
    }
    for (; at <= to; at += 1) put(' ', all[at - 1] ?? '', at === all.length);
    const old = to - from + 1;
    const grown = group.reduce((sum, { before, after }) => sum + after.length - before.length, 0);
    const head = `@@ -${from},${old} +${from + moved},${old + grown} @@`;
    moved += grown;
    return [head, ...body];
  });
}
