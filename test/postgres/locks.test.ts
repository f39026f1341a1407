// Every statement that a plan holds for PostgreSQL runs here, and pg_locks says whether the locks it declares are the ones it takes.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { DeleteClause, Snapshot, Step } from '../../src/core/model.ts';
import { describeServers } from '../servers/describe.ts';
import { apply, change, keyNamed, type Lab, openLab, runSide } from './lab.ts';
import { openWatch, type Watch } from './lock-watch.ts';

const rows = 2000;
const filled = (table: string): string =>
  `INSERT INTO ${table} SELECT n, n, n FROM generate_series(1, ${rows}) n;`;
const child = (name: string, reference: string): string =>
  `CREATE TABLE ${name} (n int, x int, y int, CONSTRAINT "${name} key" FOREIGN KEY (x) REFERENCES ${reference}); ${filled(name)}`;
const partitions = (name: string): string => `
  CREATE TABLE ${name}_1 PARTITION OF ${name} FOR VALUES FROM (0) TO (700);
  CREATE TABLE ${name}_2 PARTITION OF ${name} FOR VALUES FROM (700) TO (9000) PARTITION BY RANGE (n);
  CREATE TABLE ${name}_21 PARTITION OF ${name}_2 FOR VALUES FROM (700) TO (1300);
  CREATE TABLE ${name}_22 PARTITION OF ${name}_2 FOR VALUES FROM (1300) TO (9000); ${filled(name)}`;
const partitioned = (name: string, reference: string): string =>
  `CREATE TABLE ${name} (n int, x int, y int, CONSTRAINT "${name} key" FOREIGN KEY (x) REFERENCES ${reference}) PARTITION BY RANGE (n); ${partitions(name)}`;

const schema = (major: number): string => `
  CREATE SCHEMA "other.shop";
  CREATE TABLE parent (n int PRIMARY KEY, x int, y int, UNIQUE (x, y)); ${filled('parent')}
  CREATE TABLE "other.shop".parent (n int PRIMARY KEY, x int, y int); ${filled('"other.shop".parent')}
  CREATE TABLE parents (n int PRIMARY KEY, x int, y int) PARTITION BY RANGE (n); ${partitions('parents')}
  CREATE TABLE self (n int PRIMARY KEY, x int, y int, CONSTRAINT "self key" FOREIGN KEY (x) REFERENCES self); ${filled('self')}
  CREATE TABLE selves (n int PRIMARY KEY, x int, y int, CONSTRAINT "selves key" FOREIGN KEY (x) REFERENCES selves) PARTITION BY RANGE (n); ${partitions('selves')}
  ${child('simple', 'parent')}
  ${child('cross_schema', '"other.shop".parent')}
  ${child('deferred', 'parent DEFERRABLE INITIALLY DEFERRED')}
  ${child('commented', 'parent')}
  ${child('trigger_states', 'parent')}
  ${child('of_partitions', 'parents')}
  ${child('half_done', 'parent')}
  ${child('not_valid', 'parent')}
  ${child('not_enforced', major >= 18 ? 'parent NOT ENFORCED' : 'parent')}
  ALTER TABLE not_valid DROP CONSTRAINT "not_valid key", ADD CONSTRAINT "not_valid key" FOREIGN KEY (x) REFERENCES parent NOT VALID;
  COMMENT ON CONSTRAINT "commented key" ON commented IS 'a comment';
  ALTER TABLE trigger_states DISABLE TRIGGER ALL;
  CREATE TABLE composite (n int, x int, y int, CONSTRAINT "composite key" FOREIGN KEY (y, x) REFERENCES parent (x, y)); ${filled('composite')}
  CREATE TABLE match_full (n int, x int, y int, CONSTRAINT "match_full key" FOREIGN KEY (x, y) REFERENCES parent (x, y) MATCH FULL); ${filled('match_full')}
  CREATE TABLE two (n int, x int, y int, CONSTRAINT "two key" FOREIGN KEY (x) REFERENCES parent, CONSTRAINT "two more" FOREIGN KEY (y) REFERENCES parent); ${filled('two')}
  ${partitioned('parts', 'parent')}
  ${partitioned('parts_of_partitions', 'parents')}
  ${partitioned('half_parts', 'parent')}
  ANALYZE;`;

/** Drops the keys that a change has given to the leaves; nothing on versions that need none. */
const dropSecond = (root: string): string => `DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS leaf, conname FROM pg_constraint WHERE conname LIKE 'ondelete_second_%' AND conrelid::regclass::text LIKE '${root}%' LOOP
      EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.leaf, one.conname);
    END LOOP;
  END $$`;

const cascade: DeleteClause = { onDelete: 'CASCADE', onDeleteColumns: null };
const restrict: DeleteClause = { onDelete: 'RESTRICT', onDeleteColumns: null };

interface Kind {
  readonly keys: readonly string[];
  readonly to?: DeleteClause;
  /** The first version that knows such keys. */
  readonly since?: number;
}
const kinds: readonly (readonly [string, Kind])[] = [
  ['a simple key', { keys: ['simple key'] }],
  ['a composite key', { keys: ['composite key'] }],
  ['a key of MATCH FULL', { keys: ['match_full key'] }],
  ['a key of a table to itself', { keys: ['self key'] }],
  ['a key to another schema', { keys: ['cross_schema key'] }],
  ['a deferred key', { keys: ['deferred key'] }],
  ['a key with a comment', { keys: ['commented key'] }],
  ['a key whose triggers are disabled', { keys: ['trigger_states key'] }],
  ['a key that is NOT VALID', { keys: ['not_valid key'] }],
  ['a key that is NOT ENFORCED', { keys: ['not_enforced key'], since: 18 }],
  ['two keys in one transaction', { keys: ['two key', 'two more'] }],
  [
    'SET NULL of some columns',
    { keys: ['composite key'], to: { onDelete: 'SET NULL', onDeleteColumns: ['x'] }, since: 15 },
  ],
  ['a partitioned child', { keys: ['parts key'] }],
  ['a partitioned parent', { keys: ['of_partitions key'] }],
  ['a partitioned child of a partitioned parent', { keys: ['parts_of_partitions key'] }],
  ['a partitioned table’s key to itself', { keys: ['selves key'] }],
];

describeServers('postgres', (server) => {
  let lab: Lab;
  let watch: Watch;
  beforeAll(async () => {
    const empty = await openLab(server);
    await empty.sql(schema(empty.major));
    lab = empty;
    watch = await openWatch(lab);
  });
  afterAll(() => lab.close());

  const planFor = async (names: readonly string[], to: DeleteClause = cascade): Promise<readonly Step[]> => {
    const snapshot = await lab.snapshot();
    return lab.plan(names.map((name) => change(keyNamed(snapshot, name), to)));
  };

  async function upAndDown(steps: readonly Step[], before: Snapshot, watching = watch): Promise<void> {
    for (const direction of ['up', 'down'] as const) {
      const { declared, observed } = await watching.run(steps, direction);
      expect(observed).toEqual(declared);
    }
    expect(await lab.snapshot()).toEqual(before);
  }

  const known = kinds.filter(([, { since = 0 }]) => since <= Number.parseInt(server.version, 10));
  test.each(known)(
    '%s: its statements take the locks they declare, and read rows where they say so',
    async (_kind, kind) => {
      await upAndDown(await planFor(kind.keys, kind.to), await lab.snapshot());
    },
  );

  test.each([
    ['a half-done key is finished', 'half_done key', cascade, ''],
    ['a half-done key is led elsewhere', 'half_done key', restrict, ''],
    // As if they had been lost since: a leaf that has its second key is left alone.
    ['a half-done partitioned key is finished', 'half_parts key', cascade, dropSecond('half_parts')],
    ['a half-done partitioned key is led elsewhere', 'half_parts key', restrict, ''],
  ])('%s: its statements take the locks they declare', async (_what, name, to, meanwhile) => {
    const begun = await planFor([name]);
    const session = await lab.session();
    const first = begun.slice(0, 1);
    expect(first.map((step) => step.slug)).toEqual([begun.length === 3 ? 'second_keys' : 'swap']);
    for (const step of first) await runSide(session, step, step.up);
    const half = await lab.snapshot();
    expect(keyNamed(half, name).halfDone).not.toBeNull();
    const steps = await planFor([name], to);
    await lab.sql(meanwhile);
    await upAndDown(steps, half);
    await apply(session, begun, 'down');
  });

  // Of a partitioned parent, versions before 18 then lock partitions that hold no rows themselves more weakly than is declared.
  test('who owns the child and may only refer to the parent takes the same locks', async () => {
    const role = `ondelete_locks_${lab.url.split('_').at(-1) ?? ''}`;
    await lab.sql(`CREATE ROLE ${role}; ALTER TABLE simple OWNER TO ${role}; GRANT USAGE, CREATE ON SCHEMA public TO ${role};
      GRANT SELECT, REFERENCES ON parent TO ${role}`);
    try {
      const restricted = await openWatch(lab, role);
      await upAndDown(await planFor(['simple key']), await lab.snapshot(), restricted);
    } finally {
      await lab.sql(`ALTER TABLE simple OWNER TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  test('each mode blocks what its declaration says', async () => {
    await upAndDown(await planFor(['parts key']), await lab.snapshot());
    const { declared, observed } = watch.blocks();
    expect(observed).toEqual(declared);
    expect(observed.length).toBe(lab.major < 18 ? 5 : 4);
  });
});
