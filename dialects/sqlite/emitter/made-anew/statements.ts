/** What files that make tables anew are put together from. */
import { guard } from '../../../sql/guard.ts';
import type { Lock, Statement } from '../../../../src/core/model.ts';

/** A name of a table, as a literal and quoted. */
export interface Counted {
  readonly literal: string;
  readonly quoted: string;
}

/** A table whose rows are kept aside while it is made anew. */
export interface Copy extends Counted {
  readonly aside: string;
  readonly drop: string;
  readonly restore: string;
  readonly forget: string;
}

/** D1 answers one request at a time for each database; elsewhere others read what was there before, in WAL mode. */
export const wholeDatabase: Lock = {
  mode: 'EXCLUSIVE',
  table: null,
  blocks: 'reads and writes',
  held: 'while rows are copied',
};

/** Statements below one comment. */
export function group(comment: string, statements: readonly string[]): readonly Statement[] {
  return statements.map((sql, at) => guard(sql, at === 0 ? comment : ''));
}
