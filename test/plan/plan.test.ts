// Which changes are possible, refused, or want an allowance.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describe, expect, test } from '@jest/globals';
import { checkOnEveryEngine } from '../../src/diff/checks.ts';
import type { PreflightHazard } from '../../src/core/contracts/probe.ts';
import type { Column, ForeignKey, ReferentialAction } from '../../src/core/model.ts';
import { assess } from '../../src/plan/plan.ts';
import { change, clause, foreignKey, index, snapshotOf, table } from '../builders.ts';

function codes(
  to: ReferentialAction,
  column: Partial<Column>,
  key: Partial<ForeignKey> = {},
): readonly string[] {
  const plain = table('order_items', ['order_id'], { indexes: [] });
  const child = { ...plain, columns: plain.columns.map((one) => ({ ...one, ...column })) };
  return checkOnEveryEngine(
    foreignKey(key),
    clause(to),
    schemaIndex(snapshotOf([foreignKey(key)], { tables: [child] })),
  ).map((hazard) => hazard.code);
}

describe('what holds on every engine', () => {
  test('SET NULL needs columns that take it', () => {
    expect(codes('SET NULL', { nullable: false })).toContain('SET_NULL_ON_NOT_NULL');
    expect(codes('SET NULL', { identity: 'always' })).toContain('SET_NULL_ON_IDENTITY');
    expect(codes('SET DEFAULT', { identity: 'always', nullable: false })).toEqual(['CHILD_INDEX_MISSING']);
    expect(codes('SET NULL', { generated: 'stored' })).toContain('SET_NULL_ON_GENERATED');
    expect(codes('SET DEFAULT', { generated: 'virtual' })).toContain('SET_NULL_ON_GENERATED');
    expect(codes('SET NULL', { nullable: false }, { enforced: false })).toEqual([]);
    expect(codes('SET DEFAULT', { generated: 'stored' }, { enforced: false })).toEqual([
      'SET_NULL_ON_GENERATED',
    ]);
    expect(codes('SET NULL', {})).toEqual(['CHILD_INDEX_MISSING']);
    expect(codes('CASCADE', { nullable: false })).toEqual(['CHILD_INDEX_MISSING']);
  });

  test('an index serves in any order of columns, a partial one only when it leaves out NULLs alone', () => {
    const indexed = (columns: readonly string[], predicate: string | null): readonly string[] => {
      const child = table('order_items', ['order_id'], { indexes: [index(columns, { predicate })] });
      return checkOnEveryEngine(
        foreignKey(),
        clause('CASCADE'),
        schemaIndex(snapshotOf([foreignKey()], { tables: [child] })),
      ).map((hazard) => hazard.code);
    };
    expect(indexed(['order_id', 'line'], null)).toEqual([]);
    expect(indexed(['line', 'order_id'], null)).toEqual(['CHILD_INDEX_MISSING']);
    expect(indexed(['order_id'], '(order_id IS NOT NULL)')).toEqual([]);
    expect(indexed(['order_id'], '"order_id" is not null')).toEqual([]);
    expect(indexed(['order_id'], '([ORDER_ID]) IS NOT NULL')).toEqual([]);
    expect(indexed(['order_id'], '(deleted = false)')).toEqual(['CHILD_INDEX_MISSING']);
    expect(indexed(['order_id'], '(deleted_at IS NOT NULL)')).toEqual(['CHILD_INDEX_MISSING']);
    expect(indexed(['order_id'], '((order_id IS NOT NULL) AND (deleted_at IS NOT NULL))')).toEqual([
      'CHILD_INDEX_MISSING',
    ]);
  });

  test('a half-done change that leads elsewhere is refused', () => {
    const key = foreignKey({
      onDelete: 'CASCADE',
      halfDone: {
        from: clause('NO ACTION'),
        to: clause('CASCADE'),
        temporaryName: null,
        secondKeys: 0,
      },
    });
    expect(
      checkOnEveryEngine(key, clause('SET NULL'), schemaIndex(snapshotOf([key]))).map(
        (hazard) => hazard.code,
      ),
    ).toContain('HALF_DONE_OTHER_WAY');
  });

  test('a half-done change whose twins stand already is led on where it was going', () => {
    const key = foreignKey({
      onDelete: 'NO ACTION',
      halfDone: {
        from: clause('NO ACTION'),
        to: clause('CASCADE'),
        temporaryName: null,
        secondKeys: 2,
      },
    });
    const hazards = (to: ReferentialAction): readonly string[] =>
      checkOnEveryEngine(key, clause(to), schemaIndex(snapshotOf([key]))).map((hazard) => hazard.code);
    expect(hazards('CASCADE')).not.toContain('HALF_DONE_OTHER_WAY');
    expect(hazards('SET NULL')).toContain('HALF_DONE_OTHER_WAY');
  });
});

describe('assess', () => {
  const one = change('CASCADE');
  const withHazard = (
    code: string,
    allowances: readonly string[],
    preflight: readonly PreflightHazard[] = [],
  ) =>
    assess(
      [one],
      schemaIndex(snapshotOf([one.foreignKey])),
      { checkChange: () => (code === '' ? [] : [{ code, subject: 'key', detail: '' }]) },
      {},
      {
        allowances: allowances.map((allowed) => ({ code: allowed, covers: () => true })),
        preflight,
        paths: null,
      },
    );

  test('a told hazard goes with the plan', () => {
    const { possible, hazards } = withHazard('TRIGGERS_NOT_FIRED', []);
    expect(possible).toEqual([one]);
    expect(hazards.map((hazard) => hazard.code)).toContain('TRIGGERS_NOT_FIRED');
  });

  test('a refused hazard cannot be allowed', () => {
    expect(withHazard('PERIOD_ACTION', ['PERIOD_ACTION']).refusals).toHaveLength(1);
  });

  test('an allowance is needed, used and recorded', () => {
    expect(withHazard('TABLE_REBUILD', []).refusals).toHaveLength(1);
    expect(withHazard('TABLE_REBUILD', ['TABLE_REBUILD'])).toMatchObject({
      possible: [one],
      allowed: ['TABLE_REBUILD'],
    });
    expect(withHazard('', ['TABLE_REBUILD']).allowed).toEqual([]);
  });

  test('what is said twice in the same words is told once', () => {
    const again: PreflightHazard = {
      code: 'TRIGGERS_NOT_FIRED',
      subject: 'key',
      detail: '',
      key: one.foreignKey,
    };
    const { hazards } = withHazard('TRIGGERS_NOT_FIRED', [], [again]);
    expect(hazards.filter(({ code }) => code === 'TRIGGERS_NOT_FIRED')).toHaveLength(1);
  });

  test('what the server says about itself refuses every change, or is told once', () => {
    expect(
      withHazard('', [], [{ code: 'GROUP_REPLICATION_CASCADE', subject: 'server', detail: '' }]).refusals,
    ).toHaveLength(1);
    expect(withHazard('', [], [{ code: 'STANDBYS', subject: 'server', detail: '' }])).toMatchObject({
      possible: [one],
      refusals: [],
    });
  });
});
