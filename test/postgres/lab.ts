// A scratch database of one PostgreSQL server, seen through the dialect, and a runner that applies steps as a migration tool would.
import { postgres } from '../../dialects/postgres/index.ts';
import { emitter } from '../../dialects/postgres/emitter/index.ts';
import type { Connection } from '../../src/core/contracts/connection.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import type { EmitContext } from '../../src/core/contracts/engine.ts';
import type {
  Change,
  DeleteClause,
  ForeignKey,
  Introspection,
  Side,
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
  plan(changes: readonly Change[]): Promise<readonly Step[]>;
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
    plan: async (changes) => {
      const { snapshot } = await introspect();
      const context: EmitContext = {
        schema: schemaIndex(snapshot),
        capabilities: postgres.capabilities(reader.server),
        runner: { runsCode: false, commandLineClient: true },
        wraps: 'nothing',
        plain: false,
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
): readonly { readonly step: Step; readonly side: Side }[] {
  const ordered = direction === 'up' ? steps : steps.toReversed();
  return ordered.map((step) => ({ step, side: step[direction] }));
}

/** Runs steps each in its own transaction; stops at the first error, after a rollback. */
export async function apply(session: Plain, steps: readonly Step[], direction: Direction): Promise<void> {
  for (const { step, side } of inOrder(steps, direction)) {
    if (side.kind === 'run') await runSide(session, step, side);
  }
}

export async function runSide(session: Plain, step: Step, side: Side): Promise<void> {
  if (side.kind === 'nothing') return;
  await session.query(step.transaction?.begin ?? 'SELECT 1');
  try {
    for (const statement of side.statements) await session.query(statement.sql);
    await session.query(step.transaction?.commit ?? 'SELECT 1');
  } catch (error) {
    await session.query(step.transaction?.rollback ?? 'SELECT 1');
    throw error;
  }
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
