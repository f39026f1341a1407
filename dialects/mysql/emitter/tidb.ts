/**
 * TiDB 8.5 and later, by its documentation and issues: nothing here was ever run there. It takes one change of a key per ALTER TABLE, knows
 * no ALGORITHM or LOCK, and may accept a new key although rows have no parent, so those are counted afterwards.
 */
import type { Statement, StepBody } from '../../../src/core/model.ts';
import type { KeySwap } from './key-swap.ts';
import { addSql, dropSql } from './printed.ts';
import { progressSql, type SchemaContext } from './shared-sql.ts';

export function tidbBody(context: SchemaContext, swaps: readonly KeySwap[]): StepBody {
  const statements = swaps.flatMap((swap) => [
    ...swap.alters.flatMap((alter, at) => [
      statement(addSql(context, swap, alter.add), at === 0 ? swap.sql.label : ''),
      statement(dropSql(context, swap, alter.drop)),
    ]),
    statement(
      context.ddl.text(progressSql({ ...context, countsOrphans: true }, swap, swap.sql.label)),
      'Must be 0: TiDB may have accepted rows without a parent.',
    ),
  ]);
  return { kind: 'run', statements, always: [], retry: null, fallback: [] };
}

function statement(sql: string, comment = ''): Statement {
  const operation = { sql, comment: 'What this locks was not tried on this engine.', locks: [], scans: [] };
  return { sql, comment, operations: [operation] };
}
