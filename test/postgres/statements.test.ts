// Statements of a plan: plain data, and texts that no name can break out of.
import { PGlite } from '@electric-sql/pglite';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describe, expect, test } from '@jest/globals';
import { capabilities } from '../../dialects/postgres/checks/capabilities.ts';
import { emitter } from '../../dialects/postgres/emitter/index.ts';
import type { Wraps } from '../../src/core/contracts/engine.ts';
import type { ForeignKey, StepBody, Statement, Step } from '../../src/core/model.ts';
import { change, foreignKey, snapshotOf } from '../builders.ts';

const key = foreignKey({
  name: 'items_order_fk',
  child: { schema: 'shop', name: 'items' },
  parent: { schema: 'shop', name: 'orders' },
});

function stepsOf(
  keys: readonly ForeignKey[],
  {
    wraps = 'nothing',
    plain = false,
    oneMessage = false,
  }: { readonly wraps?: Wraps; readonly plain?: boolean; readonly oneMessage?: boolean } = {},
): readonly Step[] {
  const server = { flavor: 'postgres', product: 'PostgreSQL 18.4', version: [18, 4], settings: {} } as const;
  return emitter.emit(
    keys.map((each) => change('CASCADE', each)),
    {
      schema: schemaIndex({ ...snapshotOf(keys), server }),
      capabilities: capabilities(server),
      runner: { runsCode: false, commandLineClient: true, oneMessage },
      wraps,
      plain,
      withOperations: true,
    },
  );
}
const of = (side: StepBody | undefined): readonly Statement[] =>
  side?.kind === 'run' ? [...side.statements, ...side.always] : [];
const all = (steps: readonly Step[]): readonly Statement[] =>
  steps.flatMap(({ up, down }) => [...of(up), ...of(down)]);
const blocks = (steps: readonly Step[]): readonly string[] =>
  all(steps)
    .map(({ sql }) => sql)
    .filter((sql) => sql.includes('keys CONSTANT'));
const many = (count: number): readonly ForeignKey[] =>
  Array.from({ length: count }, (_, n) => ({
    ...key,
    name: `fk_${n}`,
    child: { schema: 'shop', name: `child_${n}` },
  }));

describe('a file', () => {
  test('has the machinery once and one row per key', () => {
    const lines = (count: number): number => blocks(stepsOf(many(count)))[0]?.split('\n').length ?? 0;
    expect(lines(30) - lines(1)).toBe(29);
    const texts = all(stepsOf(many(1))).flatMap(({ sql }) => sql.split('\n'));
    expect(texts.length / 2).toBeLessThan(125);
    expect(texts.filter((line) => line.length > 160)).toEqual([]);
  });

  test('that is one message has one statement, for beside another it would be in a transaction', () => {
    const steps = stepsOf(many(3), { oneMessage: true });
    expect(steps.map(({ up, down }) => [of(up).length, of(down).length])).toEqual([[1, 1]]);
  });

  test('is the same up and down but for the keys, whose actions are exchanged', () => {
    const [up = '', down = ''] = blocks(stepsOf(many(3)));
    expect(down.replaceAll("'CASCADE', 'NO ACTION'", "'NO ACTION', 'CASCADE'")).toBe(up);
  });

  test('has lines for what only some keys have where one of its keys has it', () => {
    const differing: readonly Partial<ForeignKey>[] = [
      { deferrability: 'INITIALLY DEFERRED' },
      { validated: false },
      { triggers: [{ on: 'child', event: 'insert', enabled: 'disabled' }] },
      { parentPartitioned: true },
      { onDelete: 'SET NULL' },
    ];
    const usual = blocks(stepsOf([key])).join('\n').length;
    for (const one of differing)
      expect(blocks(stepsOf([{ ...key, ...one }])).join('\n').length).toBeGreaterThan(usual);
    for (const one of [
      { comment: 'a comment' },
      { match: 'FULL' as const },
      { onUpdate: 'CASCADE' as const },
    ])
      expect(blocks(stepsOf([{ ...key, ...one }])).join('\n').length).toBeLessThan(usual + 50);
  });

  test('declares each lock once for the keys that share a moment', () => {
    const strong = (wraps: Wraps): number =>
      of(stepsOf(many(12), { wraps })[0]?.up)
        .flatMap(({ operations }) => operations.flatMap(({ locks }) => locks))
        .filter(({ mode, table }) => mode === 'ACCESS EXCLUSIVE' && table?.name === 'orders').length;
    expect(strong('each file')).toBe(1);
    expect(strong('nothing')).toBe(3);
  });

  test('is two migrations where the runner has a transaction, for any number of keys', () => {
    expect(stepsOf(many(1)).map(({ slug }) => slug)).toEqual(['change']);
    expect(stepsOf(many(30), { wraps: 'each file' }).map(({ slug }) => slug)).toEqual(['swap', 'validate']);
  });

  test('of --plain has the bare statements, and a bound for the wait', () => {
    const [step] = stepsOf([{ ...key, comment: `it's mine` }], { plain: true });
    expect(of(step?.up).map(({ sql }) => sql)).toEqual([
      `SET lock_timeout = '500ms'`,
      'SET statement_timeout = 0',
      'ALTER TABLE ONLY "shop"."items"\n  DROP CONSTRAINT "items_order_fk",\n  ADD CONSTRAINT "items_order_fk" FOREIGN KEY ("order_id") REFERENCES "shop"."orders"("id") ON DELETE CASCADE NOT VALID',
      `COMMENT ON CONSTRAINT "items_order_fk" ON "shop"."items" IS 'it''s mine'`,
      'ALTER TABLE ONLY "shop"."items" VALIDATE CONSTRAINT "items_order_fk"',
      'RESET lock_timeout',
      'RESET statement_timeout',
    ]);
    const tables = stepsOf([key], { plain: true, wraps: 'each file' });
    expect(tables.map(({ slug, alone }) => [slug, alone])).toEqual([
      ['swap', true],
      ['validate', true],
    ]);
    expect(of(tables[1]?.up).map(({ sql }) => sql)).toEqual([
      `SET LOCAL lock_timeout = '500ms'`,
      'SET LOCAL statement_timeout = 0',
      'ALTER TABLE ONLY "shop"."items" VALIDATE CONSTRAINT "items_order_fk"',
      'SET LOCAL lock_timeout = DEFAULT',
      'SET LOCAL statement_timeout = DEFAULT',
    ]);
  });
});

describe('a statement', () => {
  test('is plain data', () => {
    const [step] = stepsOf([key]);
    expect(JSON.parse(JSON.stringify(step))).toEqual(structuredClone(step));
    const swap = of(step?.up)[2]?.operations.find(({ sql }) => sql.includes('DROP CONSTRAINT'));
    expect(swap?.sql).toContain('ON DELETE CASCADE NOT VALID');
  });

  test('holds nothing of a key of another file', () => {
    expect(JSON.stringify(stepsOf([key]))).not.toContain('lines');
  });
});

describe('dollar quotes', () => {
  const halfDone = {
    from: { onDelete: 'SET NULL', onDeleteColumns: ['$ondelete$'] },
    to: { onDelete: 'NO ACTION', onDeleteColumns: null },
    temporaryName: null,
    secondKeys: 0,
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
    const texts = blocks(stepsOf([{ ...key, ...difference }]));
    expect(texts).toHaveLength(2);
    for (const sql of texts) {
      const quote = /^DO (\$\w+\$)\n/.exec(sql)?.[1] ?? '';
      expect(sql.split(quote)).toHaveLength(3);
    }
  });
});

test('on PGlite too, whose clock has whole milliseconds, two statements are two transactions unless they share one', async () => {
  const [set, guard] = of(stepsOf([key])[0]?.up).map(({ sql }) => sql);
  const database = await PGlite.create();
  try {
    for (let time = 0; time < 100; time++) {
      await database.exec(set ?? '');
      await database.exec(guard ?? '');
    }
    await expect(
      database.transaction(async (inside) => {
        await inside.exec(set ?? '');
        await inside.exec(guard ?? '');
      }),
    ).rejects.toThrow('not in a transaction');
  } finally {
    await database.close();
  }
});
