/**
 * The plain information_schema queries behind introspection. They are never joined in SQL: a join of REFERENTIAL_CONSTRAINTS and
 * KEY_COLUMN_USAGE took 20 to 200 times as long and lost rows on MySQL 9.7 (measured); the client merges them instead.
 */
import type { Server, TableName } from '../../src/model.ts';
import type { CatalogSession, Cells } from './connect.ts';
import { serverError } from './failures.ts';
import { tablesToAsk } from './index-types.ts';
import { cellText } from './keys.ts';

/** Rows by place, because there are many; every row begins with the schema and the table. */
export interface KeyRows {
  readonly constraints: readonly Cells[];
  readonly keyColumns: readonly Cells[];
}

export interface TableRows {
  readonly columns: readonly Cells[];
  /** Without a type where the index can only be a B-tree. */
  readonly indexParts: readonly Cells[];
  readonly tables: readonly Cells[];
  readonly triggers: readonly Cells[];
  readonly checks: readonly Cells[];
  /** null where the user may not read mysql.innodb_table_stats. */
  readonly statistics: readonly Cells[] | null;
}

type IndexRows = Pick<TableRows, 'columns' | 'tables' | 'indexParts'>;

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

const readConstraints: Part<Pick<KeyRows, 'constraints'>> = async (session, _server, schemas) => ({
  constraints: await session.rows(constraintsSql(schemas), schemas),
});

const readKeyColumns: Part<Pick<KeyRows, 'keyColumns'>> = async (session, _server, schemas) => ({
  keyColumns: await session.rows(keyColumnsSql(schemas), schemas),
});

const readColumns: Part<Pick<TableRows, 'columns'>> = async (session, _server, schemas) => ({
  columns: await session.rows(columnsSql(schemas), schemas),
});

const readTableList: Part<Pick<TableRows, 'tables'>> = async (session, server, schemas) => ({
  tables: await session.rows(tablesSql(server, schemas), schemas),
});

const readIndexes: Part<Pick<TableRows, 'indexParts'>> = async (session, server, schemas) => ({
  indexParts: await session.rows(indexPartsSql(server, schemas), schemas),
});

const readExtras: Part<Pick<TableRows, 'triggers' | 'checks' | 'statistics'>> = async (
  session,
  server,
  schemas,
) => ({
  checks: await readChecks(session, server, schemas),
  triggers: await session.rows(triggersSql(schemas), schemas),
  statistics: await readStatistics(session, schemas),
});

/** On MariaDB what it tells of tables without opening them, and the types of those indexes that need not be B-trees. */
const readShape: Part<IndexRows> = async (session, server, schemas) => {
  const rows = {
    ...(await readColumns(session, server, schemas)),
    ...(await readTableList(session, server, schemas)),
    ...(await readIndexes(session, server, schemas)),
  };
  const names = server.flavor === 'mariadb' ? tablesToAsk(rows) : new Set<string>();
  if (names.size === 0) return rows;
  const typed = await session.rows(
    `SELECT ${indexPart}, INDEX_TYPE FROM information_schema.STATISTICS
      WHERE ${among('TABLE_SCHEMA', schemas)} AND ${oneOf('TABLE_NAME', [...names])}`,
    [...schemas, ...names],
  );
  // The view compares names without case, so a question for `B` is answered with `b` as well.
  const asked = (row: Cells): boolean => names.has(cellText(row[1]));
  return {
    ...rows,
    indexParts: [...rows.indexParts.filter((row) => !asked(row)), ...typed.filter(asked)],
  };
};

/** Reads what the tables of these schemas are like. */
export const readTables: Part<TableRows> = async (session, server, schemas) => ({
  ...(await readShape(session, server, schemas)),
  ...(await readExtras(session, server, schemas)),
});

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

/** Reads a part on a session of its own, or on this one where the server gives none. */
async function aside<T>(
  read: Part<T>,
  session: CatalogSession,
  server: Server,
  schemas: readonly string[],
): Promise<T> {
  const branch = await session.branch();
  if (branch === null) return read(session, server, schemas);
  return read(branch, server, schemas).finally(() => branch.close());
}

/**
 * Reads the keys and nothing else. MariaDB opens every table for each view of constraints and keeps few of them open: read side by side, one
 * view finds open what another opened (two of them took 470 ms of its processor one after the other, three side by side 460 ms, 10.11).
 */
export const readKeys: Part<KeyRows> = async (session, server, schemas) => {
  const columns =
    server.flavor === 'mariadb'
      ? aside(readKeyColumns, session, server, schemas)
      : readKeyColumns(session, server, schemas);
  const parts = await Promise.all([readConstraints(session, server, schemas), columns]);
  return { ...parts[0], ...parts[1] };
};

/**
 * Reads it all, on further sessions at the same time where the server gives them. On MySQL keys, columns and index parts each take about as
 * long as the others (100, 170 and 150 ms of its processor for 5,000 tables and 10,000 keys, 9.7).
 */
export async function readCatalog(
  session: CatalogSession,
  server: Server,
  schemas: readonly string[],
): Promise<KeyRows & TableRows> {
  const here = <T>(read: Part<T>): Promise<T> => read(session, server, schemas);
  const onBranch = <T>(read: Part<T>): Promise<T> => aside(read, session, server, schemas);
  if (server.flavor === 'mariadb') {
    const parts = await Promise.all([here(readKeys), onBranch(readExtras), onBranch(readShape)]);
    return { ...parts[0], ...parts[1], ...parts[2] };
  }
  const parts = await Promise.all([
    here(readKeys),
    here(readTableList),
    here(readExtras),
    onBranch(readColumns),
    onBranch(readIndexes),
  ]);
  return { ...parts[0], ...parts[1], ...parts[2], ...parts[3], ...parts[4] };
}
