/**
 * The plain information_schema queries behind introspection. They are never joined in SQL: a join of REFERENTIAL_CONSTRAINTS and
 * KEY_COLUMN_USAGE took 20 to 200 times as long and lost rows on MySQL 9.7 (measured); the client merges them instead.
 */
import { tableId, type Index, type Server, type TableName } from '../../../src/core/model.ts';
import { columnsByTable, type TableColumns } from './columns.ts';
import type { CatalogSession, Cells } from '../connection/connect.ts';
import { serverError } from '../connection/errors.ts';
import { tablesToAsk } from './index-types.ts';
import { indexesByTable } from './indexes.ts';
import { mergeKeys, type Merged } from './keys.ts';

/** Rows by place, because there are many; every row begins with the schema and the table. */
export interface KeyRows {
  readonly constraints: readonly Cells[];
  readonly keyColumns: readonly Cells[];
}

/** What belongs to tables: by tableId, or as the rows that the server gave. */
export interface TableParts {
  readonly columns: ReadonlyMap<string, TableColumns>;
  readonly indexes: ReadonlyMap<string, readonly Index[]>;
  readonly tables: readonly Cells[];
  readonly triggers: readonly Cells[];
  readonly checks: readonly Cells[];
  /** null where the user may not read mysql.innodb_table_stats. */
  readonly statistics: readonly Cells[] | null;
}

/** `column = ?` lets MariaDB open one schema only; `IN` reads them all. */
function among(column: string, schemas: readonly string[]): string {
  return schemas.length === 1 ? `${column} = ?` : `${column} IN (${schemas.map(() => '?').join(', ')})`;
}

function oneOf(column: string, values: readonly string[]): string {
  return `${column} IN (${values.map(() => '?').join(', ')})`;
}

function constraintsSql(schemas: readonly string[]): string {
  return `SELECT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, UNIQUE_CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${among('CONSTRAINT_SCHEMA', schemas)}`;
}

/** A UNIQUE key may bear the name of a foreign key, so REFERENCED_TABLE_NAME tells them apart. */
function keyColumnsSql(schemas: readonly string[]): string {
  return `SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME,
      REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
    FROM information_schema.KEY_COLUMN_USAGE WHERE ${among('TABLE_SCHEMA', schemas)} AND REFERENCED_TABLE_NAME IS NOT NULL`;
}

function columnsSql(schemas: readonly string[]): string {
  return `SELECT TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION
    FROM information_schema.COLUMNS WHERE ${among('TABLE_SCHEMA', schemas)}`;
}

const indexPart = 'TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX, INDEX_NAME, COLUMN_NAME, SUB_PART, NON_UNIQUE';

function indexPartsSql(server: Server, schemas: readonly string[]): string {
  const type = server.flavor === 'mariadb' ? '' : ', INDEX_TYPE';
  return `SELECT ${indexPart}${type} FROM information_schema.STATISTICS WHERE ${among('TABLE_SCHEMA', schemas)}`;
}

/**
 * Never TABLE_ROWS: filling its cache took 15 s for 5,000 tables on MySQL 9.7 (measured). CREATE_OPTIONS, which MariaDB opens every table
 * for, is left to `readOptions`.
 */
function tablesSql(server: Server, schemas: readonly string[]): string {
  const kind = server.flavor === 'mariadb' ? ', TABLE_TYPE' : '';
  return `SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE${kind}
    FROM information_schema.TABLES WHERE ${among('TABLE_SCHEMA', schemas)}`;
}

function triggersSql(schemas: readonly string[]): string {
  return `SELECT EVENT_OBJECT_SCHEMA, EVENT_OBJECT_TABLE, TRIGGER_NAME
    FROM information_schema.TRIGGERS WHERE ${among('EVENT_OBJECT_SCHEMA', schemas)} AND EVENT_MANIPULATION IN ('DELETE', 'UPDATE')`;
}

function statisticsSql(schemas: readonly string[]): string {
  return `SELECT database_name, table_name, n_rows, (clustered_index_size + sum_of_other_index_sizes) * @@innodb_page_size
    FROM mysql.innodb_table_stats WHERE ${among('database_name', schemas)}`;
}

/** MySQL's CHECK_CONSTRAINTS does not name the table, MariaDB's does; its names are unique in the schema there, not here. */
async function readChecks(
  session: CatalogSession,
  server: Server,
  schemas: readonly string[],
): Promise<readonly Cells[]> {
  const owner = server.flavor === 'mariadb' ? 'TABLE_NAME' : 'CONSTRAINT_NAME';
  const checks = await session.rows(
    `SELECT CONSTRAINT_SCHEMA, ${owner}, CHECK_CLAUSE
      FROM information_schema.CHECK_CONSTRAINTS WHERE ${among('CONSTRAINT_SCHEMA', schemas)}`,
    schemas,
  );
  if (checks.length === 0 || server.flavor === 'mariadb') return checks;
  const owners = await session.rows(
    `SELECT CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_NAME
      FROM information_schema.TABLE_CONSTRAINTS WHERE ${among('CONSTRAINT_SCHEMA', schemas)} AND CONSTRAINT_TYPE = 'CHECK'`,
    schemas,
  );
  const tables = new Map(
    owners.map(([schema, name, table]) => [`${String(schema)}\0${String(name)}`, table]),
  );
  return checks.map(([schema, name, clause]) => [
    schema,
    tables.get(`${String(schema)}\0${String(name)}`) ?? '',
    clause,
  ]);
}

async function readStatistics(
  session: CatalogSession,
  schemas: readonly string[],
): Promise<readonly Cells[] | null> {
  try {
    return await session.rows(statisticsSql(schemas), schemas);
  } catch (error) {
    // 1142, 1044: no right to read the mysql schema; 1146: a service without this table.
    if ([1142, 1044, 1146, 1143].includes(serverError(error))) return null;
    throw error;
  }
}

type Part<T> = (session: CatalogSession, server: Server, schemas: readonly string[]) => Promise<T>;

const readConstraints: Part<readonly Cells[]> = (session, _server, schemas) =>
  session.rows(constraintsSql(schemas), schemas);

const readKeyColumns: Part<readonly Cells[]> = (session, _server, schemas) =>
  session.rows(keyColumnsSql(schemas), schemas);

const readColumns: Part<Pick<TableParts, 'columns'>> = async (session, server, schemas) => ({
  columns: columnsByTable(await session.rows(columnsSql(schemas), schemas), server.flavor === 'mariadb'),
});

const readTableList: Part<Pick<TableParts, 'tables'>> = async (session, server, schemas) => ({
  tables: await session.rows(tablesSql(server, schemas), schemas),
});

const readIndexes: Part<Pick<TableParts, 'indexes'>> = async (session, server, schemas) => ({
  indexes: indexesByTable(await session.rows(indexPartsSql(server, schemas), schemas)),
});

const readExtras: Part<Pick<TableParts, 'triggers' | 'checks' | 'statistics'>> = async (
  session,
  server,
  schemas,
) => ({
  checks: await readChecks(session, server, schemas),
  triggers: await session.rows(triggersSql(schemas), schemas),
  statistics: await readStatistics(session, schemas),
});

/** MariaDB leaves out the types of indexes until it is asked for those that need not be B-trees. */
async function withIndexTypes<Parts extends Pick<TableParts, 'columns' | 'tables' | 'indexes'>>(
  parts: Parts,
  session: CatalogSession,
  server: Server,
  schemas: readonly string[],
): Promise<Parts> {
  const asked = server.flavor === 'mariadb' ? tablesToAsk(parts) : [];
  if (asked.length === 0) return parts;
  const names = [...new Set(asked.map(({ name }) => name))];
  const typed = indexesByTable(
    await session.rows(
      `SELECT ${indexPart}, INDEX_TYPE FROM information_schema.STATISTICS
        WHERE ${among('TABLE_SCHEMA', schemas)} AND ${oneOf('TABLE_NAME', names)}`,
      [...schemas, ...names],
    ),
  );
  // The view compares names without case, so a question for `B` is answered with `b` as well.
  const indexes = new Map(parts.indexes);
  for (const id of asked.map(tableId)) indexes.set(id, typed.get(id) ?? []);
  return { ...parts, indexes };
}

const readColumnsAndIndexes: Part<Pick<TableParts, 'columns' | 'indexes'>> = async (
  session,
  server,
  schemas,
) => ({
  ...(await readColumns(session, server, schemas)),
  ...(await readIndexes(session, server, schemas)),
});

/** Reads what the tables of these schemas are like. */
export const readTables: Part<TableParts> = async (session, server, schemas) => {
  const parts = {
    ...(await readColumnsAndIndexes(session, server, schemas)),
    ...(await readTableList(session, server, schemas)),
    ...(await readExtras(session, server, schemas)),
  };
  return withIndexTypes(parts, session, server, schemas);
};

/**
 * CREATE_OPTIONS of these tables, each row as schema, table, options. MariaDB filters by name before it opens a table: three of 5,000 took
 * 3 ms of its time, all of them 240 (measured on 10.11).
 */
export async function readOptions(
  session: CatalogSession,
  tables: readonly TableName[],
): Promise<readonly Cells[]> {
  if (tables.length === 0) return [];
  const schemas = [...new Set(tables.map((table) => table.schema))];
  const names = [...new Set(tables.map((table) => table.name))];
  return session.rows(
    `SELECT TABLE_SCHEMA, TABLE_NAME, CREATE_OPTIONS FROM information_schema.TABLES
      WHERE ${among('TABLE_SCHEMA', schemas)} AND ${oneOf('TABLE_NAME', names)}`,
    [...schemas, ...names],
  );
}

/**
 * Reads the keys and nothing else. MariaDB opens every table for each view of constraints and keeps few of them open: read side by side, one
 * view finds open what another opened (two of them took 470 ms of its processor one after the other, three side by side 460 ms, 10.11).
 */
export const readKeys: Part<Merged> = async (session, server, schemas) => {
  const [constraints, keyColumns] = await Promise.all([
    readConstraints(session, server, schemas),
    server.flavor === 'mariadb'
      ? session.aside((further) => readKeyColumns(further, server, schemas))
      : readKeyColumns(session, server, schemas),
  ]);
  return mergeKeys({ constraints, keyColumns });
};

/**
 * Reads it all, on further sessions at the same time where the server gives them; each part is put in order while the server still works on
 * others. For 5,000 tables and 10,000 keys MySQL 9.7 takes 100, 170 and 150 ms of its processor for keys, columns and index parts, MariaDB 10.11
 * 240, 230, 120, 90 and 200 for rules, columns of keys, columns, index parts and checks; the rest is short.
 */
export async function readCatalog(
  session: CatalogSession,
  server: Server,
  schemas: readonly string[],
): Promise<Merged & TableParts> {
  const here = <T>(read: Part<T>): Promise<T> => read(session, server, schemas);
  const aside = <T>(read: Part<T>): Promise<T> => session.aside((further) => read(further, server, schemas));
  if (server.flavor === 'mariadb') {
    const parts = await Promise.all([
      aside(readColumnsAndIndexes),
      aside(readExtras),
      here(readKeys),
      here(readTableList),
    ]);
    const all = { ...parts[0], ...parts[1], ...parts[2], ...parts[3] };
    return withIndexTypes(all, session, server, schemas);
  }
  const parts = await Promise.all([
    aside(readColumns),
    aside(readIndexes),
    here(readKeys),
    here(readTableList),
    here(readExtras),
  ]);
  return { ...parts[0], ...parts[1], ...parts[2], ...parts[3], ...parts[4] };
}
