// The head of a migration file and its last line: what a reviewer reads, and what `generate` reads again.
import { describe, expect, test } from '@jest/globals';
import { downHead, upHead } from '../../src/plan/head.ts';
import { readReceipt, readRecord, recordLine } from '../../src/plan/record.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import type { Change } from '../../src/core/model.ts';
import { change, foreignKey, snapshotOf } from '../builders.ts';

const commands = { up: 'psql -f a.up.sql', down: 'psql -f a.down.sql' };
const options = { part: null, commands, allowed: [], proof: null, plain: null };
const rule = (line: number, match: string, reason: string | null): Pick<Change, 'rule'> => {
  const position = { file: 'ondelete.config.yaml', line, column: 5 };
  return { rule: { match, reason, position, rulePosition: position } };
};
const key = (child: string) => foreignKey({ name: `${child}_fk`, child: { schema: 'public', name: child } });

describe('the head', () => {
  test('has one line per key, grouped by rule, with the reason once', () => {
    const changes = [
      { ...change('CASCADE', key('items')), ...rule(4, '* -> orders', 'part of its order') },
      { ...change('SET NULL', key('audits')), ...rule(9, 'audits -> *', null) },
      { ...change('CASCADE', key('long_named_items')), ...rule(4, '* -> orders', 'part of its order') },
    ];
    expect(upHead(changes, options)).toEqual([
      '3 foreign keys change what a delete does.',
      '',
      'ondelete.config.yaml:4  * -> orders: part of its order',
      '  public.items(order_id) -> public.orders(id)             NO ACTION → CASCADE',
      '  public.long_named_items(order_id) -> public.orders(id)  NO ACTION → CASCADE',
      '',
      'ondelete.config.yaml:9  audits -> *',
      '  public.audits(order_id) -> public.orders(id)  NO ACTION → SET NULL',
      '',
      'Run:  psql -f a.up.sql',
      'Back: psql -f a.down.sql',
    ]);
    expect(downHead(changes, options)).toContain(
      '  public.audits(order_id) -> public.orders(id)            SET NULL → NO ACTION',
    );
  });

  test('says a rule of several patterns once', () => {
    const ofPattern = (match: string, child: string): Change => {
      const { rule: known } = rule(4, match, 'part of its order');
      return {
        ...change('CASCADE', key(child)),
        rule: { ...known, position: { ...known.position, column: 9 } },
      };
    };
    const lines = upHead([ofPattern('a -> *', 'a'), ofPattern('b -> *', 'b')], options);
    expect(lines.filter((line) => line.includes('part of its order'))).toEqual([
      'ondelete.config.yaml:4  a -> *, b -> *: part of its order',
    ]);
  });

  test('of 30 keys by one rule has 36 lines', () => {
    const changes = Array.from({ length: 30 }, (_, at) => ({
      ...change('CASCADE', key(`t${at}`)),
      ...rule(4, '* -> *', 'reason'),
    }));
    expect(upHead(changes, options)).toHaveLength(36);
  });

  test('breaks what is longer than a line, and keeps line ends of names out', () => {
    const long = {
      ...change('CASCADE', key('n'.repeat(63))),
      ...rule(4, '* -> *', 'word '.repeat(60).trim()),
    };
    const lines = upHead([long], options);
    expect(lines.every((line) => line.length <= 120)).toBe(true);
    expect(lines.join('\n')).toContain('NO ACTION → CASCADE');
    const odd = { ...change('CASCADE', key('a\nDROP TABLE b')), ...rule(4, '*\n* -> *', 'one\r\ntwo') };
    expect([...upHead([odd], options), ...downHead([odd], options)].join('')).not.toMatch(/[\r\n]/);
  });
});

describe('the last line', () => {
  const changes = [change('CASCADE', key('items'))];
  const schema = schemaIndex(snapshotOf(changes.map((one) => one.foreignKey)));

  test('is read as it was written', () => {
    const receipt = { before: 'a', after: 'b', server: 'PostgreSQL 18.4', date: '2026-11-28' };
    const content = `-- one\nSELECT 1;\n-- ${recordLine(changes, schema, 'set', receipt)}\n`;
    expect(readReceipt(content)).toEqual(receipt);
    expect(readRecord(content)).toMatchObject([
      {
        set: 'set',
        child: { schema: 'public', name: 'items' },
        constraint: 'items_fk',
        place: 0,
        from: { onDelete: 'NO ACTION', onDeleteColumns: null },
        to: { onDelete: 'CASCADE', onDeleteColumns: null },
      },
    ]);
  });

  test('takes less than 300 bytes per key', () => {
    expect(recordLine(changes, schema, 'set', null).length).toBeLessThan(300);
  });

  test('is not read where it does not stand in a comment', () => {
    expect(readRecord(`SELECT '${recordLine(changes, schema, 'set', null)}';`)).toEqual([]);
  });
});
