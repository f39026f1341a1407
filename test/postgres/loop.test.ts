// The closed loop on every server: for every pair of actions and every kind of key, up brings the wanted action and nothing else,
// deletes behave, up again does nothing, down brings back the same snapshot.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Change, DeleteClause, ForeignKey, ReferentialAction, Snapshot } from '../../src/core/model.ts';
import { postgres } from '../../dialects/postgres/index.ts';
import { describeServers } from '../servers/describe.ts';
import { apply, change, clauseOf, type Form, forms, type Lab, openLab, sameClause } from './lab.ts';

const actions: readonly ReferentialAction[] = ['NO ACTION', 'RESTRICT', 'CASCADE', 'SET NULL', 'SET DEFAULT'];

/** One schema with a key of each kind; every parent has rows 1 to 5, of which children use 1 to 3. */
const schema = (major: number): string => `
  CREATE SCHEMA "other.shop";
  CREATE TABLE parent (id int PRIMARY KEY, a int NOT NULL, b int NOT NULL, UNIQUE (a, b));
  INSERT INTO parent SELECT n, n, n FROM generate_series(1, 5) n;
  CREATE TABLE "other.shop"."Parent ""q""" (id int PRIMARY KEY);
  INSERT INTO "other.shop"."Parent ""q""" SELECT generate_series(1, 5);
  CREATE TABLE tree (id int PRIMARY KEY, pid int DEFAULT 5 CONSTRAINT self_reference REFERENCES tree);
  INSERT INTO tree VALUES (1, NULL), (5, NULL), (2, 1), (3, 2), (4, 3);
  ${[
    ['simple', 'REFERENCES parent'],
    ['cross_schema', 'REFERENCES "other.shop"."Parent ""q"""'],
    ['deferrable', 'REFERENCES parent DEFERRABLE'],
    ['deferred', 'REFERENCES parent DEFERRABLE INITIALLY DEFERRED'],
    ['not_valid', ''],
    ['on_update', 'REFERENCES parent ON UPDATE CASCADE'],
    ['commented', 'REFERENCES parent'],
    ['triggers', 'REFERENCES parent'],
    ['not_enforced', major >= 18 ? 'REFERENCES parent NOT ENFORCED' : 'REFERENCES parent'],
  ]
    .map(
      ([name, reference]) =>
        `CREATE TABLE c_${name} (n int, pid int DEFAULT 5${reference === '' ? '' : ` CONSTRAINT "${name} key" ${reference}`}); INSERT INTO c_${name} VALUES (1, 1), (2, 2), (3, 3), (4, NULL);`,
    )
    .join('\n')}
  ALTER TABLE c_not_valid ADD CONSTRAINT "not_valid key" FOREIGN KEY (pid) REFERENCES parent NOT VALID;
  COMMENT ON CONSTRAINT "commented key" ON c_commented IS E'it''s a "comment" \\\\ with\nlines $ondelete$ and 💥';
  CREATE TABLE c_composite (n int, x int DEFAULT 5, y int DEFAULT 5, CONSTRAINT composite FOREIGN KEY (y, x) REFERENCES parent (a, b));
  INSERT INTO c_composite VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, NULL, 9);
  CREATE TABLE c_full (n int, x int DEFAULT 5, y int DEFAULT 5, CONSTRAINT match_full FOREIGN KEY (x, y) REFERENCES parent (a, b) MATCH FULL);
  INSERT INTO c_full VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, NULL, NULL);
  CREATE TABLE c_partitioned (n int, pid int DEFAULT 5 CONSTRAINT "partitioned child" REFERENCES parent) PARTITION BY RANGE (n);
  CREATE TABLE c_part1 PARTITION OF c_partitioned FOR VALUES FROM (0) TO (3);
  CREATE TABLE c_part2 PARTITION OF c_partitioned FOR VALUES FROM (3) TO (9) PARTITION BY RANGE (n);
  CREATE TABLE c_part21 PARTITION OF c_part2 FOR VALUES FROM (3) TO (4);
  CREATE TABLE c_part22 PARTITION OF c_part2 FOR VALUES FROM (4) TO (9);
  ALTER TABLE c_part1 RENAME CONSTRAINT "partitioned child" TO "name of the copy";
  COMMENT ON CONSTRAINT "name of the copy" ON c_part1 IS 'a comment on the copy';
  COMMENT ON CONSTRAINT "partitioned child" ON c_partitioned IS 'a comment on the root';
  INSERT INTO c_partitioned VALUES (1, 1), (2, 2), (3, 3), (4, NULL);
  CREATE TABLE partitioned_parent (id int PRIMARY KEY) PARTITION BY RANGE (id);
  CREATE TABLE parent_part1 PARTITION OF partitioned_parent FOR VALUES FROM (0) TO (3);
  CREATE TABLE parent_part2 PARTITION OF partitioned_parent FOR VALUES FROM (3) TO (9);
  INSERT INTO partitioned_parent SELECT generate_series(1, 5);
  CREATE TABLE c_of_partitioned (n int, pid int DEFAULT 5 CONSTRAINT "partitioned parent" REFERENCES partitioned_parent);
  INSERT INTO c_of_partitioned VALUES (1, 1), (2, 2), (3, 3), (4, NULL);
  CREATE EXTENSION IF NOT EXISTS plpgsql;
  ${major >= 18 ? 'CREATE TABLE c_both (n int, pid int DEFAULT 5 CONSTRAINT "both partitioned" REFERENCES partitioned_parent) PARTITION BY RANGE (n); CREATE TABLE c_both1 PARTITION OF c_both FOR VALUES FROM (0) TO (9); INSERT INTO c_both VALUES (1, 1), (2, 2), (3, 3), (4, NULL);' : ''}
  DO $$ DECLARE t record; BEGIN
    FOR t IN SELECT tgrelid::regclass AS rel, tgname FROM pg_trigger WHERE tgconstraint = (SELECT oid FROM pg_constraint WHERE conname = 'triggers key') AND tgfoid IN ('"RI_FKey_check_ins"'::regproc, '"RI_FKey_noaction_upd"'::regproc) LOOP
      EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', t.rel, t.tgname);
    END LOOP;
  END $$`;

describeServers('postgres', (server) => {
  let lab: Lab;
  let before: Snapshot;
  let rowsBefore: string;
  beforeAll(async () => {
    const empty = await openLab(server);
    await empty.sql(schema(empty.major));
    lab = empty;
    before = await lab.snapshot();
    rowsBefore = await allRows(lab);
  });
  afterAll(() => lab.close());

  const wanted = (major: number): readonly DeleteClause[] => [
    ...actions.map((onDelete) => ({ onDelete, onDeleteColumns: null })),
    ...(major >= 15 ? [{ onDelete: 'SET NULL' as const, onDeleteColumns: ['x'] }] : []),
  ];

  test('every kind of key is there', () => {
    expect(before.foreignKeys.map((key) => key.name).length).toBe(lab.major >= 18 ? 15 : 14);
    expect(before.foreignKeys.filter((key) => key.triggers.length > 0).map((key) => key.name)).toEqual([
      'triggers key',
    ]);
  });

  // Every pair: from each action to each other one, with the state of the first reached by a plan of its own.
  test.each(forms)(
    'every pair of actions, there and back, where a tool wraps %s',
    async (form) => {
      for (const from of wanted(lab.major)) {
        const there = changesTo(before, from);
        const first = await lab.plan(there, form);
        const session = await lab.session();
        await apply(session, first, 'up');
        const at = await lab.snapshot();
        for (const to of wanted(lab.major))
          await thereAndBack(lab, form, at, to, from.onDelete === 'NO ACTION');
        await apply(session, first, 'down');
        expect(await lab.snapshot()).toEqual(before);
      }
      expect(await allRows(lab)).toBe(rowsBefore);
    },
    180_000,
  );

  test('after each change deletes behave as the action says', async () => {
    for (const to of wanted(lab.major)) {
      const steps = await lab.plan(changesTo(before, to));
      const session = await lab.session();
      await apply(session, steps, 'up');
      for (const key of (await lab.snapshot()).foreignKeys)
        expect(await effect(lab, key)).toBe(expectedEffect(key, lab.major));
      await apply(session, steps, 'down');
    }
    expect(await lab.snapshot()).toEqual(before);
    expect(await allRows(lab)).toBe(rowsBefore);
  }, 180_000);

  test.each(forms)(
    'the names and comments of the copies on partitions are kept, where a tool wraps %s',
    async (form) => {
      const steps = await lab.plan(changesTo(before, { onDelete: 'CASCADE', onDeleteColumns: null }), form);
      const session = await lab.session();
      const copies = await copiesOf(lab);
      await apply(session, steps, 'up');
      expect(await copiesOf(lab)).toEqual(copies);
      await apply(session, steps, 'down');
      expect(await copiesOf(lab)).toEqual(copies);
    },
  );
});

function changesTo(snapshot: Snapshot, to: DeleteClause): readonly Change[] {
  const capabilities = postgres.capabilities(snapshot.server);
  const schema = schemaIndex(snapshot);
  return snapshot.foreignKeys
    .filter((key) => !sameClause(key, to))
    .filter((key) => to.onDeleteColumns?.every((column) => key.columns.includes(column)) ?? true)
    .map((key) => change(key, to))
    .filter((one) => {
      const hazards = postgres
        .checkChange(one.foreignKey, one.to, schema, capabilities)
        .map((hazard) => hazard.code);
      return hazards.every((code) => code === 'TWO_KEYS_WINDOW');
    });
}

async function thereAndBack(
  lab: Lab,
  form: Form,
  at: Snapshot,
  to: DeleteClause,
  twice: boolean,
): Promise<void> {
  const changes = changesTo(at, to);
  const steps = await lab.plan(changes, form);
  const session = await lab.session();
  await apply(session, steps, 'up');
  const reached = await lab.snapshot();
  const names = new Set(changes.map((one) => one.foreignKey.name));
  const asWanted = at.foreignKeys.map((key) => (names.has(key.name) ? { ...key, ...clauseOf(to) } : key));
  expect(reached).toEqual({ ...at, foreignKeys: asWanted });
  if (twice) {
    await apply(session, steps, 'up');
    expect(await lab.snapshot()).toEqual(reached);
  }
  await apply(session, steps, 'down');
  expect(await lab.snapshot()).toEqual(at);
  await session.close();
}

/** Deletes parent 2 inside a transaction that is rolled back, and tells what became of the children. */
async function effect(lab: Lab, key: ForeignKey): Promise<string> {
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const child = `${quote(key.child.schema)}.${quote(key.child.name)}`;
  const parent = `${quote(key.parent.schema)}.${quote(key.parent.name)}`;
  const last = quote(key.columns[0] ?? '');
  const session = await lab.session();
  await session.query('BEGIN');
  try {
    // keys of other tables must not stand in the way of the one under test
    await session.query(`SET LOCAL session_replication_role = replica`);
    for (const table of [
      'c_simple',
      'c_composite',
      'c_full',
      'c_deferrable',
      'c_deferred',
      'c_not_valid',
      'c_on_update',
      'c_commented',
      'c_triggers',
      'c_not_enforced',
      'c_partitioned',
      'c_of_partitioned',
      ...(lab.major >= 18 ? ['c_both'] : []),
    ]) {
      if (table !== key.child.name) await session.query(`DELETE FROM ${table}`);
    }
    if (key.child.name === 'tree') await session.query('DELETE FROM tree WHERE id IN (4)');
    await session.query(`SET LOCAL session_replication_role = origin`);
    const [count] = await session.query(`SELECT count(*)::int AS n FROM ${child}`);
    await session.query(`DELETE FROM ${parent} WHERE ${quote(key.parentColumns[0] ?? '')} = 2`);
    await session.query('SET CONSTRAINTS ALL IMMEDIATE');
    const [after] = await session.query(
      `SELECT count(*)::int AS n, count(*) FILTER (WHERE ${last} IS NULL)::int AS nulls, count(*) FILTER (WHERE ${last} = 5)::int AS fives, count(*) FILTER (WHERE ${last} = 2)::int AS twos FROM ${child}`,
    );
    const gone = Number(count?.['n']) - Number(after?.['n']);
    return JSON.stringify([gone, after?.['nulls'], after?.['fives'], after?.['twos']]);
  } catch (error) {
    return `refused ${String((error as { code?: string }).code)}`;
  } finally {
    await session.query('ROLLBACK');
    await session.close();
  }
}

function expectedEffect(key: ForeignKey, major: number): string {
  const self = key.child.name === 'tree';
  const composite = key.name === 'composite';
  const nulls = self ? 2 : composite ? 0 : 1;
  // rows of the child that are gone; then those with NULL, with the default 5, and still with 2 in the key's first column
  const told = (gone: number, nowNull: number, fives: number, twos: number): string =>
    JSON.stringify([gone + (self ? 1 : 0), nulls + nowNull, fives, twos]);
  if (!key.enforced) return told(0, 0, 0, 1);
  switch (key.onDelete) {
    case 'NO ACTION':
      return 'refused 23503';
    case 'RESTRICT':
      return major >= 18 ? 'refused 23001' : 'refused 23503';
    case 'CASCADE':
      return told(1, 0, 0, 0);
    case 'SET NULL':
      return key.onDeleteColumns === null ? told(0, 1, 0, 0) : told(0, 0, 0, 1);
    case 'SET DEFAULT':
      return told(0, 0, 1, 0);
  }
}

async function allRows(lab: Lab): Promise<string> {
  const tables = await lab.sql(
    `SELECT oid::regclass::text AS t FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, '"other.shop"'::regnamespace) ORDER BY 1`,
  );
  const all: unknown[] = [];
  for (const { t } of tables) all.push(t, await lab.sql(`SELECT * FROM ${String(t)} AS r ORDER BY r`));
  return JSON.stringify(all);
}

async function copiesOf(lab: Lab): Promise<unknown> {
  return lab.sql(`SELECT conrelid::regclass::text AS t, conname, obj_description(oid, 'pg_constraint') AS comment FROM pg_constraint
    WHERE conparentid <> 0 AND confrelid = 'parent'::regclass ORDER BY 1, 2`);
}
