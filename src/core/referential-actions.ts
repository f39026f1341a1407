/** What a key does when a parent's row is deleted or updated. */
import type { ForeignKey, ReferentialAction } from './model.ts';

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
