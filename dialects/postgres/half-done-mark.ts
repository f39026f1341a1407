/**
 * The mark of a half-done change: the first line of the key's comment, in front of whatever comment the key had.
 * It is set by the swap and taken away by VALIDATE, so that a key in between is told from one that was always NOT VALID.
 * The files write it (emitter/block.ts): `ondelete half-done {"from":"NO ACTION","to":"SET NULL (\"a\")"}`. JSON escapes line feeds, so
 * the first line feed of a marked comment ends the mark, whatever the names hold.
 */
import { type DeleteClause, referentialActions } from '../../src/core/model.ts';

export const markPrefix = 'ondelete half-done ';

interface Mark {
  readonly from: DeleteClause;
  readonly to: DeleteClause;
  /** The name of the root's key, on the second keys that stand on the leaves of a partitioned table; else null. */
  readonly secondOf: string | null;
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
  return {
    from,
    to,
    secondOf: 'secondOf' in value && typeof value.secondOf === 'string' ? value.secondOf : null,
  };
}

/** `SET NULL ("a", "b")`: the action, then its columns if it names any, all in quotes. Earlier files wrote `["SET NULL", "a", "b"]`. */
function clauseOf(text: unknown): DeleteClause | null {
  if (Array.isArray(text)) return clauseOfList(text);
  if (typeof text !== 'string') return null;
  const [, action, list] = /^([A-Z ]+?)(?: \(("(?:[^"]|"")*"(?:, "(?:[^"]|"")*")*)\))?$/.exec(text) ?? [];
  const onDelete = referentialActions.find((known) => known === action);
  if (onDelete === undefined) return null;
  const columns = list?.match(/"(?:[^"]|"")*"/g)?.map((name) => name.slice(1, -1).replaceAll('""', '"'));
  return { onDelete, onDeleteColumns: columns ?? null };
}

function clauseOfList(list: readonly unknown[]): DeleteClause | null {
  const [action, ...names] = list;
  const columns = names.filter((name) => typeof name === 'string');
  const onDelete = referentialActions.find((known) => known === action);
  if (onDelete === undefined || columns.length < names.length) return null;
  return { onDelete, onDeleteColumns: columns.length === 0 ? null : columns };
}
