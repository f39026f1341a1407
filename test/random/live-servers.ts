// PostgreSQL, MySQL and MariaDB: one scratch database for all cases, emptied before each.
import { openDatabase } from '../../src/schema-source.ts';
import { messageOf } from '../../src/core/errors.ts';
import type { DeleteClause, ForeignKey } from '../../src/core/model.ts';
import {
  connect,
  runClient,
  scratchDatabase,
  type ScratchDatabase,
  type Session,
  type TestServer,
} from '../servers/index.ts';
import { deleteText } from './live-sqlite.ts';
import { type Bench, type Forced, formed, type Live, pairOf } from './live.ts';
import type { Key, Schema } from './schema.ts';
import { keyClause, quoted, script, tableSql } from './write.ts';

export async function serverBench(server: TestServer): Promise<Bench> {
  const database = await scratchDatabase(server);
  const session = await connect(server.dialect, database.url);
  const postgres = server.dialect === 'postgres';
  // MySQL: a second database under the same prefix, so that it goes with the run whatever happens
  const schemas = postgres ? ['public', 'the "other"; one'] : [database.name, `${database.name}_b`];
  if (!postgres) await session.query(`CREATE DATABASE \`${schemas[1] ?? ''}\``);
  const bench: ServerBench = { server, database, session, schemas };
  return {
    id: server.id,
    target: { engine: server.dialect, major: Number.parseInt(server.version, 10), schemas },
    load: async (schema) => {
      await (postgres ? emptyPostgres(bench) : emptyMysql(bench));
      return liveServer(bench, schema);
    },
    close: async () => {
      if (!postgres) {
        await emptyMysql(bench);
        await session.query(`DROP DATABASE \`${schemas[1] ?? ''}\``);
      }
      await session.close();
      await database.drop();
    },
  };
}

interface ServerBench {
  readonly server: TestServer;
  readonly database: ScratchDatabase;
  readonly session: Session;
  readonly schemas: readonly string[];
}

async function emptyPostgres({ session, schemas }: ServerBench): Promise<void> {
  const drops = schemas.map((name) => `DROP SCHEMA IF EXISTS "${name.replaceAll('"', '""')}" CASCADE`);
  await session.query(`${drops.join(';')}; CREATE SCHEMA public`);
}

async function emptyMysql({ session, schemas }: ServerBench): Promise<void> {
  const rows = await session.query(
    `SELECT table_schema AS s, table_name AS t FROM information_schema.tables WHERE table_schema IN (${schemas.map((name) => `'${name}'`).join(', ')})`,
  );
  const names = rows.map((row) => `\`${String(row['s'])}\`.\`${String(row['t']).replaceAll('`', '``')}\``);
  if (names.length === 0) return;
  await session.query(
    `SET foreign_key_checks = 0; DROP TABLE ${names.join(', ')}; SET foreign_key_checks = 1`,
  );
}

/** Keys that the server does not take are no part of the case. */
async function liveServer(bench: ServerBench, drawn: Schema): Promise<Live> {
  const { server, database, session } = bench;
  const whole = script(drawn);
  await session.query(whole.tables.join(';\n'));
  const taken: Key[] = [];
  const log: string[] = [...whole.tables];
  if (server.dialect !== 'postgres') await session.query('SET foreign_key_checks = 0');
  for (const [place, key] of drawn.keys.entries()) {
    const statement = whole.keys[place] ?? '';
    const error = await session.query(statement).then(() => null, messageOf);
    if (error === null) taken.push(key);
    log.push(error === null ? statement : `-- not taken (${error.replaceAll('\n', ' ')}): ${statement}`);
  }
  if (server.dialect !== 'postgres') await session.query('SET foreign_key_checks = 1');
  const schema = { ...drawn, keys: taken };
  const { end } = script(schema);
  if (end.length > 0) await session.query(end.join(';\n'));
  return {
    schema,
    ddl: [...log, ...end].map((statement) => `${statement};`).join('\n'),
    tool: 'sql',
    open: () => openDatabase(database.url, () => ({ schemas: (name) => bench.schemas.includes(name) })),
    async apply(files, _plan, direction) {
      const wanted = files.filter((file) => file.path.endsWith(`.${direction}.sql`));
      for (const file of direction === 'up' ? wanted : wanted.toReversed()) {
        const { code, stderr, stdout } = await runClient(server, database.url, file.content);
        if (code !== 0)
          throw new Error(`${file.path} failed with ${code}: ${stderr}${stdout}\n${file.content}`);
      }
    },
    contents: () => contentsOf(bench, schema),
    afterDelete: async (table, row) => {
      await session.query('BEGIN');
      try {
        await session.query(deleteText(schema, table, row));
        if (server.dialect === 'postgres') await session.query('SET CONSTRAINTS ALL IMMEDIATE');
        return { rows: await contentsOf(bench, schema) };
      } catch (error) {
        return { error: messageOf(error) };
      } finally {
        await session.query('ROLLBACK');
      }
    },
    formed: (contents) => formed(schema, contents),
    force: (key, clause) =>
      server.dialect === 'postgres'
        ? forcePostgres(bench, schema, key, clause)
        : forceMysql(bench, schema, key, clause),
    close: () => Promise.resolve(),
  };
}

/** Rows of each table as sorted lines, tables in the order of the schema: one query. */
async function contentsOf({ session }: ServerBench, schema: Schema): Promise<readonly (readonly string[])[]> {
  const postgres = schema.engine === 'postgres';
  const parts = schema.tables.map((table, place) => {
    const columns = table.columns.map((column) =>
      postgres ? `${quoted(schema, column.name)}::text` : `CAST(${quoted(schema, column.name)} AS CHAR)`,
    );
    const list = columns.join(', ');
    const line = postgres ? `json_build_array(${list})::text` : `JSON_ARRAY(${list})`;
    return `SELECT ${place} AS place, ${line} AS line FROM ${tableSql(schema, table)}`;
  });
  const rows = await session.query(parts.join(' UNION ALL '));
  return schema.tables.map((_, place) =>
    rows
      .filter((row) => Number(row['place']) === place)
      .map((row) => JSON.stringify(typeof row['line'] === 'string' ? JSON.parse(row['line']) : row['line']))
      .sort(),
  );
}

/** The same key with another clause; NOT VALID as a migration adds it where that is wanted. */
function forcedClause(schema: Schema, own: Key, clause: DeleteClause): string {
  return keyClause(schema, { ...own, onDelete: clause.onDelete, onDeleteColumns: clause.onDeleteColumns });
}

function ownKey(schema: Schema, found: ForeignKey): Key {
  const own = schema.keys.find(
    (key) =>
      key.name === found.name &&
      key.child.name === found.child.name &&
      key.child.schema === found.child.schema,
  );
  if (own === undefined) throw new Error(`no key ${found.name ?? ''}`);
  return own;
}

/** In a transaction that is rolled back: all other keys dropped, this one dropped and added without a scan. */
async function forcePostgres(
  bench: ServerBench,
  schema: Schema,
  found: ForeignKey,
  clause: DeleteClause,
): Promise<Forced> {
  const { session, database } = bench;
  const own = ownKey(schema, found);
  const name = quoted(schema, own.name ?? '');
  const table = tableSql(schema, own.child);
  await session.query('BEGIN');
  try {
    for (const key of schema.keys.filter((one) => one !== own))
      await session.query(
        `ALTER TABLE ${tableSql(schema, key.child)} DROP CONSTRAINT ${quoted(schema, key.name ?? '')}`,
      );
    const add = forcedClause(schema, { ...own, validated: false }, clause);
    try {
      await session.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}, ADD CONSTRAINT ${name} ${add}`);
    } catch (error) {
      return { refused: messageOf(error), deleting: undefined, key: null };
    }
    await session.query('SAVEPOINT forced');
    // A rule of the user's on the parent keeps the rows, and shows nothing.
    const pair =
      own.parent === null || own.parent.rule ? null : pairOf(found, own.child.rows, own.parent.rows);
    const deleting =
      pair === null || own.parent === null
        ? undefined
        : await session
            .query(`${deleteText(schema, own.parent, pair.parent)}; SET CONSTRAINTS ALL IMMEDIATE`)
            .then(() => null, messageOf);
    await session.query('ROLLBACK TO SAVEPOINT forced');
    // Others must see the key to tell what became of it; the case ends with this database's next one.
    await session.query('COMMIT');
    const key = await keyNow(database.url, bench, found);
    await restore(bench, schema);
    return { refused: null, deleting, key };
  } finally {
    await session.query('ROLLBACK');
  }
}

async function keyNow(url: string, bench: ServerBench, found: ForeignKey): Promise<ForeignKey | null> {
  const source = await openDatabase(url, () => ({ schemas: (name) => bench.schemas.includes(name) }));
  try {
    const same = (key: ForeignKey): boolean =>
      key.name === found.name && JSON.stringify(key.child) === JSON.stringify(found.child);
    return source.snapshot.foreignKeys.find(same) ?? null;
  } finally {
    await source.close();
  }
}

/** Everything anew, for the next forced change. */
async function restore(bench: ServerBench, schema: Schema): Promise<void> {
  await emptyPostgres(bench);
  const { tables, keys, end } = script(schema);
  await bench.session.query([...tables, ...keys, ...end].join(';\n'));
}

/** The one statement that swaps a key without a copy; all other keys dropped before. The case ends with it. */
async function forceMysql(
  { session }: ServerBench,
  schema: Schema,
  found: ForeignKey,
  clause: DeleteClause,
): Promise<Forced> {
  const own = ownKey(schema, found);
  const table = tableSql(schema, own.child);
  const algorithm = schema.engine === 'mysql' ? 'INPLACE' : 'NOCOPY';
  const add = forcedClause(schema, own, clause);
  await session.query('SET foreign_key_checks = 0');
  try {
    const swap = `ALTER TABLE ${table} DROP FOREIGN KEY ${quoted(schema, own.name ?? '')}, ADD CONSTRAINT forced ${add}, ALGORITHM=${algorithm}, LOCK=NONE`;
    const refused = await session.query(swap).then(() => null, messageOf);
    if (refused !== null) return { refused, deleting: undefined, key: null };
    const others = schema.keys.filter((key) => key !== own);
    for (const key of others)
      await session.query(
        `ALTER TABLE ${tableSql(schema, key.child)} DROP FOREIGN KEY ${quoted(schema, key.name ?? '')}`,
      );
    await session.query('SET foreign_key_checks = 1');
    const pair = own.parent === null ? null : pairOf(found, own.child.rows, own.parent.rows);
    let deleting: string | null | undefined;
    if (pair !== null && own.parent !== null) {
      await session.query('BEGIN');
      deleting = await session.query(deleteText(schema, own.parent, pair.parent)).then(() => null, messageOf);
      await session.query('ROLLBACK');
    }
    await session.query(
      `SET foreign_key_checks = 0; ALTER TABLE ${table} DROP FOREIGN KEY forced; ${schema.keys
        .map(
          (key) =>
            `ALTER TABLE ${tableSql(schema, key.child)} ADD CONSTRAINT ${quoted(schema, key.name ?? '')} ${keyClause(schema, key)}`,
        )
        .join(';')}`,
    );
    return { refused: null, deleting, key: null };
  } finally {
    await session.query('SET foreign_key_checks = 1');
  }
}
