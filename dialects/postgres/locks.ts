/** The locks of a swap, asked for in an order and with waits that stop the application for a moment only. */
import { sameTable, type ForeignKey, type Lock } from '../../src/model.ts';
import type { Fragment } from '../ddl.ts';
import { strongLockTimeout, tree, weakLockTimeout } from './block.ts';
import { ddl, ofKey } from './clause.ts';

/** First the weak lock, which no reader or writer notices and autovacuum gives way to; then the strong one, briefly. */
export const takeLocks = ofKey(
  (key) => ddl.sql`${weakLocks(key)}
        PERFORM set_config('lock_timeout', '${ddl.raw(strongLockTimeout)}', true);${lockBoth(key, 'ACCESS EXCLUSIVE')}
        IF NOT EXISTS (SELECT FROM pg_constraint WHERE oid = key.oid AND xmin = key.xmin) THEN
          RAISE serialization_failure USING MESSAGE = format('ondelete: somebody else changed %s of %s at this moment; nothing was changed here, run this again', key_name, child);
        END IF;`,
);

/** Keeps vacuum and other schema changes away from both tables, and nobody else. */
export function weakLocks(key: ForeignKey): Fragment {
  return ddl.sql`
        PERFORM set_config('lock_timeout', '${ddl.raw(weakLockTimeout)}', true);${lockBoth(key, 'SHARE UPDATE EXCLUSIVE')}`;
}

/** Parent first: fewer tries under load (measured). Who may not lock the parent leaves that to the ALTER, which locks the child first. */
function lockBoth(key: ForeignKey, mode: string): Fragment {
  const child = ddl.sql`
        LOCK TABLE ${tree(key, 'child')} IN ${ddl.raw(mode)} MODE;`;
  if (sameTable(key.child, key.parent)) return child;
  return ddl.sql`
        IF has_table_privilege(parent, 'UPDATE, DELETE, TRUNCATE') THEN
          LOCK TABLE ${tree(key, 'parent')} IN ${ddl.raw(mode)} MODE;
        END IF;${child}`;
}

type Declared = readonly [mode: string, blocks: Lock['blocks']];

export const accessExclusive: Declared = ['ACCESS EXCLUSIVE', 'reads and writes'];
export const shareRowExclusive: Declared = ['SHARE ROW EXCLUSIVE', 'writes'];
export const shareUpdateExclusive: Declared = ['SHARE UPDATE EXCLUSIVE', 'schema changes'];
export const rowShare: Declared = ['ROW SHARE', 'nothing'];
export const accessShare: Declared = ['ACCESS SHARE', 'nothing'];

/** What a statement declares. Partitions are locked like the root they belong to. */
export function locksOn(
  key: ForeignKey,
  child: Declared,
  parent: Declared,
  held: Lock['held'],
): readonly Lock[] {
  const onChild: Lock = { mode: child[0], table: key.child, blocks: child[1], held };
  if (sameTable(key.child, key.parent)) return [onChild];
  return [onChild, { mode: parent[0], table: key.parent, blocks: parent[1], held }];
}
