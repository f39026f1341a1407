// Statements of a plan: plain data, and texts that no name can break out of.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describe, expect, test } from '@jest/globals';
import { capabilities } from '../../dialects/postgres/checks/capabilities.ts';
import { emitter } from '../../dialects/postgres/emitter/index.ts';
import type { ForeignKey, Statement } from '../../src/core/model.ts';
import { change, foreignKey, snapshotOf } from '../builders.ts';

const key = foreignKey({
  name: 'items_order_fk',
  child: { schema: 'shop', name: 'items' },
  parent: { schema: 'shop', name: 'orders' },
});

function statementsOf(...keys: readonly ForeignKey[]): readonly Statement[] {
  const server = { flavor: 'postgres', product: 'PostgreSQL 18.4', version: [18, 4], settings: {} } as const;
  const snapshot = { ...snapshotOf(keys), server };
  const changes = keys.map((each) => change('CASCADE', each));
  const runner = { runsCode: false, commandLineClient: true };
  const steps = emitter.emit(changes, {
    schema: schemaIndex(snapshot),
    capabilities: capabilities(server),
    runner,
    wraps: 'nothing',
    plain: false,
    allowed: [],
  });
  return steps.flatMap(({ up, down }) =>
    [up, down].flatMap((side) => (side.kind === 'run' ? side.statements : [])),
  );
}

describe('a statement', () => {
  test('is plain data', () => {
    const [swap] = statementsOf(key).filter(({ sql }) => sql.includes('DROP CONSTRAINT'));
    const copy = { ...swap };
    expect(Object.keys(copy)).toEqual(['sql', 'comment', 'work']);
    expect(copy.sql).toContain('ON DELETE CASCADE NOT VALID');
    expect(copy.work?.[0]?.sql).toContain('ADD CONSTRAINT "items_order_fk"');
    expect(JSON.stringify(swap)).toBe(JSON.stringify(copy));
    expect(JSON.parse(JSON.stringify(swap))).toEqual(structuredClone(swap));
  });

  test('holds nothing of another key of the plan', () => {
    const other = { ...key, name: 'lines_order_fk', child: { schema: 'shop', name: 'lines' } };
    expect(statementsOf(key, other)).toEqual([...statementsOf(key), ...statementsOf(other)]);
    expect(statementsOf(key).some(({ sql }) => sql.includes('lines'))).toBe(false);
  });

  test('says that a scan may take its time only where there is one', () => {
    const scanning = statementsOf(key).flatMap((statement, at, all) =>
      statement.comment.includes('a scan') ? [all[at + 1]?.work.flatMap((work) => work.scans).length] : [],
    );
    expect(scanning).toEqual([2, 1, 1]);
    expect(statementsOf(key).filter(({ comment }) => comment.includes('statement_timeout off'))).toHaveLength(
      5,
    );
  });
});

describe('dollar quotes', () => {
  const halfDone = {
    from: { onDelete: 'SET NULL', onDeleteColumns: ['$ondelete$'] },
    to: { onDelete: 'NO ACTION', onDeleteColumns: null },
    temporaryName: null,
    twins: 0,
  } as const;
  test.each<[string, Partial<ForeignKey>]>([
    ['the constraint', { name: '$ondelete$' }],
    ['the child', { child: { schema: 'shop', name: 'a$ondelete$b' } }],
    ['the child’s schema', { child: { schema: '$ondelete$', name: 'items' } }],
    ['the parent', { parent: { schema: 'shop', name: '$ondelete$' } }],
    ['the parent’s schema', { parent: { schema: '$ondelete$', name: 'orders' } }],
    ['a column', { columns: ['$ondelete$'] }],
    ['a parent column', { parentColumns: ['$ondelete$'] }],
    ['a column that only the mark of an interrupted change names', { halfDone }],
  ])('are others where the name of %s holds them', (_what, difference) => {
    const blocks = statementsOf({ ...key, ...difference }).filter(
      ({ comment }) => !/timeout|takes/.test(comment),
    );
    expect(blocks.length).toBeGreaterThan(2);
    for (const { sql } of blocks) {
      const quote = /^DO (\$\w+\$)\n/.exec(sql)?.[1] ?? '';
      expect(sql.split(quote)).toHaveLength(3);
    }
  });
});
