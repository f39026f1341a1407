// A scratch database with the dialect's own session beside it, and ways to run what a plan says.
import {
  connect,
  runClient,
  scratchDatabase,
  type ScratchDatabase,
  type Session,
  type TestServer,
} from '../servers/index.ts';
import { change } from '../builders.ts';
import { mariadb } from '../../dialects/mariadb/index.ts';
import { mysql } from '../../dialects/mysql/index.ts';
import { emitter as mariadbEmitter } from '../../dialects/mariadb/emitter/index.ts';
import { emitter as mysqlEmitter } from '../../dialects/mysql/emitter/index.ts';
import type { Connection } from '../../src/core/contracts/connection.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import type { EngineCore } from '../../src/core/contracts/engine.ts';
import type {
  Change,
  ForeignKey,
  ReferentialAction,
  Server,
  StepBody,
  Snapshot,
  Statement,
  Step,
} from '../../src/core/model.ts';

export interface Lab {
  readonly server: TestServer;
  readonly dialect: EngineCore;
  readonly database: ScratchDatabase;
  readonly identity: Server;
  /** The product's read-only session. */
  readonly reader: Connection;
  snapshot(schemas?: (schema: string) => boolean): Promise<Snapshot>;
  /** Runs setup SQL, several statements. */
  make(sql: string): Promise<void>;
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** A further plain session in the scratch database. */
  session(): Promise<Session>;
  close(): Promise<void>;
}

export const dialectOf = (server: TestServer): EngineCore => (server.dialect === 'mariadb' ? mariadb : mysql);

export async function lab(server: TestServer): Promise<Lab> {
  const dialect = dialectOf(server);
  const database = await scratchDatabase(server);
  const reader = await dialect.connect(database.url, { timeoutMilliseconds: 5_000 });
  const sessions: Session[] = [];
  return {
    server,
    dialect,
    database,
    identity: reader.server,
    reader,
    snapshot: async (schemas) => (await reader.introspect({ schemas: schemas ?? null })).snapshot,
    async make(sql) {
      await database.query(sql);
    },
    query: (sql) => database.query(sql),
    async session() {
      const session = await connect(server.dialect, database.url);
      sessions.push(session);
      return session;
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close().catch(() => undefined)));
      await reader.close();
      await database.drop();
    },
  };
}

export function keyNamed(snapshot: Snapshot, name: string): ForeignKey {
  const key = snapshot.foreignKeys.find((each) => each.name === name);
  if (key === undefined)
    throw new Error(
      `no key ${name} among ${snapshot.foreignKeys.map((each) => String(each.name)).join(', ')}`,
    );
  return key;
}

export const changeOf = (key: ForeignKey, onDelete: ReferentialAction): Change => change(onDelete, key);

export function stepsOf(
  at: Lab,
  snapshot: Snapshot,
  changes: readonly Change[],
  { plain = false } = {},
): readonly Step[] {
  const { emit } = at.server.dialect === 'mariadb' ? mariadbEmitter : mysqlEmitter;
  const capabilities = at.dialect.capabilities(at.identity);
  return emit(changes, {
    schema: schemaIndex(snapshot),
    capabilities,
    runner: { runsCode: false, commandLineClient: true },
    wraps: 'nothing',
    plain,
    withOperations: true,
  });
}

export function stepOf(at: Lab, snapshot: Snapshot, change: Change): Step {
  const [step] = stepsOf(at, snapshot, [change]);
  if (step === undefined) throw new Error('no step');
  return step;
}

function statementsOf(side: StepBody): {
  readonly statements: readonly Statement[];
  readonly always: readonly Statement[];
} {
  if (side.kind !== 'run') throw new Error('nothing to run');
  return side;
}

/** As a code migration runs it: each statement through the driver, `always` also after an error. */
export async function runByDriver(
  session: Session,
  side: StepBody,
  sabotage?: (at: number) => string | null,
): Promise<void> {
  const { statements, always } = statementsOf(side);
  try {
    for (const [at, statement] of statements.entries()) {
      const instead = sabotage?.(at) ?? null;
      await session.query(instead ?? statement.sql);
    }
  } finally {
    for (const statement of always) await session.query(statement.sql);
  }
}

/**
 * The same with short waits, for tests of what comes after them: for another file ten seconds, and on MariaDB as long in pauses between a
 * hundred tries before one waits for a lock and can be looked at.
 */
export const impatient = (sql: string): string =>
  sql
    .replace('IF(seconds = 0, 0.1, 1)', 'IF(seconds = 0, 0.001, 1)')
    .replace(/(GET_LOCK\(.*?, )10\)/, '$11)');

export function impatientSide(side: StepBody): StepBody {
  const { statements, always } = statementsOf(side);
  return {
    kind: 'run',
    statements: statements.map((each) => ({ ...each, sql: impatient(each.sql) })),
    always,
    retry: null,
    fallback: [],
  };
}

/** As a plain file runs it: through the engine's own client. */
export async function runByClient(
  at: Lab,
  side: StepBody,
  options: readonly string[] = [],
): Promise<{ readonly code: number | null; readonly stderr: string; readonly stdout: string }> {
  const { statements, always } = statementsOf(side);
  const text = [...statements, ...always].map(({ sql, comment }) => `-- ${comment}\n${sql}\n//\n`).join('');
  return runClient(at.server, at.database.url, `DELIMITER //\n${text}`, options);
}

export const codeOfFailure = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => {
      const { code = '', errno = '' } = error as { code?: string; errno?: number };
      return `${code} ${errno}`.trim();
    },
  );

export const messageOfFailure = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (error as { message: string }).message,
  );
