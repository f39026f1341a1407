/** Kysely's own Migrator on the connection of a rehearsal. */
import * as kysely from 'kysely';
import {
  Kysely,
  Migrator,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  NO_MIGRATIONS,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Driver,
  type Migration,
} from 'kysely';
import { createJiti } from 'jiti';
import { fileURLToPath } from 'node:url';
import type { MigrationFile, Replay, Stage } from '../../src/core/contracts/template.ts';

const parts = {
  postgres: { Adapter: PostgresAdapter, Compiler: PostgresQueryCompiler, Introspector: PostgresIntrospector },
  mysql: { Adapter: MysqlAdapter, Compiler: MysqlQueryCompiler, Introspector: MysqlIntrospector },
  mariadb: { Adapter: MysqlAdapter, Compiler: MysqlQueryCompiler, Introspector: MysqlIntrospector },
  sqlite: { Adapter: SqliteAdapter, Compiler: SqliteQueryCompiler, Introspector: SqliteIntrospector },
} as const;

/** @throws what the files or the server throw */
export async function replay(files: readonly MigrationFile[], stage: Stage): Promise<Replay> {
  const { Adapter, Compiler, Introspector } = parts[stage.flavor];
  const database = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new Adapter(),
      createDriver: () => driverOn(stage),
      createIntrospector: (db) => new Introspector(db),
      createQueryCompiler: () => new Compiler(),
    },
  });
  const migrations = await load(files);
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  });
  const settled = async (run: ReturnType<Migrator['migrateToLatest']>): Promise<void> => {
    const { error } = await run;
    // Kysely passes on anything that the file threw.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    if (error !== undefined) throw error;
  };
  return {
    up: () => settled(migrator.migrateToLatest()),
    down: () => settled(migrator.migrateTo(NO_MIGRATIONS)),
  };
}

async function load(files: readonly MigrationFile[]): Promise<Record<string, Migration>> {
  // The files must import the kysely of ondelete, wherever they are.
  const jiti = createJiti(import.meta.url, {
    fsCache: false,
    moduleCache: false,
    virtualModules: { kysely },
  });
  const loaded: Record<string, Migration> = {};
  for (const { path, content } of files) {
    const filename = fileURLToPath(new URL(path, import.meta.url));
    const module: unknown = await jiti.evalModule(content, { filename, async: true });
    loaded[path.replace(/\.[^.]*$/, '')] = module as Migration;
  }
  return loaded;
}

function driverOn(stage: Stage): Driver {
  const connection: DatabaseConnection = {
    executeQuery: async (query) => ({
      rows: [...(await stage.query(query.sql, query.parameters))] as never[],
    }),
    streamQuery() {
      throw new Error('a migration does not stream');
    },
  };
  const send = (sql: string) => async (): Promise<void> => {
    await stage.query(sql);
  };
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    init: nothing,
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: nothing,
    destroy: nothing,
    beginTransaction: send('BEGIN'),
    commitTransaction: send('COMMIT'),
    rollbackTransaction: send('ROLLBACK'),
  };
}
