/**
 * How a key gets from one action to another. No server can replace a key under its own name in one statement (error 1826, or 1005
 * with errno 121 on MariaDB, measured), so a change is two steps, each one ALTER TABLE that drops and adds at once:
 *   1. drop `name`, add the temporary name with the new action;
 *   2. drop the temporary name, add `name` with the new action.
 * At every moment, also after a kill, there is exactly one key and it is enforced.
 */
import { OndeleteError } from '../../../src/core/errors.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import { keyText, tableId } from '../../../src/core/names.ts';
import type { Change, ForeignKey, ReferentialAction } from '../../../src/core/model.ts';
import type { Fragment } from '../../sql/ddl.ts';
import { temporaryName } from '../temporary-name.ts';

/** One ALTER TABLE, by the key's names. */
export interface Alter {
  readonly drop: string;
  readonly add: string;
}

/** How statements spell what a key joins. */
export interface KeySql {
  readonly child: Fragment;
  readonly columns: Fragment;
  readonly parent: Fragment;
  readonly parentColumns: Fragment;
  /** For people, where the parent would not fit. */
  readonly label: string;
}

/** One direction of a change. */
export interface KeySwap {
  readonly key: ForeignKey;
  readonly sql: KeySql;
  readonly name: string;
  readonly temporary: string;
  readonly from: ReferentialAction;
  readonly to: ReferentialAction;
  /** `new`: the key ends under its own name. `half`: it was found under the temporary one, and down leaves it there again. */
  readonly endsAs: 'new' | 'half';
  /** From where the key is expected to be. */
  readonly alters: readonly Alter[];
}

/** What the key does now: under a temporary name that is not what the change once began with. */
export function actionNow({ foreignKey, from }: Change): ReferentialAction {
  return foreignKey.halfDone?.temporaryName == null ? from.onDelete : foreignKey.onDelete;
}

export function upSwap(change: Change, sql: KeySql): KeySwap {
  const { key, name, temporary, isHalfDone } = namesOf(change);
  const first = { drop: name, add: temporary };
  const last = { drop: temporary, add: name };
  return {
    key,
    sql,
    name,
    temporary,
    from: actionNow(change),
    to: change.to.onDelete,
    endsAs: 'new',
    alters: isHalfDone ? [last] : [first, last],
  };
}

/** The way back of `upSwap`. */
export function downSwap({ alters, endsAs, from, key, name, sql, temporary, to }: KeySwap): KeySwap {
  const wasHalfDone = alters.length === 1;
  return {
    key,
    sql,
    name,
    temporary,
    from: to,
    to: from,
    endsAs: wasHalfDone ? 'half' : endsAs,
    alters: wasHalfDone ? [{ drop: name, add: temporary }] : alters,
  };
}

function namesOf({ foreignKey: key }: Change): Pick<KeySwap, 'key' | 'name' | 'temporary'> & {
  readonly isHalfDone: boolean;
} {
  const { name } = key;
  if (name === null) throw new OndeleteError('INTERNAL', `${keyText(key)} has no name to come back to`);
  const found = key.halfDone?.temporaryName ?? null;
  return { key, name, temporary: found ?? temporaryName(name, key), isHalfDone: found !== null };
}

/** Keys of a common parent lie together. */
export function sortedByParent(changes: readonly Change[]): readonly Change[] {
  return [...groupBy(changes, ({ foreignKey }) => tableId(foreignKey.parent)).values()].flat();
}
