/** The edits that an application's models need, line by line, and those that somebody has to make by hand. */
import { allVisible } from '../../core/visible.ts';
import type { LeftOut, SourceEdit, SourceEdits } from '../../orm/model-files/edits.ts';
import { count, type Page } from '../layout.ts';

export interface EditReport extends SourceEdits {
  /** `SQLAlchemy 2.0.52`. */
  readonly orm: string;
  /** What was read: `shop.models`. */
  readonly source: string;
  /** What is left to do after the edits; null where nothing is. */
  readonly note: string | null;
}

/**
 * @param most how many places are shown; the others are counted
 * @returns lines without line breaks
 */
export function editLines(asItIs: EditReport, most: number, page: Page): readonly string[] {
  const report = allVisible({ ...asItIs, edits: asItIs.edits.map(onScreen) });
  const { edits, leftOut, orm, source } = report;
  const which = `${orm}, ${source}`;
  if (edits.length + leftOut.length === 0) return page.wrap(`The models need no edit (${which}).`, 0, 2);
  const patch = edits.length === 0 ? '' : '; --patch FILE writes them for `git apply`';
  const rest = edits.length - most;
  return [
    ...page.wrap(`Edits that the models need (${which})${patch}`, 0, 2).map(page.bold),
    ...edits.slice(0, most).flatMap((edit) => ['', ...changedLines(edit, page)]),
    ...(rest > 0 ? ['', `  and ${count(rest, 'more place')}`] : []),
    ...restLines(report, page),
  ];
}

/** What remains to be done beside the edits: places to edit by hand, one line each, and what comes after. */
export function restLines({ leftOut, note }: EditReport, page: Page): readonly string[] {
  return [
    ...(leftOut.length === 0 ? [] : ['', ...leftOut.flatMap((one) => page.wrap(leftOutText(one), 2, 4))]),
    ...(note === null ? [] : ['', ...page.wrap(note, 2)]),
  ];
}

function changedLines({ file, line, before, after }: SourceEdit, page: Page): readonly string[] {
  return [
    `  ${page.dim(`${file}:${line}`)}`,
    ...before.map((text) => page.red(`  - ${text}`)),
    ...after.map((text) => page.green(`  + ${text}`)),
  ];
}

/** `by hand: items(order_id), models.py:12: …`. */
export function leftOutText({ target, place, text, why }: LeftOut): string {
  const at = place === null ? '' : `, ${place.file}:${place.line}`;
  return `by hand: ${target}${at}: ${text} (${why})`;
}

/** Lines as people read them: a tab is four blanks, and the end of a line is none of its characters. */
export function onScreen(edit: SourceEdit): SourceEdit {
  const shown = (text: string): string => text.replace(/\r$/, '').replaceAll('\t', '    ');
  return { ...edit, before: edit.before.map(shown), after: edit.after.map(shown) };
}
