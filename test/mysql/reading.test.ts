// Reading MySQL, as far as it needs no server: temporary names, the rows of two queries, lines of SHOW GRANTS.
import { describe, expect, test } from '@jest/globals';
import { parseGrant } from '../../dialects/mysql/connection/grants.ts';
import { mergeKeys } from '../../dialects/mysql/introspector/keys.ts';
import { tablesFrom } from '../../dialects/mysql/introspector/tables.ts';
import { originalName, temporaryName } from '../../dialects/mysql/temporary-name.ts';

describe('temporary names', () => {
  const joined = { columns: ['a', 'B'], parent: { schema: 's', name: 'P' }, parentColumns: ['x', 'y'] };

  test('lead back to the name, on every schema and in every case of the columns', () => {
    const between = temporaryName('fk_é', joined);
    expect(between).toMatch(/^fk_é__od_[0-9a-f]{8}$/);
    expect(
      originalName(between, { ...joined, columns: ['A', 'b'], parent: { schema: 'other', name: 'p' } }),
    ).toEqual({ name: 'fk_é' });
  });

  test('keep within 64 characters; a name that had to be cut is not guessed', () => {
    for (const length of [51, 52, 64]) {
      const between = temporaryName('é'.repeat(length), joined);
      expect(between.length).toBeLessThanOrEqual(64);
      expect(originalName(between, joined)).toEqual({ name: length === 51 ? 'é'.repeat(51) : null });
    }
    expect(temporaryName(`${'x'.repeat(60)}a`, joined)).not.toBe(temporaryName(`${'x'.repeat(60)}b`, joined));
  });

  test('are not seen where somebody called a constraint so', () => {
    for (const name of [
      'fk__od',
      'fk__od_00000000',
      '__od_12345678',
      temporaryName('fk', { ...joined, columns: ['a', 'c'] }),
    ]) {
      expect(originalName(name, joined)).toBeNull();
    }
  });
});

describe('merging', () => {
  type Row = Readonly<Record<string, unknown>>;
  const inTable = (TABLE_NAME: string, TABLE_SCHEMA = 'd'): Row => ({ TABLE_SCHEMA, TABLE_NAME });
  const rule = (table: string, action: string): Row => ({
    ...inTable(table),
    CONSTRAINT_NAME: 'k',
    UNIQUE_CONSTRAINT_NAME: 'PRIMARY',
    UPDATE_RULE: 'NO ACTION',
    DELETE_RULE: action,
  });
  const column = (table: Row, at: number, name: string, parentColumn: string): Row => ({
    ...table,
    CONSTRAINT_NAME: 'k',
    ORDINAL_POSITION: at,
    COLUMN_NAME: name,
    REFERENCED_TABLE_SCHEMA: 'd',
    REFERENCED_TABLE_NAME: 'p',
    REFERENCED_COLUMN_NAME: parentColumn,
  });
  const first = column(inTable('c'), 1, 'p', 'id');
  const second = column(inTable('c'), 2, 'q', 'id2');

  test('reports a key or a column that only one of the two queries shows', () => {
    const constraints = [rule('c', 'CASCADE')];
    expect(mergeKeys({ constraints, keyColumns: [first] }).incomplete).toBeNull();
    expect(mergeKeys({ constraints, keyColumns: [] }).incomplete).toBe('d');
    expect(mergeKeys({ constraints: [], keyColumns: [first] }).incomplete).toBe('d');
    expect(mergeKeys({ constraints, keyColumns: [second] }).incomplete).toBe('d');
    const other = column(inTable('c', 'e'), 1, 'p', 'id');
    expect(mergeKeys({ constraints, keyColumns: [first, other] }).incomplete).toBe('e');
  });

  test('takes columns in any order, and keys of one name on several tables apart', () => {
    const keyColumns = [second, column(inTable('c2'), 1, 'r', 'id'), first];
    const { keys } = mergeKeys({ constraints: [rule('c2', 'RESTRICT'), rule('c', 'CASCADE')], keyColumns });
    expect(keys.map((key) => [key.child.name, key.columns, key.parentColumns, key.onDelete])).toEqual([
      ['c2', ['r'], ['id'], 'RESTRICT'],
      ['c', ['p', 'q'], ['id', 'id2'], 'CASCADE'],
    ]);
  });

  test('refuses an action it does not know', () => {
    const rows = { constraints: [rule('c', 'SET NOTHING')], keyColumns: [first] };
    expect(() => mergeKeys(rows)).toThrow('SET NOTHING');
  });

  test('rows of one table need not follow each other', () => {
    const columnOf = (table: string, at: number, name: string): Row => ({
      ...inTable(table),
      ORDINAL_POSITION: at,
      COLUMN_NAME: name,
      COLUMN_TYPE: 'int',
      IS_NULLABLE: 'YES',
      COLUMN_DEFAULT: null,
      EXTRA: '',
      GENERATION_EXPRESSION: '',
    });
    const part = (table: string, at: number, name: string): Row => ({
      ...inTable(table),
      INDEX_NAME: 'i',
      SEQ_IN_INDEX: at,
      COLUMN_NAME: name,
      SUB_PART: null,
      NON_UNIQUE: 1,
      INDEX_TYPE: 'BTREE',
    });
    const [table] = tablesFrom(
      {
        tables: [{ ...inTable('a'), TABLE_TYPE: 'BASE TABLE', ENGINE: 'InnoDB' }],
        columns: [columnOf('a', 2, 'y'), columnOf('b', 1, 'x'), columnOf('a', 1, 'x')],
        indexParts: [part('a', 2, 'y'), part('b', 1, 'x'), part('a', 1, 'x')],
        triggers: [],
        checks: [],
        statistics: [],
      },
      { flavor: 'mysql', product: 'MySQL 9.7', version: [9, 7], settings: {} },
      new Set(),
      () => true,
    );
    expect(table?.columns.map((each) => each.name)).toEqual(['x', 'y']);
    expect(table?.indexes.map((index) => index.columns)).toEqual([['x', 'y']]);
  });
});

describe('lines of SHOW GRANTS', () => {
  test('are read with quoted names; routines, roles and proxies are not about tables', () => {
    expect(parseGrant('GRANT SELECT (`a`, `b`), INSERT ON `d``b`.`t` TO `u`@`%`')).toMatchObject({
      schema: 'd`b',
      table: 't',
    });
    expect(parseGrant('GRANT ALL PRIVILEGES ON *.* TO `u`@`%` WITH GRANT OPTION')).toMatchObject({
      schema: '*',
      table: '*',
      privileges: ['ALL PRIVILEGES'],
    });
    expect(parseGrant('REVOKE SELECT ON `d`.* FROM `u`@`%`')).toMatchObject({
      schema: 'd',
      revoked: true,
    });
    for (const line of [
      'GRANT `r`@`%` TO `u`@`%`',
      'GRANT EXECUTE ON PROCEDURE `d`.`p` TO `u`@`%`',
      'GRANT PROXY ON ``@`` TO `root`@`localhost`',
    ]) {
      expect(parseGrant(line)).toBeNull();
    }
  });
});
