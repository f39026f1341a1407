// A migration with one statement, a transaction and a session to put back, for tests of what templates write.
import type { Migration } from '../../src/core/contracts/template.ts';
import type { Change, StepBody, Statement } from '../../src/core/model.ts';

export const now = new Date('2026-11-28T09:30:00.000Z');

const statement = (sql: string): Statement => ({ sql, comment: '', operations: [] });

const side = (sql: string): StepBody => ({
  kind: 'run',
  statements: [statement(sql)],
  always: [statement('SET back')],
  retry: null,
  fallback: [],
});

export function sample(
  name: string,
  flavor: Migration['flavor'],
  changes: readonly Change[] = [],
): Migration {
  return {
    name,
    flavor,
    head: ['1 foreign key changes what a delete does.'],
    downHead: ['1 foreign key changes back.'],
    steps: [
      {
        slug: 'swap',
        title: 'Swap',
        keys: [],
        transaction: { begin: 'BEGIN', commit: 'COMMIT', rollback: 'ROLLBACK' },
        alone: true,
        up: side("SELECT 'up?'"),
        down: side('SELECT down'),
      },
    ],
    changes,
    apps: [],
    record: 'ondelete-set: x',
  };
}

/** The only file, or the one at this path. */
export function contentOf(
  files: readonly { readonly path: string; readonly content: string }[],
  path: string,
): string {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`no ${path} among ${files.map((one) => one.path).join(', ')}`);
  return file.content;
}
