// A scratch database of one PostgreSQL server, seen through the dialect, and a runner that applies steps as a migration tool would.
import { postgres } from '../../dialects/postgres/index.ts';
import { emitter } from '../../dialects/postgres/emitter/index.ts';
import type { Connection } from '../../src/core/contracts/connection.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import type { EmitContext, Wraps } from '../../src/core/contracts/engine.ts';
import type {
  Change,
  DeleteClause,
  ForeignKey,
  Introspection,
  StepBody,
  Snapshot,
  Step,
} from '../../src/core/model.ts';
import {
  connect,
  type Row,
  scratchDatabase,
  type Session as Plain,
  type TestServer,
  testServers,
} from '../servers/index.ts';
import { change as changeTo } from '../builders.ts';

export const servers = testServers('postgres');

/** `wraps: nothing` is one statement that commits, `each file` two steps in transactions of the runner. */
export type Form = Wraps | 'plain';
export const forms = ['nothing', 'each file'] as const satisfies readonly Form[];

export interface Lab {
  readonly major: number;
  readonly url: string;
  /** As superuser. */
  sql(text: string): Promise<readonly Row[]>;
  /** One more session of the superuser; closed with the lab. */
  session(): Promise<Plain>;
  readonly reader: Connection;
  introspect(): Promise<Introspection>;
  snapshot(): Promise<Snapshot>;
  endTransactions(): Promise<void>;
  /** @param form how the tool wraps files; in transactions of the runner unless told */
  plan(changes: readonly Change[], form?: Form): Promise<readonly Step[]>;
  close(): Promise<void>;
}

export async function openLab(server: TestServer, schema = ''): Promise<Lab> {
  const database = await scratchDatabase(server);
  const reader = await postgres.connect(database.url, { timeoutMilliseconds: 20_000 });
  const open: Plain[] = [];
  const introspect = (): Promise<Introspection> => reader.introspect({ schemas: null });
  if (schema !== '') await database.query(schema);
  return {
    major: reader.server.version[0] ?? 0,
    url: database.url,
    sql: (text) => database.query(text),
    reader,
    introspect,
    snapshot: async () => (await introspect()).snapshot,
    session: async () => {
      const session = await connect('postgres', database.url);
      open.push(session);
      return session;
    },
    endTransactions: async () => {
      for (const session of open) await session.query('ROLLBACK').catch(() => undefined);
    },
    plan: async (changes, form = 'each file') => {
      const { snapshot } = await introspect();
      const context: EmitContext = {
        schema: schemaIndex(snapshot),
        capabilities: postgres.capabilities(reader.server),
        runner: { runsCode: false, commandLineClient: true },
        wraps: form === 'plain' ? 'nothing' : form,
        plain: form === 'plain',
        withOperations: true,
      };
      return emitter.emit(changes, context);
    },
    close: async () => {
      await Promise.all(open.map((session) => session.close().catch(() => undefined)));
      await reader.close();
      await database.drop();
    },
  };
}

export const change = (key: ForeignKey, to: DeleteClause | DeleteClause['onDelete']): Change =>
  changeTo(to, key);

export const clauseOf = ({ onDelete, onDeleteColumns }: DeleteClause): DeleteClause => ({
  onDelete,
  onDeleteColumns,
});
export const sameClause = (a: DeleteClause, b: DeleteClause): boolean =>
  JSON.stringify(clauseOf(a)) === JSON.stringify(clauseOf(b));

/** The key of a name, or a test that fails with the names there are. */
export function keyNamed({ foreignKeys }: Snapshot, name: string): ForeignKey {
  const found = foreignKeys.find((key) => key.name === name);
  if (found === undefined)
    throw new Error(`no key ${name}: ${foreignKeys.map((key) => key.name ?? '').join(', ')}`);
  return found;
}

export type Direction = 'up' | 'down';

/** The sides of a plan in the order in which they run. */
export function inOrder(
  steps: readonly Step[],
  direction: Direction,
): readonly { readonly step: Step; readonly side: StepBody }[] {
  const ordered = direction === 'up' ? steps : steps.toReversed();
  return ordered.map((step) => ({ step, side: step[direction] }));
}

/** Runs steps as a tool does; stops at the first error, after a rollback. */
export async function apply(session: Plain, steps: readonly Step[], direction: Direction): Promise<void> {
  for (const { step, side } of inOrder(steps, direction)) await runSide(session, step, side);
}

export async function runSide(session: Plain, { transaction }: Step, side: StepBody): Promise<void> {
  if (side.kind === 'nothing') return;
  try {
    if (transaction !== null) await session.query(transaction.begin);
    for (const statement of side.statements) await session.query(statement.sql);
    if (transaction !== null) await session.query(transaction.commit);
  } catch (error) {
    if (transaction !== null) await session.query(transaction.rollback).catch(() => undefined);
    throw error;
  } finally {
    for (const statement of side.always) await session.query(statement.sql).catch(() => undefined);
  }
}

/**
 * Runs the steps up to a line of progress, such as `swap 2`, at which the session is ended: a trigger of the notice would not do, so the
 * statement itself is made to stop there. Ends without a stop where the line never comes.
 */
export async function stopped(
  lab: Lab,
  steps: readonly Step[],
  direction: Direction,
  place: string,
): Promise<void> {
  const [phase, number] = place.split(' ');
  const atPlace = `IF act = '${phase ?? ''}' AND n >= ${number ?? '1'} THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); END IF;`;
  const cut = (side: StepBody): StepBody =>
    side.kind === 'nothing'
      ? side
      : {
          ...side,
          statements: side.statements.map((statement) => ({
            ...statement,
            sql: statement.sql.replace(
              /^ +IF act = phase THEN RAISE NOTICE/m,
              (line) => `${atPlace}\n${line}`,
            ),
          })),
        };
  const session = await lab.session();
  const some = steps.map((step) => ({ ...step, up: cut(step.up), down: cut(step.down) }));
  await apply(session, some, direction).catch((error: unknown) => {
    if (!/terminat|closed|not queryable/i.test(String(error))) throw error;
  });
}

/** The statements of one direction, as a runner with one transaction for all files sends them. */
export function statementsOf(steps: readonly Step[], direction: Direction): readonly string[] {
  return inOrder(steps, direction).flatMap(({ side }) =>
    side.kind === 'run' ? side.statements.map(({ sql }) => sql) : [],
  );
}

/** Settings that a session has and no migration may leave behind. */
export async function settingsOf(session: Plain): Promise<Readonly<Record<string, unknown>>> {
  const rows = await session.query(`SELECT name, setting FROM pg_settings WHERE name NOT LIKE 'plpgsql.%'`);
  // plpgsql's own settings appear when it is first used
  return Object.fromEntries(rows.map((row) => [String(row['name']), row['setting']]));
}

/** A plain and a partitioned child of one parent; made anew before each test that changes it. */
export const smallSchema = `
  DROP SCHEMA IF EXISTS s CASCADE;
  CREATE SCHEMA s;
  CREATE TABLE s.parent (id int PRIMARY KEY);
  INSERT INTO s.parent SELECT generate_series(1, 100);
  CREATE TABLE s.child (id int, pid int CONSTRAINT fk REFERENCES s.parent);
  INSERT INTO s.child SELECT n, n FROM generate_series(1, 100) n;
  COMMENT ON CONSTRAINT fk ON s.child IS 'as it was';
  CREATE TABLE s.parts (id int, pid int CONSTRAINT pk REFERENCES s.parent) PARTITION BY RANGE (id);
  CREATE TABLE s.part1 PARTITION OF s.parts FOR VALUES FROM (0) TO (50);
  CREATE TABLE s.part2 PARTITION OF s.parts FOR VALUES FROM (50) TO (1000);
  INSERT INTO s.parts SELECT n, n FROM generate_series(1, 100) n;`;
