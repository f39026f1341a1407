import type { Statement } from '../../src/core/model.ts';

/** A statement that does nothing to a key: a check, a setting, or what tidies up. */
export function guard(sql: string, comment = ''): Statement {
  return { sql, comment, operations: [] };
}
