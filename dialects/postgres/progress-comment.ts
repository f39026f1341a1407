/**
 * The mark of a half-done change: the first line of the key's comment, in front of whatever comment the key had.
 * It is set by the swap and taken away by VALIDATE, so that a key in between is told from one that was always NOT VALID.
 */
import { type DeleteClause, type ReferentialAction, referentialActions } from '../../src/core/model.ts';

export const markPrefix = 'ondelete half-done ';

export interface Mark {
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  /** The name of the root's key, on the twins that stand on the leaves of a partitioned table; else null. */
  readonly twinOf: string | null;
}

/** One line of text. JSON escapes line feeds, so the first line feed of a marked comment ends the mark, whatever the names hold. */
export function markText(mark: Mark): string {
  const twin = mark.twinOf === null ? {} : { twinOf: mark.twinOf };
  return markPrefix + JSON.stringify({ from: clauseList(mark.from), to: clauseList(mark.to), ...twin });
}

/** Parts a comment into our mark and the comment that was there before; `mark` is null where there is none that reads as ours. */
export function readComment(comment: string | null): {
  readonly mark: Mark | null;
  readonly comment: string | null;
} {
  if (comment?.startsWith(markPrefix) !== true) return { mark: null, comment };
  const [line = '', ...rest] = comment.split('\n');
  const mark = parse(line.slice(markPrefix.length));
  if (mark === null) return { mark: null, comment };
  return { mark, comment: rest.length === 0 ? null : rest.join('\n') };
}

function parse(json: string): Mark | null {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('from' in value) || !('to' in value)) return null;
  const from = clauseOf(value.from);
  const to = clauseOf(value.to);
  if (from === null || to === null) return null;
  return { from, to, twinOf: 'twinOf' in value && typeof value.twinOf === 'string' ? value.twinOf : null };
}

/** `["SET NULL", "a"]`: the action, then its columns if it names any. */
function clauseList(clause: DeleteClause): readonly string[] {
  return [clause.onDelete, ...(clause.onDeleteColumns ?? [])];
}

function clauseOf(list: unknown): DeleteClause | null {
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) return null;
  const [action, ...columns] = list;
  const onDelete = referentialActions.find((known: ReferentialAction) => known === action);
  return onDelete === undefined ? null : { onDelete, onDeleteColumns: columns.length === 0 ? null : columns };
}

export function sameClause(a: DeleteClause, b: DeleteClause): boolean {
  return a.onDelete === b.onDelete && JSON.stringify(a.onDeleteColumns) === JSON.stringify(b.onDeleteColumns);
}
