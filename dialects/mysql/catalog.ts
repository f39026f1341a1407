/**
 * The plain information_schema queries behind introspection. They are never joined in SQL: a join of REFERENTIAL_CONSTRAINTS and
 * KEY_COLUMN_USAGE took 20 to 200 times as long and lost rows on MySQL 9.7 (measured); the client merges them instead.
 */
import type { Session } from '../../src/dialect.ts';
import type { Server } from '../../src/model.ts';
import { canBranch, type Row } from './connect.ts';
import { serverError } from './failures.ts';

export interface Catalog {
  readonly constraints: readonly Row[];
  readonly keyColumns: readonly Row[];
  readonly columns: readonly Row[];
  readonly indexParts: readonly Row[];
  readonly tables: readonly Row[];
  readonly triggers: readonly Row[];
  readonly checks: readonly Row[];
  /** null where the user may not read mysql.innodb_table_stats. */
  readonly statistics: readonly Row[] | null;
}

/** `column = ?` lets MariaDB open one schema only; `IN` reads them all. */
function among(column: string, schemas: readonly string[]): string {
  return schemas.length === 1 ? `${column} = ?` : `${column} IN (${schemas.map(() => '?').join(', ')})`;
}

function constraintsSql(schemas: readonly string[]): string {
  return `SELECT CONSTRAINT_SCHEMA AS s, TABLE_NAME AS t, CONSTRAINT_NAME AS n, UNIQUE_CONSTRAINT_NAME AS u, UPDATE_RULE AS upd, DELETE_RULE AS del
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${among('CONSTRAINT_SCHEMA', schemas)}`;
}

/** A UNIQUE key may bear the name of a foreign key, so REFERENCED_TABLE_NAME tells them apart. */
function keyColumnsSql(schemas: readonly string[]): string {
  return `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, CONSTRAINT_NAME AS n, ORDINAL_POSITION AS o, COLUMN_NAME AS c,
      REFERENCED_TABLE_SCHEMA AS rs, REFERENCED_TABLE_NAME AS rt, REFERENCED_COLUMN_NAME AS rc
    FROM information_schema.KEY_COLUMN_USAGE WHERE ${among('TABLE_SCHEMA', schemas)} AND REFERENCED_TABLE_NAME IS NOT NULL`;
}

function columnsSql(schemas: readonly string[]): string {
  return `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, COLUMN_NAME AS c, ORDINAL_POSITION AS o, COLUMN_TYPE AS ty, IS_NULLABLE AS nu,
      COLUMN_DEFAULT AS de, EXTRA AS ex, GENERATION_EXPRESSION AS ge
    FROM information_schema.COLUMNS WHERE ${among('TABLE_SCHEMA', schemas)}`;
}

function indexPartsSql(schemas: readonly string[]): string {
  return `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, INDEX_NAME AS i, SEQ_IN_INDEX AS o, COLUMN_NAME AS c, SUB_PART AS p, NON_UNIQUE AS nu, INDEX_TYPE AS m
    FROM information_schema.STATISTICS WHERE ${among('TABLE_SCHEMA', schemas)}`;
}

/** Never TABLE_ROWS: filling its cache took 15 s for 5,000 tables on MySQL 9.7 (measured). */
function tablesSql(schemas: readonly string[]): string {
  return `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, ENGINE AS e, CREATE_OPTIONS AS o, TABLE_TYPE AS ty
    FROM information_schema.TABLES WHERE ${among('TABLE_SCHEMA', schemas)}`;
}

function triggersSql(schemas: readonly string[]): string {
  return `SELECT EVENT_OBJECT_SCHEMA AS s, EVENT_OBJECT_TABLE AS t, TRIGGER_NAME AS n
    FROM information_schema.TRIGGERS WHERE ${among('EVENT_OBJECT_SCHEMA', schemas)} AND EVENT_MANIPULATION IN ('DELETE', 'UPDATE')`;
}

function statisticsSql(schemas: readonly string[]): string {
  return `SELECT database_name AS s, table_name AS t, n_rows AS r, (clustered_index_size + sum_of_other_index_sizes) * @@innodb_page_size AS b
    FROM mysql.innodb_table_stats WHERE ${among('database_name', schemas)}`;
}

/** MySQL's CHECK_CONSTRAINTS does not name the table, MariaDB's does; its names are unique in the schema there, not here. */
async function readChecks(
  session: Session,
  server: Server,
  schemas: readonly string[],
): Promise<readonly Row[]> {
  const named = server.flavor === 'mariadb' ? ', TABLE_NAME AS t' : '';
  const checks = await session.query(
    `SELECT CONSTRAINT_SCHEMA AS s, CONSTRAINT_NAME AS n, CHECK_CLAUSE AS c${named}
      FROM information_schema.CHECK_CONSTRAINTS WHERE ${among('CONSTRAINT_SCHEMA', schemas)}`,
    schemas,
  );
  if (checks.length === 0 || server.flavor === 'mariadb') return checks;
  const owners = await session.query(
    `SELECT CONSTRAINT_SCHEMA AS s, CONSTRAINT_NAME AS n, TABLE_NAME AS t
      FROM information_schema.TABLE_CONSTRAINTS WHERE ${among('CONSTRAINT_SCHEMA', schemas)} AND CONSTRAINT_TYPE = 'CHECK'`,
    schemas,
  );
  const tables = new Map(owners.map((row) => [`${String(row['s'])}\0${String(row['n'])}`, row['t']]));
  return checks.map((row) => ({ ...row, t: tables.get(`${String(row['s'])}\0${String(row['n'])}`) ?? '' }));
}

async function readStatistics(session: Session, schemas: readonly string[]): Promise<readonly Row[] | null> {
  try {
    return await session.query(statisticsSql(schemas), schemas);
  } catch (error) {
    // 1142, 1044: no right to read the mysql schema; 1146: a service without this table.
    if ([1142, 1044, 1146, 1143].includes(serverError(error))) return null;
    throw error;
  }
}

/** Reads the rules and columns of all keys whose child is in these schemas. */
export async function readKeys(
  session: Session,
  schemas: readonly string[],
): Promise<Pick<Catalog, 'constraints' | 'keyColumns'>> {
  const constraints = await session.query(constraintsSql(schemas), schemas);
  const keyColumns = await session.query(keyColumnsSql(schemas), schemas);
  return { constraints, keyColumns };
}

/** Reads what the tables of these schemas are like. */
export async function readTables(
  session: Session,
  server: Server,
  schemas: readonly string[],
): Promise<Omit<Catalog, 'constraints' | 'keyColumns'>> {
  const columns = await session.query(columnsSql(schemas), schemas);
  const rest = await readBesideColumns(session, server, schemas);
  return { columns, ...rest };
}

type BesideColumns = Omit<Catalog, 'constraints' | 'keyColumns' | 'columns'>;
type Small = Omit<BesideColumns, 'indexParts'>;

async function readSmall(session: Session, server: Server, schemas: readonly string[]): Promise<Small> {
  const tables = await session.query(tablesSql(schemas), schemas);
  const triggers = await session.query(triggersSql(schemas), schemas);
  const checks = await readChecks(session, server, schemas);
  const statistics = await readStatistics(session, schemas);
  return { tables, triggers, checks, statistics };
}

async function readBesideColumns(
  session: Session,
  server: Server,
  schemas: readonly string[],
): Promise<BesideColumns> {
  const indexParts = await session.query(indexPartsSql(schemas), schemas);
  return { indexParts, ...(await readSmall(session, server, schemas)) };
}

/**
 * Reads it all, on two further sessions at the same time where the session can open them: the columns and the index parts each take
 * as long as the keys themselves (measured: 5,000 tables on MySQL 9.7 240 ms for the keys, 260 ms and 250 ms for those).
 */
export async function readCatalog(
  session: Session,
  server: Server,
  schemas: readonly string[],
): Promise<Catalog> {
  const branches = canBranch(session) ? [session.branch(), session.branch()] : [];
  const [second, third] = branches;
  try {
    const [keysAndSmall, columns, indexParts] = await Promise.all([
      readKeys(session, schemas).then(async (keys) => ({
        ...keys,
        ...(await readSmall(session, server, schemas)),
      })),
      withBranch(second, session, (own) => own.query(columnsSql(schemas), schemas)),
      withBranch(third, session, (own) => own.query(indexPartsSql(schemas), schemas)),
    ]);
    return { ...keysAndSmall, columns, indexParts };
  } finally {
    await Promise.all(branches.map(async (branch) => (await branch)?.close()));
  }
}

async function withBranch<T>(
  branch: Promise<Session | null> | undefined,
  session: Session,
  work: (own: Session) => Promise<T>,
): Promise<T> {
  return work((await branch) ?? session);
}
