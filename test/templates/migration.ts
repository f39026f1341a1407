// One plain migration for tests of templates: a step with a transaction and something to restore.
import type { Migration } from '../../src/core/contracts/template.ts';
import type { StepBody, Statement, Step } from '../../src/core/model.ts';

const statement = (sql: string, comment = ''): Statement => ({ sql, comment, operations: [] });

function side(statements: readonly Statement[]): StepBody {
  return { kind: 'run', statements, always: [statement('RESET lock_timeout')], retry: null, fallback: [] };
}

export function step(up: readonly string[], down: readonly string[] = ['SELECT 2']): Step {
  return {
    slug: 'swap',
    title: 'Swap the keys',
    keys: [],
    transaction: { begin: 'BEGIN', commit: 'COMMIT', rollback: 'ROLLBACK' },
    alone: false,
    up: side(up.map((sql) => statement(sql, 'what it is for'))),
    down: side(down.map((sql) => statement(sql))),
  };
}

export function migration(name: string, ...statements: readonly string[]): Migration {
  return {
    name,
    flavor: 'postgres',
    head: ['1 foreign key changes what a delete does.', '', '  a(b) -> c(d)  NO ACTION → CASCADE'],
    downHead: ['1 foreign key changes back to what a delete did before.'],
    steps: [step(statements.length === 0 ? ['SELECT 1'] : statements)],
    changes: [],
    apps: [],
    record: 'ondelete-set: {}',
  };
}

export const now = new Date('2026-11-28T09:30:00Z');
