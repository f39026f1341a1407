/** Foreign keys, and the tables they join, read from information_schema in a constant number of queries. */
import type { ServerSession, Session } from '../../sql/session.ts';
import type { Scope } from '../../../src/core/contracts/connection.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import { compareKeys, compareTables, tableId } from '../../../src/core/names.ts';
import type {
  ForeignKey,
  Introspection,
  Server,
  TableName,
  TableStatistics,
} from '../../../src/core/model.ts';
import { hiddenKeys, readRights, seesAllKeys } from '../connection/grants.ts';
import { tablesIgnoreCase } from '../connection/identify.ts';
import { mergeKeys } from './keys.ts';
import { withWholeNames } from './long-names.ts';
import { readKeyRows, readPartitioned, readTableRows, tableOf, textOf } from './queries.ts';
import { tablesFrom } from './tables.ts';

const systemSchemas = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);

/**
 * Reads every key whose child is in scope, and the tables at both ends.
 * @throws INSUFFICIENT_PRIVILEGE where the user may not see all of them, DATABASE_MISSING without a schema to read, DATABASE_NOT_FOUND
 */
export async function introspect(
  session: ServerSession,
  server: Server,
  scope: Scope,
): Promise<Introspection> {
  const schemas = await schemasOf(session, server, scope);
  // The tables on the session for many questions, which takes a quarter less time than one after the other (measured with 2,000 keys on MySQL 9.7 and MariaDB 10.11).
  const [keys, own] =
    schemas.length === 0
      ? [[], null]
      : await Promise.all([readKeys(session, server, schemas), readTableRows(session, server, schemas)]);
  const outside = new Set(keys.map((key) => key.parent.schema).filter((schema) => !schemas.includes(schema)));
  const rows = own === null ? [] : [own];
  // On their own, because MariaDB opens the tables of every schema for a question about several.
  if (outside.size > 0) rows.push(await readTableRows(session, server, [...outside]));
  const rootless = keys.filter((key) => key.referencedIndex === null).map((key) => key.parent);
  const partitioned = await readPartitioned(session, server.flavor === 'mariadb' ? rootless : []);
  const idOf = (table: TableName): string =>
    tablesIgnoreCase(server) ? tableId(table).toLowerCase() : tableId(table);
  const ends = new Set(keys.flatMap((key) => [idOf(key.child), idOf(key.parent)]));
  const tables = rows
    .flatMap((some) => tablesFrom(some, server, partitioned, (table) => ends.has(idOf(table))))
    .sort(compareTables);
  const figures = new Map(rows.flatMap((some) => some.statistics.map((row) => [idOf(tableOf(row)), row])));
  return {
    snapshot: { version: 2, server, tables, foreignKeys: [...keys].sort(compareKeys) },
    statistics: tables.map(({ schema, name }): TableStatistics => {
      const row = figures.get(idOf({ schema, name }));
      return {
        schema,
        name,
        estimatedRows: row === undefined ? null : Number(row['n_rows']),
        bytes: row === undefined ? null : Number(row['bytes']),
      };
    }),
  };
}

/**
 * Reads every key of these schemas. Keys and their columns are two queries, so where they disagree, because a key was made or dropped in between
 * or because the user may not see all, they are asked once more.
 * @throws INSUFFICIENT_PRIVILEGE where some are hidden from the user
 */
async function readKeys(
  session: Session,
  server: Server,
  schemas: readonly string[],
): Promise<readonly ForeignKey[]> {
  const read = async () => {
    const rows = await readKeyRows(session, schemas);
    return mergeKeys(server.flavor === 'mariadb' ? await withWholeNames(session, rows) : rows);
  };
  let merged = await read();
  if (merged.incomplete !== null) merged = await read();
  if (merged.incomplete !== null) throw hiddenKeys(server, merged.incomplete);
  await refuseHidden(session, server, schemas, merged.keys);
  return merged.keys;
}

async function schemasOf(session: Session, server: Server, scope: Scope): Promise<readonly string[]> {
  const { schemas } = scope;
  if (schemas === null) {
    const { database = '' } = server.settings;
    if (database !== '') return [database];
    throw new OndeleteError(
      'DATABASE_MISSING',
      'the database URL names no database',
      'Put its name behind the host (mysql://user@host/shop), or list `schemas` in the config.',
    );
  }
  const rows = await session.query(
    'SELECT SCHEMA_NAME AS s FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME',
  );
  return rows
    .map((row) => textOf(row, 's'))
    .filter((name) => !systemSchemas.has(name.toLowerCase()) && schemas(name));
}

/** Without a right on the whole schema, a user with PROCESS can still compare with InnoDB's own list. */
async function refuseHidden(
  session: Session,
  server: Server,
  schemas: readonly string[],
  keys: readonly ForeignKey[],
): Promise<void> {
  const rights = await readRights(session);
  const doubtful = schemas.filter((schema) => !seesAllKeys(rights, server, schema));
  const [first] = doubtful;
  if (first === undefined) return;
  if (!rights.process) throw hiddenKeys(server, first);
  const view = server.flavor === 'mariadb' ? 'INNODB_SYS_FOREIGN' : 'INNODB_FOREIGN';
  const rows = await session.query(`SELECT ID AS id, N_COLS AS n FROM information_schema.${view}`);
  for (const schema of doubtful) {
    const theirs = rows
      .filter((row) => textOf(row, 'id').startsWith(`${schema}/`))
      .map((row) => Number(row['n']));
    const ours = keys.filter((key) => key.child.schema === schema).map((key) => key.columns.length);
    if (theirs.length !== ours.length || sum(theirs) !== sum(ours)) throw hiddenKeys(server, schema);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
