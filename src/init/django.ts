/** What `init` writes otherwise for Django, which makes every key NO ACTION and does what on_delete says itself. Pure. */
import type { Snapshot } from '../core/model.ts';

export const djangoKeeps = 'Django makes every key NO ACTION, and does itself what on_delete says';

const ofAuth = [
  'auth_group_permissions',
  'auth_permission',
  'auth_user_groups',
  'auth_user_user_permissions',
];

/** Tables of Django's own apps that have keys: their models are not the project's to edit. */
export function tablesOfDjango({ foreignKeys }: Snapshot): readonly string[] {
  const names = new Set(foreignKeys.map(({ child }) => child.name));
  return [...names].filter((name) => ofAuth.includes(name) || name.startsWith('django_')).sort();
}
