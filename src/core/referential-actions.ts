/** What a key does when a parent's row is deleted or updated. */
import type { DeleteClause, ForeignKey, ReferentialAction } from './model.ts';

/** Whether the action refuses the delete. */
export function isRefusing(action: ReferentialAction): boolean {
  return action === 'NO ACTION' || action === 'RESTRICT';
}

/** False where the key does nothing: it is not enforced, or its trigger on the parent is disabled. */
export function isActive(key: ForeignKey, event: 'delete' | 'update' = 'delete'): boolean {
  const off = key.triggers.some(
    ({ on, event: ofTrigger, enabled }) =>
      on === 'parent' && ofTrigger === event && (enabled === 'disabled' || enabled === 'replica'),
  );
  return key.enforced && !off;
}

export type SameAction = (a: ReferentialAction, b: ReferentialAction) => boolean;

/** Whether two clauses do the same to a key: equal actions over the same columns; no list means all columns of the key. */
export function sameClause(
  a: DeleteClause,
  b: DeleteClause,
  key: Pick<ForeignKey, 'columns'>,
  sameAction: SameAction,
): boolean {
  if (!sameAction(a.onDelete, b.onDelete)) return false;
  if (a.onDeleteColumns === null && b.onDeleteColumns === null) return true;
  const [ofA, ofB] = [a, b].map((clause) => new Set(clause.onDeleteColumns ?? key.columns));
  return ofA?.size === ofB?.size && [...(ofA ?? [])].every((column) => ofB?.has(column));
}
