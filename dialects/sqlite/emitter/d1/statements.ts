/** What the files for Cloudflare D1 are put together from. */
import { guard } from '../../../sql/guard.ts';
import type { Lock, Statement } from '../../../../src/core/model.ts';

/** A table whose rows are kept aside while it is made anew. */
export interface Copy {
  /** As a literal, and quoted. */
  readonly literal: string;
  readonly quoted: string;
  readonly aside: string;
  readonly drop: string;
  readonly restore: string;
  readonly forget: string;
}

/** D1 answers one request at a time for each database. */
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
