/**
 * The plain information_schema queries behind introspection. They are never joined in SQL: a join of REFERENTIAL_CONSTRAINTS and
 * KEY_COLUMN_USAGE took 20 to 200 times as long and lost rows on MySQL 9.7 (measured); the client merges them instead.
 */
import type { Server } from '../../src/model.ts';
import type { CatalogSession, Cells } from './connect.ts';
import { serverError } from './failures.ts';

/** Rows by place, because there are many; every row begins with the schema and the table. */
export interface KeyRows {
  readonly constraints: readonly Cells[];
  readonly keyColumns: readonly Cells[];
}

export interface TableRows {
  readonly columns: readonly Cells[];
  readonly indexParts: readonly Cells[];
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

function indexPartsSql(schemas: readonly string[]): string {
  return `SELECT TABLE_SCHEMA, TABLE_NAME, SEQ_IN_INDEX, INDEX_NAME, COLUMN_NAME, SUB_PART, NON_UNIQUE, INDEX_TYPE
    FROM information_schema.STATISTICS WHERE ${among('TABLE_SCHEMA', schemas)}`;
}

/**
 * Never TABLE_ROWS: filling its cache took 15 s for 5,000 tables on MySQL 9.7 (measured). MySQL has no partitioned table at either end of
 * a key, with checks off neither (error 1506, measured on 9.7), so CREATE_OPTIONS, half of the time, is read from MariaDB alone.
 */
function tablesSql(server: Server, schemas: readonly string[]): string {
  const options = server.flavor === 'mariadb' ? ', TABLE_TYPE, CREATE_OPTIONS' : '';
  return `SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE${options}
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

const readKeys: Part<KeyRows> = async (session, _server, schemas) => ({
  constraints: await session.rows(constraintsSql(schemas), schemas),
  keyColumns: await session.rows(keyColumnsSql(schemas), schemas),
});

const readColumns: Part<Omit<TableRows, 'indexParts' | 'checks'>> = async (session, server, schemas) => ({
  columns: await session.rows(columnsSql(schemas), schemas),
  tables: await session.rows(tablesSql(server, schemas), schemas),
  triggers: await session.rows(triggersSql(schemas), schemas),
  statistics: await readStatistics(session, schemas),
});

const readIndexes: Part<Pick<TableRows, 'indexParts' | 'checks'>> = async (session, server, schemas) => ({
  indexParts: await session.rows(indexPartsSql(schemas), schemas),
  checks: await readChecks(session, server, schemas),
});

/** Reads what the tables of these schemas are like. */
export const readTables: Part<TableRows> = async (session, server, schemas) => ({
  ...(await readColumns(session, server, schemas)),
  ...(await readIndexes(session, server, schemas)),
});

/**
 * Reads it all, on two further sessions at the same time where the server gives them: keys, columns and index parts each take about as
 * long as the others (measured with 5,000 tables and 10,000 keys: 200, 220 and 260 ms on MySQL 9.7, 900, 860 and 870 ms on MariaDB 10.11).
 */
export async function readCatalog(
  session: CatalogSession,
  server: Server,
  schemas: readonly string[],
): Promise<KeyRows & TableRows> {
  const onBranch = async <T>(read: Part<T>): Promise<T> => {
    const branch = await session.branch();
    if (branch === null) return read(session, server, schemas);
    return read(branch, server, schemas).finally(() => branch.close());
  };
  const parts = await Promise.all([
    readKeys(session, server, schemas),
    onBranch(readColumns),
    onBranch(readIndexes),
  ]);
  return { ...parts[0], ...parts[1], ...parts[2] };
}
