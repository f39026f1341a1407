/** What a key by itself does when a row of its parent goes. Pure. */
import type { ForeignKey, ReferentialAction } from './model.ts';

export function isRefusing(action: ReferentialAction): boolean {
  return action === 'NO ACTION' || action === 'RESTRICT';
}

/**
 * Whether the key does anything when a row of the parent is deleted, or updated: not where it is not enforced, or its trigger
 * on the parent is switched off.
 */
export function fires(key: ForeignKey, event: 'delete' | 'update' = 'delete'): boolean {
  const off = key.triggers.some(
    (trigger) =>
      trigger.on === 'parent' &&
      trigger.event === event &&
      (trigger.enabled === 'disabled' || trigger.enabled === 'replica'),
  );
  return key.enforced && !off;
}
