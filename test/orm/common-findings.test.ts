// What is said of an ORM's own deletes beside each action of the database, without an ORM: facts in, findings out.
import { describe, expect, test } from '@jest/globals';
import { type LintInput, viewsOf } from '../../src/orm/lint/key-views.ts';
import { commonFindings } from '../../src/orm/lint/common-findings.ts';
import { type FactsInput, factsSchema } from '../../src/orm/facts.ts';
import { wantedBy } from '../../src/orm/policy/from-models.ts';
import type { ReferentialAction } from '../../src/core/model.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { foreignKey, snapshotOf, table } from '../builders.ts';

type Key = FactsInput['foreignKeys'][number];
type Application = NonNullable<Key['application']>;

const live = (onDelete: ReferentialAction): ReturnType<typeof foreignKey> =>
  foreignKey({
    child: { schema: 'main', name: 'items' },
    columns: ['order_id'],
    parent: { schema: 'main', name: 'orders' },
    parentColumns: ['id'],
    onDelete,
  });

interface Case {
  readonly application?: Partial<Application> & Pick<Application, 'onDelete'>;
  /** null: the database has no key. */
  readonly action: ReferentialAction | null;
  readonly key?: Partial<Key>;
  readonly notNull?: boolean;
  readonly policy?: ReferentialAction;
  readonly facts?: Partial<FactsInput>;
}

function findings({ application, action, key, notNull = false, policy, facts }: Case) {
  const keys = action === null ? [] : [live(action)];
  const columns = [
    { name: 'id', nullable: false, primaryKey: true },
    { name: 'order_id', nullable: !notNull, primaryKey: false },
  ];
  const input: LintInput = {
    facts: factsSchema.parse({
      version: 1,
      orm: 'any',
      source: 'models',
      tables: [{ schema: null, name: 'items', columns }],
      foreignKeys: [
        {
          child: { schema: null, name: 'items' },
          columns: ['order_id'],
          parent: { schema: null, name: 'orders' },
          parentColumns: [],
          onDelete: null,
          application: application === undefined ? null : { text: 'its word', ...application },
          ...key,
        },
      ],
      ...facts,
    }),
    snapshot: snapshotOf(keys, {
      flavor: 'sqlite',
      tables: ['items', 'orders'].map((name) => table(name, [], { schema: 'main' })),
    }),
    names: { tablesIgnoreCase: true, columnsIgnoreCase: true },
    decisions: keys.flatMap((one) =>
      policy === undefined
        ? []
        : [{ foreignKey: one, rule: null, wanted: { onDelete: policy, onDeleteColumns: null } }],
    ),
    sameAction: sqlite.sameAction.bind(sqlite),
    excluded: () => false,
  };
  return commonFindings(viewsOf(input), (_, { onDelete }) => ({
    set: { onDelete },
    text: `onDelete: ${onDelete}`,
  }));
}

const codes = (given: Case): readonly string[] =>
  findings(given).map(({ severity, code }) => `${severity} ${code}`);

const actions = ['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT'] as const;
const matrix: Readonly<Record<Application['onDelete'], readonly (string | null)[]>> = {
  CASCADE: [
    'warning ORM_ONLY_CASCADE',
    'warning ORM_ONLY_CASCADE',
    null,
    'error ORM_ONLY_CASCADE',
    'error ORM_ONLY_CASCADE',
  ],
  'SET NULL': [
    'warning ORM_ONLY_SET_NULL',
    'warning ORM_ONLY_SET_NULL',
    'error ORM_NULLS_BEFORE_DB_CASCADE',
    null,
    'warning ORM_ONLY_SET_NULL',
  ],
  'SET DEFAULT': [
    'warning ORM_ONLY_SET_DEFAULT',
    'warning ORM_ONLY_SET_DEFAULT',
    'error ORM_ONLY_SET_DEFAULT',
    'error ORM_ONLY_SET_DEFAULT',
    null,
  ],
  'SET VALUE': [
    'warning ORM_ONLY_SET_DEFAULT',
    'warning ORM_ONLY_SET_DEFAULT',
    'error ORM_ONLY_SET_DEFAULT',
    'error ORM_ONLY_SET_DEFAULT',
    null,
  ],
  RESTRICT: [
    null,
    null,
    'error ORM_GUARD_NOT_IN_DATABASE',
    'error ORM_GUARD_NOT_IN_DATABASE',
    'error ORM_GUARD_NOT_IN_DATABASE',
  ],
  NOTHING: [null, null, null, null, null],
};
const notices = { comparesActions: false };

describe('an ORM that never looks at the database’s action', () => {
  test.each(Object.keys(matrix) as Application['onDelete'][])('its own %s', (onDelete) => {
    const told = actions.map((action) => codes({ application: { onDelete }, action, facts: notices }));
    expect(told).toEqual(matrix[onDelete].map((code) => (code === null ? [] : [code])));
  });

  test('a finding exactly where the ways of deleting disagree', () => {
    for (const onDelete of Object.keys(matrix) as Application['onDelete'][]) {
      for (const action of actions) {
        const found = findings({ application: { onDelete }, action, facts: notices });
        const apart = found.some(({ outcomes }) => outcomes !== null && outcomes.loaded !== outcomes.bulk);
        expect([onDelete, action, apart]).toEqual([onDelete, action, found.length > 0]);
      }
    }
  });
});

test('what an ORM does with loaded children alone is told so', () => {
  const [found] = findings({ application: { onDelete: 'CASCADE', when: 'loaded' }, action: 'NO ACTION' });
  expect(found?.outcomes).toEqual({
    unloaded: 'foreign-key-violation',
    loaded: 'deleted',
    bulk: 'foreign-key-violation',
  });
  expect(found?.detail).toBe('`its word` deletes the children that are loaded; the database has NO ACTION.');
});

test('the edits: the database first, then the declaration', () => {
  const application = { onDelete: 'CASCADE', by: 'Order.items' } as const;
  const [found] = findings({ application, action: 'NO ACTION' });
  expect(found?.subject).toBe('Order.items');
  expect(found?.edits.map(({ kind, text }) => `${kind}: ${text}`)).toEqual([
    "database: in the database: add the policy rule `match: 'items(order_id) -> orders'` with `onDelete: cascade`, run `ondelete generate` and apply the migration",
    'model: onDelete: CASCADE on order_id, so that the model says the same',
  ]);
});

test('a default of the ORM does not outweigh what its model asks for', () => {
  const key = { onDelete: 'SET NULL', onDeleteWritten: false };
  const [found] = findings({ application: { onDelete: 'CASCADE' }, action: 'SET NULL', key });
  expect(found?.edits[0]).toMatchObject({ kind: 'database', onDelete: 'cascade' });
});

test('a policy that refuses, under an ORM that deletes: the model has to give way', () => {
  const given = { application: { onDelete: 'CASCADE' }, action: 'NO ACTION', policy: 'NO ACTION' } as const;
  expect(codes(given)).toEqual(['warning ORM_OVERRIDES_DB_GUARD']);
  expect(findings(given)[0]?.edits).toMatchObject([{ kind: 'model', remove: ['its word'] }]);
});

test('SET NULL by the ORM on a column that refuses it', () => {
  expect(codes({ application: { onDelete: 'SET NULL' }, action: 'NO ACTION', notNull: true })).toEqual([
    'error ORM_SET_NULL_ON_NOT_NULL',
  ]);
});

test('a relation without a key: told where the database has none either', () => {
  const key = { constrained: false };
  const given = { application: { onDelete: 'CASCADE' }, key } as const;
  expect(codes({ ...given, action: null })).toEqual(['warning ORM_KEY_NOT_CONSTRAINED']);
  expect(findings({ ...given, action: null })[0]?.outcomes).toEqual({
    unloaded: 'deleted',
    loaded: 'deleted',
    bulk: 'dangling',
  });
  expect(codes({ ...given, action: 'CASCADE' })).toEqual([]);
});

test('a live action that the model does not declare is drift only where the ORM would notice', () => {
  expect(codes({ action: 'CASCADE' })).toEqual(['error ORM_MODEL_DB_DRIFT']);
  expect(codes({ action: 'CASCADE', facts: notices })).toEqual([]);
  // what takes nothing back is no error, and MikroORM takes every refusal for one
  expect(codes({ action: 'CASCADE', facts: { takesBack: 'nothing' } })).toEqual([
    'warning ORM_MODEL_DB_DRIFT',
  ]);
  expect(codes({ action: 'RESTRICT' })).toEqual(['error ORM_MODEL_DB_DRIFT']);
  expect(codes({ action: 'RESTRICT', facts: { takesBack: 'all but refusals' } })).toEqual([]);
  expect(codes({ action: 'NO ACTION' })).toEqual([]);
});

test('what a key wants of a policy', () => {
  const wants = (key: Partial<Key>, facts: Partial<FactsInput> = {}, strict = false) => {
    const all = factsSchema.parse({
      version: 1,
      orm: 'any',
      source: 'models',
      tables: [],
      foreignKeys: [
        {
          child: { schema: null, name: 'a' },
          columns: ['b'],
          parent: { schema: null, name: 'b' },
          parentColumns: [],
          onDelete: null,
          ...key,
        },
      ],
      ...facts,
    });
    const [only] = all.foreignKeys;
    return only === undefined ? undefined : wantedBy(only, all, strict);
  };
  const application = { onDelete: 'RESTRICT', text: 'on_delete=models.PROTECT' } as const;
  expect(wants({})).toBeNull();
  expect(wants({}, {}, true)?.said).toBe('no action, taken as NO ACTION');
  expect(wants({ onDelete: 'CASCADE' })?.said).toBe('CASCADE');
  expect(wants({ onDelete: 'SET NULL', onDeleteWritten: false })?.said).toBe('SET NULL by default');
  expect(wants({ onDelete: 'CASCADE', constrained: false })).toBeNull();
  expect(wants({ application })).toBeNull();
  expect(wants({ application }, notices)).toEqual({ action: { kind: 'refuse' }, said: application.text });
  expect(wants({ application: { ...application, onDelete: 'NOTHING' } }, notices)).toBeNull();
});

test('an edit towards SET NULL says that the column has to accept it', () => {
  const wanted = { action: 'NO ACTION', key: { onDelete: 'SET NULL' } } as const;
  const texts = (given: Case): readonly string[] =>
    findings({ ...wanted, ...given }).flatMap(({ edits }) => edits.map(({ text }) => text));
  const edit =
    "add the policy rule `match: 'items(order_id) -> orders'` with `onDelete: set null`, run `ondelete generate` and apply the migration";
  expect(texts({ ...wanted })).toEqual([`in the database: ${edit}`]);
  expect(texts({ ...wanted, notNull: true })).toEqual([
    `in the database: first make order_id nullable, then ${edit}`,
  ]);
});
