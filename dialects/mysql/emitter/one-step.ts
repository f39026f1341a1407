/** From changes to one step that holds all of them, for MySQL and MariaDB. */
import type { Emit } from '../../../src/core/contracts/engine.ts';
import type { Change, ForeignKey, StepBody } from '../../../src/core/model.ts';
import { actionNow, sortedByParent, downSwap, type KeySwap, upSwap } from './key-swap.ts';
import { contextOf, keySql, localText, type SchemaContext, type SqlVariant } from './shared-sql.ts';

type WriteBody = (context: SchemaContext, swaps: readonly KeySwap[]) => StepBody;

/** @param write one direction of a file; @param writePlain the same with `--plain` */
export function emitWith(variant: SqlVariant, write: WriteBody, writePlain: WriteBody): Emit {
  return (changes, emitContext) => {
    const context = contextOf(variant, changes, emitContext);
    const inOrder = sortedByParent(changes);
    const swaps = inOrder.map((change) => upSwap(change, keySql(context, change.foreignKey)));
    const body = emitContext.plain ? writePlain : write;
    return [
      {
        slug: changes.every(({ kind }) => kind === 'finish') ? 'finish' : 'swap',
        title: titleOf(context, inOrder),
        keys: inOrder.map((change): ForeignKey => change.foreignKey),
        transaction: null,
        alone: false,
        up: body(context, swaps),
        down: body({ ...context, countsOrphans: false }, swaps.map(downSwap)),
      },
    ];
  };
}

function titleOf(context: SchemaContext, changes: readonly Change[]): string {
  const [only] = changes;
  if (only === undefined || changes.length > 1)
    return `${changes.length} foreign keys get another ON DELETE action`;
  const text = localText(context, only.foreignKey);
  return only.kind === 'finish'
    ? `${text}: finish ON DELETE ${only.to.onDelete}`
    : `${text}: ON DELETE ${actionNow(only)} becomes ${only.to.onDelete}`;
}
