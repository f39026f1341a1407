import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { NameMatching } from '../../src/core/contracts/engine.ts';
import { initText } from '../../src/init/index.ts';
import type { EngineName, ForeignKey, ReferentialAction, Snapshot } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { decide } from '../../src/policy/decide.ts';
import { type SameAction, sameClause } from '../../src/core/referential-actions.ts';
import { configOf } from '../support/configs.ts';
import { key, snapshotOf } from '../builders.ts';
import {
  exactly,
  loosely,
  mysqlNames,
  postgresNames,
  snapshots,
  sqliteNames,
} from '../support/random-snapshots.ts';

const rulesOf = (snapshot: Snapshot, perKey = false): string =>
  initText(snapshot, { perKey, database: '${DATABASE_URL}', names: postgresNames })
    .split('  rules:')
    .slice(1)
    .join('  rules:');

/** Reads the text back and lists what would change and every finding. */
async function differences(
  snapshot: Snapshot,
  names: NameMatching,
  same: SameAction,
  perKey: boolean,
): Promise<readonly string[]> {
  const text = initText(snapshot, { perKey, database: '${DATABASE_URL}', names });
  const { policy } = await configOf(text);
  if (policy === null) return ['no policy'];
  const { decisions, findings } = decide(policy, schemaIndex(snapshot), names, same);
  const changes = decisions.filter(({ foreignKey, wanted }) => {
    if (typeof wanted === 'string') return wanted === 'undecided';
    return !sameClause(foreignKey, wanted, foreignKey, same);
  });
  return [...changes.map((each) => JSON.stringify(each)), ...findings.map((each) => JSON.stringify(each))];
}

test('the head of the file', () => {
  expect(
    initText(snapshotOf([]), {
      perKey: false,
      database: "it's.db",
      names: sqliteNames,
      schemas: ['public', 'sales_*'],
      tool: 'kysely',
      out: './migrations',
      schemaReference: './node_modules/ondelete/ondelete.schema.json',
    }),
  ).toBe(`# yaml-language-server: $schema=./node_modules/ondelete/ondelete.schema.json
# For each foreign key: what a delete does to the rows that reference the deleted row.
# \`ondelete init\` wrote these rules from what the database does today; they ask for no change.
# Next: change an onDelete, add a reason, run \`ondelete diff\`, then \`ondelete generate\`.
#
# match: '[schema.]child[(columns)] -> [schema.]parent[(columns)]', globs * ? {a,b}; the first match decides
# onDelete: cascade, set null, set default, restrict, no action, and
#   refuse  NO ACTION or RESTRICT, whichever the key has      keep  the action that the key has

database: 'it''s.db'
schemas: [public, 'sales_*']
tool: kysely
out: ./migrations

policy:
  default: error # a key that no rule matches is an error, so that a new key is not forgotten
  rules: # the database has no foreign keys
    # - { match: 'child -> parent', onDelete: cascade }
`);
});

const shop: readonly ForeignKey[] = [
  key('shop.items(order_id) -> shop.orders(id)', { onDelete: 'CASCADE' }),
  key('shop.notes(order_id) -> shop.orders(id)', { onDelete: 'CASCADE' }),
  key('shop.invoices(order_id) -> shop.orders(id)', { onDelete: 'RESTRICT' }),
  key('shop.orders(user_id) -> shop.users(id)'),
  key('shop.notes(created_by) -> shop.users(id)', { name: 'a', onDelete: 'SET NULL' }),
  key('shop.notes(updated_by) -> shop.users(id)', { name: 'b', onDelete: 'CASCADE' }),
  key('shop.logins(user_id) -> shop.users(id)'),
  key('crm.contacts(user_id) -> crm.users(id)', { onDelete: 'CASCADE' }),
  key('crm.notes(tenant_id, contact_id) -> crm.contacts(tenant_id, id)', {
    onDelete: 'SET NULL',
    onDeleteColumns: ['contact_id'],
  }),
  key('crm.calls(contact_id) -> crm.contacts(id)', { onDelete: 'SET NULL' }),
  key('crm.mails(contact_id) -> crm.contacts(id)', { onDelete: 'CASCADE', validated: false }),
  key('crm.tags(contact_id) -> crm.contacts(id)', { name: 'one', onDelete: 'CASCADE' }),
  key('crm.tags(contact_id) -> crm.contacts(id)', { name: 'two', onDelete: 'NO ACTION' }),
];

test('by group: warnings, exceptions, then what most keys of a parent do', () => {
  expect(rulesOf(snapshotOf(shop, { notNull: ['calls.contact_id'] }))).toBe(`
    # Check these first: what they do today is probably not what is meant.
    # Two keys over the same columns have different actions. Both act on every delete: decide which one is meant.
    - match: 'tags(contact_id) -> contacts(id)'
      constraint: one
      onDelete: cascade
    - match: 'tags(contact_id) -> contacts(id)'
      constraint: two
      onDelete: refuse
    # Key that was never validated (NOT VALID). New rows are checked, but old rows may be orphans (rows without a parent).
    - match: 'mails -> contacts'
      onDelete: cascade
    # SET NULL on a column that refuses NULL. Every delete of a parent with children fails.
    - match: 'calls -> contacts'
      onDelete: set null
    # Keys that differ from what most keys to the same parent do.
    - match: 'invoices -> orders'
      onDelete: refuse
    - match: 'shop.notes(created_by) -> shop.users'
      onDelete: set null
    - match: 'shop.notes(updated_by) -> shop.users'
      onDelete: cascade
    - match: 'crm.notes -> contacts'
      onDelete: 'set null (contact_id)'
    # What most keys to each parent do; it also holds for a new key to one of these parents.
    # To change one of these keys, write a rule for it above: the first match decides.
    - match: '* -> shop.users'
      onDelete: refuse
      # logins -> shop.users
      # orders -> shop.users
    - match:
        - '* -> crm.users'
        - '* -> orders'
      onDelete: cascade
      # contacts -> crm.users
      # items -> orders
      # shop.notes -> orders
`);
});

test('of more than twenty keys the rules alone', () => {
  const keys = Array.from({ length: 21 }, (_, at) => key(`child${at}(a_id) -> a(id)`));
  expect(rulesOf(snapshotOf(keys))).not.toMatch(/# child/);
  expect(rulesOf(snapshotOf(keys.slice(1)))).toContain('      # child20 -> a\n');
});

test('where keys that refuse are kept, the others have rules, and all are named', async () => {
  const keys = [
    key('post(author_id) -> person(id)'),
    key('post(editor_id) -> person(id)', { onDelete: 'SET NULL' }),
  ];
  const text = initText(snapshotOf(keys), {
    perKey: false,
    database: 'x.db',
    names: postgresNames,
    orm: 'django',
    keepsRefusing: 'why',
  });
  expect(text.slice(text.indexOf('policy:'))).toBe(`policy:
  default: keep # why
  # from: django # without the first #, the database has to do what the models say
  rules:
    # Keys that differ from what most keys to the same parent do.
    - match: 'post(editor_id) -> person'
      onDelete: set null
    # Keys that keep what they have:
    #   post(author_id) -> person
`);
  const { policy } = await configOf(text.replace('# from', 'from'));
  expect(policy?.from?.texts).toEqual(['django']);
});

test('one rule per key', () => {
  expect(rulesOf(snapshotOf(shop.slice(2, 7)), true)).toBe(`
    - match: 'invoices -> orders'
      onDelete: refuse
      reason: as found in the database
    - match: 'logins -> users'
      onDelete: refuse
      reason: as found in the database
    - match: 'notes(created_by) -> users'
      onDelete: set null
      reason: as found in the database
    - match: 'notes(updated_by) -> users'
      onDelete: cascade
      reason: as found in the database
    - match: 'orders -> users'
      onDelete: refuse
      reason: as found in the database
`);
});

test('800 keys are a page', () => {
  const actions: readonly ReferentialAction[] = [
    'CASCADE',
    'CASCADE',
    'NO ACTION',
    'SET NULL',
    'CASCADE',
    'NO ACTION',
    'CASCADE',
  ];
  const keys = [...Array(800).keys()].map((n) =>
    key(`some_child_table_${n % 410}(parent_${n % 97}_id) -> a_parent_table_${n % 160}(id)`, {
      onDelete: actions[(n % 160) % 7] ?? 'CASCADE',
      ...(n % 13 === 0 ? { onDelete: 'RESTRICT' as const } : {}),
    }),
  );
  const lines = rulesOf(snapshotOf(keys)).split('\n');
  expect(lines.length).toBeLessThan(110);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(112);
});

describe('is in policy at once, whatever the names', () => {
  const engines: readonly (readonly [EngineName, NameMatching, SameAction])[] = [
    ['postgres', postgresNames, exactly],
    ['mysql', mysqlNames, loosely],
    ['mysql', sqliteNames, loosely],
    ['sqlite', sqliteNames, exactly],
  ];
  describe.each(engines)('%s', (flavor, names, same) => {
    test.each([
      ['by group', false],
      ['per key', true],
    ])('%s', async (_, perKey) => {
      await fc.assert(
        fc.asyncProperty(snapshots(names, flavor), async (snapshot) => {
          expect(await differences(snapshot, names, same, perKey)).toEqual([]);
        }),
        { seed: 11, numRuns: process.env['ONDELETE_TEST_LONG'] === '1' ? 5000 : 400 },
      );
    });
  });
});
