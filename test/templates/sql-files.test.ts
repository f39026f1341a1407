// Tools whose migrations are SQL files: what is written, named and refused, without the tools themselves.
import { expect, test } from '@jest/globals';
import { atlas } from '../../migrations-templates/atlas.ts';
import { flyway } from '../../migrations-templates/flyway.ts';
import { golangMigrate } from '../../migrations-templates/golang-migrate.ts';
import { goose } from '../../migrations-templates/goose.ts';
import { liquibase } from '../../migrations-templates/liquibase.ts';
import { nextNumbers } from '../../migrations-templates/shared/names.ts';
import { sqitch } from '../../migrations-templates/sqitch.ts';
import { supabase } from '../../migrations-templates/supabase.ts';
import type { Migration } from '../../src/core/contracts/template.ts';
import type { StepBody, Step } from '../../src/core/model.ts';

const now = new Date('2026-11-28T09:30:00Z');

const side = (...texts: readonly string[]): StepBody => ({
  kind: 'run',
  statements: texts.map((sql) => ({ sql, comment: '', operations: [] })),
  always: [],
  retry: null,
  fallback: [],
});

function migration(up: StepBody, down: StepBody, flavor: Migration['flavor'] = 'postgres'): Migration {
  const step: Step = { slug: 'swap', title: 'Swap', keys: [], transaction: null, alone: false, up, down };
  return {
    name: '20261128093000_x',
    flavor,
    head: ['1 foreign key changes'],
    downHead: ['back'],
    steps: [step],
    changes: [],
    apps: [],
    record: 'ondelete-set: {}',
  };
}

const names = (existing: readonly string[], parts: readonly string[]): readonly string[] =>
  nextNumbers({ slug: 'x', existing, parts, now });

test('every file gets a number of its own: a second apart, or the next running number', () => {
  expect(names([], ['swap', 'validate'])).toEqual(['20261128093000', '20261128093001']);
  expect(names(['20270101000000_x'], ['a', 'b'])).toEqual(['20270101000001', '20270101000002']);
  expect(names(['0009_a', '0010_b'], ['a'])).toEqual(['0011']);
  expect(flyway.names({ slug: 'x', existing: ['V9__a', 'V10.1__b'], parts: [''], now })).toEqual(['V11__x']);
  expect(supabase.names({ slug: 'x', existing: [], parts: ['swap', 'validate'], now })).toEqual([
    '20261128093000_x_swap',
    '20261128093001_x_validate',
  ]);
});

test('goose: marks stand around a statement that holds semicolons, and around no other', () => {
  const [file] = goose.render([migration(side('SELECT 1', 'DO $$ BEGIN NULL; END $$'), side())], [], now, '');
  expect(file?.content).toContain(
    ['SELECT 1;', '-- +goose StatementBegin', 'DO $$ BEGIN NULL; END $$;', '-- +goose StatementEnd'].join(
      '\n',
    ),
  );
});

test('golang-migrate: the table has the last number only, which does not count while it is dirty', () => {
  const existing = ['1_a', '2_b', '3_c'].map((name) => ({ path: `${name}.up.sql`, content: '' }));
  const applied = (dirty: boolean): readonly string[] | undefined =>
    golangMigrate.history?.names([{ version: 2, dirty }], existing);
  expect(applied(false)).toEqual(['1_a', '2_b']);
  expect(applied(true)).toEqual(['1_a']);
});

test('Flyway: settings lie beside the file; a ${…} in a name is no placeholder; an undone file is pending', () => {
  const files = flyway.render(
    [{ ...migration(side("SELECT '${x}'"), side("SELECT '${x}'")), name: 'V1__x' }],
    [],
    now,
    '',
  );
  expect(files.map(({ path }) => path)).toEqual([
    'V1__x.sql',
    'V1__x.sql.conf',
    'U1__x.sql',
    'U1__x.sql.conf',
  ]);
  expect(files[1]?.content).toBe('executeInTransaction=false\nplaceholderReplacement=false\n');
  expect(
    flyway.history?.names(
      [
        { script: 'V1__a.sql', type: 'SQL' },
        { script: 'sub/V2__b.sql', type: 'SQL' },
        { script: 'U2__b.sql', type: 'UNDO_SQL' },
      ],
      [],
    ),
  ).toEqual(['V1__a']);
});

test('Liquibase: every line of the way back has its mark, also those within a statement', () => {
  const [file] = liquibase.render([migration(side('SELECT 1'), side('SELECT 2,\n  3'))], [], now, '');
  expect(file?.content).toContain('--rollback SELECT 2,\n--rollback   3;\n');
});

const base = { path: '20200101000000_base.sql', content: 'CREATE TABLE a (id INT);\n' };
/** Written by NewHashFile of ariga.io/atlas/sql/migrate 0.32.1. */
const sums = {
  base: 'h1:9hKtoRu19Q6TXcZOmGTi31dOhbND/cBzab/6bkrgJxk=',
  all: 'h1:5xYiFOClxcri3ayWZcNqT9hH1r4933XtBrUDyWnl28s=',
  next: 'h1:JlGTZGvFhmjLbom00r9ARgc6RigMKLNfM5P+leJEKgI=',
};
const directory = [
  base,
  { path: '20200102000000_ignored.sql', content: '-- atlas:sum ignore\nSELECT 1;\n' },
  { path: '20200103000000_next.sql', content: 'CREATE TABLE b (id INT);\n' },
  {
    path: 'atlas.sum',
    content: `${sums.all}\n${base.path} ${sums.base}\n20200103000000_next.sql ${sums.next}\n`,
  },
];

test('Atlas: the sum of the directory is known, and one that does not match is not replaced', () => {
  const one = migration(side('SELECT 1'), side());
  const [, sum] = atlas.render([one], directory, now, '');
  expect(sum?.replaces).toBe(true);
  expect(sum?.content.split('\n')).toContain(`${base.path} ${sums.base}`);
  expect(sum?.content.split('\n')).toHaveLength(5);
  const edited = directory.map((file) => (file === base ? { ...base, content: 'other' } : file));
  expect(() => atlas.render([one], edited, now, '')).toThrow(/does not match/);
  expect(() => atlas.render([one], [base], now, '')).toThrow(/is missing/);
});

const plan = [
  '%syntax-version=1.0.0',
  '%project=shop',
  '',
  'zebra 2020-01-01T00:00:00Z Ann <ann@example.org> # first',
  '@v1 2020-01-02T00:00:00Z Ann <ann@example.org> # tag',
  'apple [zebra] 2020-01-03T00:00:00Z Ann <ann@example.org> # second',
  '',
].join('\n');

test('Sqitch: the plan says the order and gets a line; without a plan nothing is written', () => {
  const existing = [{ path: 'sqitch.plan', content: plan }];
  expect(sqitch.inOrder?.(existing)).toEqual(['zebra', 'apple']);
  const one = migration(side('SELECT 1'), side('SELECT 2'));
  const files = sqitch.render([one], existing, now, '');
  expect(files.map(({ path }) => path)).toEqual([
    'deploy/20261128093000_x.sql',
    'revert/20261128093000_x.sql',
    'verify/20261128093000_x.sql',
    'sqitch.plan',
  ]);
  expect(files[3]?.content).toMatch(/second\n20261128093000_x 2026-11-28T09:30:00Z .* <.*> # .*\n$/);
  expect(() => sqitch.render([one], [], now, '')).toThrow(/no sqitch\.plan/);
  expect(() => sqitch.render([one], [{ path: 'sqitch.plan', content: 'x' }], now, '')).toThrow(
    /names no project/,
  );
  expect(sqitch.names({ slug: 'x', existing: ['x', 'x_2'], parts: [''], now })).toEqual(['x_3']);
});
