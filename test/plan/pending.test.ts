// What the folder of the migrations says about a change: new, written and not applied, or in conflict.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describe, expect, test } from '@jest/globals';
import { postgres } from '../../dialects/postgres/index.ts';
import { stampedNames } from '../../migrations-templates/shared/names.ts';
import { sqlFiles } from '../../migrations-templates/sql/index.ts';
import { readReceipt, readRecord, recordLine } from '../../src/plan/record.ts';
import { migrations, slugOf } from '../../src/plan/migrations.ts';
import type { Change, ForeignKey, Plan, ReferentialAction } from '../../src/core/model.ts';
import { filesOfSets, withOriginalName } from '../../src/plan/chains.ts';
import { conflictText, migrationStatuses } from '../../src/plan/pending.ts';
import type { ExistingFile } from '../../src/core/contracts/template.ts';
import { change, clause, foreignKey, snapshotOf } from '../builders.ts';

/** The last line of a file that changes the key, as generate writes it. */
function file(name: string, one: Change, set = name): ExistingFile {
  const line = recordLine([one], schemaIndex(snapshotOf([one.foreignKey])), set, null);
  return { path: `${name}.up.sql`, content: `-- ${line}\n` };
}

function standing(
  live: ForeignKey,
  to: ReferentialAction,
  files: readonly ExistingFile[],
  applied: ReadonlySet<string> | null = null,
): string {
  const [one] = migrationStatuses(
    [change(to, live)],
    { files, applied },
    sqlFiles,
    schemaIndex(snapshotOf([live])),
    postgres,
  );
  return one?.kind === undefined ? 'none' : one.kind;
}

const live = foreignKey();
const toCascade = file('1_a', change('CASCADE'));
const backToNoAction = file('2_b', change('NO ACTION', foreignKey({ onDelete: 'CASCADE' })));

describe('standings', () => {
  test('an empty folder leaves everything new', () => {
    expect(standing(live, 'CASCADE', [])).toBe('new');
  });

  test('a file that begins where the key is has not been applied: nothing is written twice', () => {
    expect(standing(live, 'CASCADE', [toCascade])).toBe('pending');
  });

  test('two files that are not applied yet, one after the other: both are pending', () => {
    const onToSetNull = file('2_c', change('SET NULL', foreignKey({ onDelete: 'CASCADE' })));
    const files = [toCascade, onToSetNull];
    const [one] = migrationStatuses(
      [change('SET NULL', live)],
      { files, applied: null },
      sqlFiles,
      schemaIndex(snapshotOf([live])),
      postgres,
    );
    expect(one).toMatchObject({ kind: 'pending', path: '2_c.up.sql', files: ['1_a.up.sql', '2_c.up.sql'] });
    expect(filesOfSets(['2_c.up.sql'], files, sqlFiles)).toEqual([onToSetNull]);
  });

  test('a pending file that leads elsewhere is in conflict', () => {
    expect(standing(live, 'SET NULL', [toCascade])).toBe('conflict');
  });

  test('there and back again, all applied: the next change is new', () => {
    expect(standing(live, 'CASCADE', [toCascade, backToNoAction])).toBe('new');
  });

  test('applied once, the reverse is new', () => {
    expect(standing(foreignKey({ onDelete: 'CASCADE' }), 'NO ACTION', [toCascade])).toBe('new');
  });

  test('the reverse is written and pending', () => {
    expect(standing(foreignKey({ onDelete: 'CASCADE' }), 'NO ACTION', [toCascade, backToNoAction])).toBe(
      'pending',
    );
  });

  test('what the tool has recorded as applied is not pending, whatever the key looks like', () => {
    const backAgain = foreignKey({ onDelete: 'NO ACTION' });
    expect(standing(backAgain, 'CASCADE', [toCascade], new Set(['1_a']))).toBe('new');
    expect(standing(backAgain, 'CASCADE', [toCascade], new Set())).toBe('pending');
    expect(standing(backAgain, 'SET NULL', [toCascade], new Set())).toBe('conflict');
  });

  test('a file that will stop is in conflict: the key has got another action or name since', () => {
    const setDefault = foreignKey({ onDelete: 'SET DEFAULT' });
    expect(standing(setDefault, 'CASCADE', [toCascade], new Set())).toBe('conflict');
    expect(standing(setDefault, 'CASCADE', [toCascade], new Set(['1_a']))).toBe('new');
    const renamed = foreignKey({ name: 'another_name' });
    const [one] = migrationStatuses(
      [change('CASCADE', renamed)],
      { files: [toCascade], applied: null },
      sqlFiles,
      schemaIndex({
        ...snapshotOf([renamed]),
        server: { ...snapshotOf([renamed]).server, flavor: 'postgres' },
      }),
      postgres,
    );
    expect(one?.kind === 'conflict' && conflictText(one)).toMatch(
      /the pending migration 1_a will stop, because it expects the name .+, and the key is called another_name now/,
    );
  });

  test('a file about another key says nothing', () => {
    const other = file('1_x', change('CASCADE', foreignKey({ columns: ['other_id'] })));
    expect(standing(live, 'SET NULL', [other])).toBe('new');
  });

  test('the files of one set count once', () => {
    const files = [
      file('1_a_1_check', change('CASCADE'), '1_a'),
      file('1_a_2_swap', change('CASCADE'), '1_a'),
    ];
    expect(standing(live, 'CASCADE', files)).toBe('pending');
    expect(standing(foreignKey({ onDelete: 'CASCADE' }), 'SET NULL', files)).toBe('new');
  });

  test('two keys over the same columns are told apart by name', () => {
    const twin = foreignKey({ name: 'twin', onDelete: 'SET NULL' });
    const [one] = migrationStatuses(
      [change('CASCADE', live)],
      { files: [file('1_t', change('CASCADE', twin))], applied: null },
      sqlFiles,
      schemaIndex(snapshotOf([live, twin])),
      postgres,
    );
    expect(one?.kind).toBe('new');
  });

  test('a half-done key is finished by the file that began it', () => {
    const halfDone = foreignKey({
      onDelete: 'CASCADE',
      validated: false,
      halfDone: { from: clause('NO ACTION'), to: clause('CASCADE'), temporaryName: null, secondKeys: 0 },
    });
    expect(standing(halfDone, 'CASCADE', [toCascade])).toBe('pending');
    expect(standing(halfDone, 'CASCADE', [])).toBe('new');
  });

  test('a file with a line per key, as they were written before, is read', () => {
    const line =
      '-- ondelete-key: {"set":"1_a","kind":"change-on-delete","child":{"schema":"public","name":"order_items"},"columns":["order_id"],"parent":{"schema":"public","name":"orders"},"parentColumns":["id"],"constraint":"order_items_order_id_fkey","twin":0,"from":{"onDelete":"NO ACTION","onDeleteColumns":null},"to":{"onDelete":"CASCADE","onDeleteColumns":null},"fingerprint":"00"}';
    const receipt = '-- ondelete-receipt: {"before":"a","after":"b","server":"S","date":"2026-01-01"}';
    const old = { path: '1_a.up.sql', content: `-- x\n${receipt}\n${line}\n\nSELECT 1;\n` };
    expect(standing(live, 'CASCADE', [old])).toBe('pending');
    expect(readReceipt(old.content)).toMatchObject({ server: 'S', date: '2026-01-01' });
  });

  test('foreign files and broken records are no reason to fail', () => {
    const broken = {
      path: '3_c.up.sql',
      content: '-- ondelete-set: {"set":\n-- ondelete-set: 5\n-- ondelete-key: 5\nDROP TABLE x;',
    };
    expect(standing(live, 'CASCADE', [broken, { path: 'README.md', content: 'x' }])).toBe('new');
  });
});

describe('the name of a key that stands under a temporary one', () => {
  const hidden = foreignKey({
    name: null,
    onDelete: 'CASCADE',
    halfDone: { from: null, to: clause('CASCADE'), temporaryName: 'order_items__od_1234', secondKeys: 0 },
  });

  test('comes from the file that began the change', () => {
    const named = withOriginalName(
      { ...change('CASCADE', hidden), kind: 'finish' },
      [toCascade],
      sqlFiles,
      'postgres',
    );
    expect(named.foreignKey.name).toBe('order_items_order_id_fkey');
    expect(named.from).toEqual(clause('NO ACTION'));
  });

  test('and the head of the file that finishes the change names the same key', () => {
    const finish = { ...change('CASCADE', hidden), kind: 'finish' } as const;
    const named = withOriginalName(finish, [toCascade], sqlFiles, 'postgres');
    const schema = schemaIndex(snapshotOf([hidden]));
    expect(readRecord(`-- ${recordLine([named], schema, 's', null)}`)).toMatchObject([{ ordinal: 0 }]);
  });

  test('is not guessed', () => {
    const unnamed = withOriginalName(
      { ...change('CASCADE', hidden), kind: 'finish' },
      [],
      sqlFiles,
      'postgres',
    );
    expect(unnamed.foreignKey.name).toBeNull();
  });
});

describe('names of migrations', () => {
  const now = new Date('2026-11-22T07:08:09Z');
  const one = change('CASCADE');
  const steps: Plan['steps'] = ['check', 'swap', 'validate'].map((slug) => ({
    slug,
    title: slug,
    keys: [one.foreignKey],
    transaction: null,
    alone: slug !== 'check',
    up: { kind: 'nothing', reason: 'test' },
    down: { kind: 'nothing', reason: 'test' },
  }));
  const plan: Plan = {
    server: snapshotOf([]).server,
    changes: [one],
    batches: [{ changes: [one], steps }],
    steps,
    hazards: [],
    refusals: [],
    allowed: [],
  };
  const names = (
    existing: readonly string[],
    wraps: 'nothing' | 'all pending files' = 'nothing',
  ): readonly string[] =>
    migrations(
      plan,
      schemaIndex(snapshotOf([one.foreignKey])),
      { wraps: () => wraps, commands: () => ({ up: 'up', down: 'down' }), names: stampedNames },
      {
        name: 'go',
        now,
        existing,
        receipt: null,
        plain: false,
        place: { folder: '', setup: null, before: null },
        appOf: () => null,
      },
    ).map((each) => each.name);

  test('UTC by default, and behind whatever is there', () => {
    expect(names([])).toEqual(['20261122070809_go']);
    expect(names(['20250101000000_old'])).toEqual(['20261122070809_go']);
    expect(names(['20261122070809_same'])).toEqual(['20261122070810_go']);
    expect(names(['20261122070809_a'])).toEqual(['20261122070810_go']);
    expect(names(['20991231235959_later'])).toEqual(['20991231235960_go']);
  });

  test('dates are followed as they are written', () => {
    expect(names(['2026-11-20_a'])).toEqual(['2026-11-22_go']);
    expect(names(['2026-11-22_z'])).toEqual(['2026-11-22_z_go']);
    expect(names(['2024-01-15T10-00-00_x'])).toEqual(['2026-11-22T07-08-09_go']);
    expect(names(['20240101_a'])).toEqual(['20261122070809_go']);
  });

  test('where nothing sorts after the last name, nothing is written', () => {
    for (const last of ['9_a', '999', 'seed', 'V1__a', '9999-12-31_a']) {
      expect(() => names([last])).toThrow(last);
    }
  });

  test('running numbers and epoch milliseconds are followed', () => {
    expect(names(['0009_old', '0010_older'])).toEqual(['0011_go']);
    expect(names(['1700000000000_old'])).toEqual([`${now.getTime()}_go`]);
  });

  test('a runner that wraps files gets one file per step, sorted in the order of application', () => {
    const three = names([], 'all pending files');
    expect(three).toEqual([
      '20261122070809_go_1_check',
      '20261122070809_go_2_swap',
      '20261122070809_go_3_validate',
    ]);
    expect([...three].sort()).toEqual(three);
  });

  test('a slug is safe whatever it is made of', () => {
    expect(slugOf('Größe; DROP "x"/../y')).toBe('gro_e_drop_x_y');
    expect(slugOf('表')).toBe('on_delete');
  });
});
