// The head of a migration file and its last line: what a reviewer reads, and what `generate` reads again.
import { describe, expect, test } from '@jest/globals';
import { downHead, upHead, withPlainMarks } from '../../src/plan/head.ts';
import { readReceipt, readRecord, recordLine } from '../../src/plan/record.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import type { Change } from '../../src/core/model.ts';
import { change, foreignKey, snapshotOf } from '../builders.ts';

const commands = { up: 'psql -f a.up.sql', down: 'psql -f a.down.sql' };
const options = {
  part: null,
  commands,
  allowed: [],
  proof: null,
  plain: null,
  unproven: null,
};
const rule = (line: number, match: string, reason: string | null): Pick<Change, 'rule'> => {
  const position = { file: 'ondelete.config.yaml', line, column: 5 };
  return { rule: { match, reason, position, rulePosition: position } };
};
const key = (child: string) => foreignKey({ name: `${child}_fk`, child: { schema: 'public', name: child } });

describe('the head', () => {
  test('has no marks that a database of another encoding cannot take', () => {
    const changes = [
      { ...change('CASCADE', key('items')), ...rule(4, '* -> orders', 'the order’s “own” — part…') },
    ];
    const lines = withPlainMarks([upHead, downHead].flatMap((head) => head(changes, options)));
    expect(lines.filter((line) => /[^\x20-\x7e]/.test(line))).toEqual([]);
    expect(lines).toContain(`ondelete.config.yaml:4  * -> orders: the order's "own" - part...`);
    expect(lines).toContain('  public.items(order_id) -> public.orders(id)  NO ACTION -> CASCADE');
  });

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

  test('lists the rules in the order of the policy, its default last', () => {
    const changes = [
      { ...change('CASCADE', key('c')), ...rule(9, 'c -> *', null) },
      { ...change('CASCADE', key('a')), ...rule(2, 'default', null) },
      { ...change('CASCADE', key('b')), ...rule(4, 'b -> *', null) },
      { ...change('CASCADE', key('d')), ...rule(9, 'c -> *', null) },
    ];
    expect(upHead(changes, options).filter((line) => line.startsWith('ondelete'))).toEqual([
      'ondelete.config.yaml:4  b -> *',
      'ondelete.config.yaml:9  c -> *',
      'ondelete.config.yaml:2  default',
    ]);
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
        ordinal: 0,
        from: { onDelete: 'NO ACTION', onDeleteColumns: null },
        to: { onDelete: 'CASCADE', onDeleteColumns: null },
      },
    ]);
  });

  test('keys that change alike say so once, and take less than 150 bytes each', () => {
    const keys = [change('CASCADE', key('items')), change('CASCADE', key('parcels'))];
    const both = recordLine(keys, schemaIndex(snapshotOf(keys.map((one) => one.foreignKey))), 'set', null);
    expect(both.match(/CASCADE/g)).toHaveLength(1);
    expect(both.length - recordLine(changes, schema, 'set', null).length).toBeLessThan(150);
    expect(readRecord(`# ${both}`).map((one) => one.child.name)).toEqual(['items', 'parcels']);
  });

  test('is read as older files have it', () => {
    const older =
      '-- ondelete-set: {"set":"s","receipt":{"before":"a","after":"b","server":"SQLite 3.53.2","date":"2026-11-28"},"keys":[{"child":["","items"],"columns":["order_id"],"parent":["","orders"],"parentColumns":["id"],"constraint":"fk","place":1,"from":["NO ACTION"],"to":["SET NULL","order_id"],"fingerprint":"f"}]}';
    expect(readReceipt(older)).toMatchObject({ after: 'b' });
    expect(readRecord(older)).toEqual([
      {
        set: 's',
        child: { schema: '', name: 'items' },
        columns: ['order_id'],
        parent: { schema: '', name: 'orders' },
        parentColumns: ['id'],
        constraint: 'fk',
        ordinal: 1,
        from: { onDelete: 'NO ACTION', onDeleteColumns: null },
        to: { onDelete: 'SET NULL', onDeleteColumns: ['order_id'] },
        fingerprint: 'f',
      },
    ]);
  });

  test('is not read where it does not stand in a comment', () => {
    expect(readRecord(`SELECT '${recordLine(changes, schema, 'set', null)}';`)).toEqual([]);
  });
});
