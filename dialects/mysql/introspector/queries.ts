/**
 * The information_schema queries behind introspection. Every row names its table as TABLE_SCHEMA and TABLE_NAME.
 * They are never joined in SQL: a join of REFERENTIAL_CONSTRAINTS and KEY_COLUMN_USAGE took 20 to 200 times as long and lost rows on
 * MySQL 9.7 (measured). Their rows are merged here instead.
 */
import { type Answer, rowsOf, type ServerSession, type Session } from '../../sql/session.ts';
import type { Server, TableName } from '../../../src/core/model.ts';
import type { Row } from '../connection/connect.ts';
import { serverError } from '../connection/errors.ts';

/** The text of a column that is never NULL. MySQL types some columns of information_schema as blobs. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : '';
}

export function tableOf(row: Row): TableName {
  return { schema: textOf(row, 'TABLE_SCHEMA'), name: textOf(row, 'TABLE_NAME') };
}

/** The tableId of a row's table. */
export function tableIdOf(row: Row): string {
  return `${textOf(row, 'TABLE_SCHEMA')}\0${textOf(row, 'TABLE_NAME')}`;
}

/** `column = ?` lets MariaDB open one schema only; `IN` reads them all. */
function among(column: string, schemas: readonly string[]): string {
  return schemas.length === 1 ? `${column} = ?` : `${column} IN (${schemas.map(() => '?').join(', ')})`;
}

export interface KeyRows {
  readonly constraints: readonly Row[];
  readonly keyColumns: readonly Row[];
}

/** A UNIQUE key may bear the name of a foreign key, so REFERENCED_TABLE_NAME tells them apart. */
export async function readKeyRows(session: Session, schemas: readonly string[]): Promise<KeyRows> {
  const constraints = await session.query(
    `SELECT CONSTRAINT_SCHEMA AS TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, UNIQUE_CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE
       FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE ${among('CONSTRAINT_SCHEMA', schemas)}`,
    schemas,
  );
  const keyColumns = await session.query(
    `SELECT TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME,
            REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
       FROM information_schema.KEY_COLUMN_USAGE
      WHERE ${among('TABLE_SCHEMA', schemas)} AND REFERENCED_TABLE_NAME IS NOT NULL`,
    schemas,
  );
  return { constraints, keyColumns };
}

export interface TableRows {
  readonly tables: readonly Row[];
  readonly columns: readonly Row[];
  /** Those without an INDEX_TYPE belong to B-trees. */
  readonly indexParts: readonly Row[];
  readonly triggers: readonly Row[];
  readonly checks: readonly Row[];
  /** Empty where the user may not read mysql.innodb_table_stats. */
  readonly statistics: readonly Row[];
}

/**
 * Two columns of these views are left out: TABLE_ROWS, because filling its cache took 15 s for 5,000 tables on MySQL 9.7 (measured), and
 * CREATE_OPTIONS, which `readPartitioned` asks for where it matters.
 */
export async function readTableRows(
  session: ServerSession,
  server: Server,
  schemas: readonly string[],
): Promise<TableRows> {
  const where = among('TABLE_SCHEMA', schemas);
  const isMariadb = server.flavor === 'mariadb';
  const questions = [
    `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE ${where}`,
    `SELECT TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, COLLATION_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA, GENERATION_EXPRESSION
       FROM information_schema.COLUMNS WHERE ${where}`,
    `SELECT ${indexColumns}${isMariadb ? '' : ', INDEX_TYPE'} FROM information_schema.STATISTICS WHERE ${where}`,
    `SELECT EVENT_OBJECT_SCHEMA AS TABLE_SCHEMA, EVENT_OBJECT_TABLE AS TABLE_NAME, TRIGGER_NAME
       FROM information_schema.TRIGGERS
      WHERE ${among('EVENT_OBJECT_SCHEMA', schemas)} AND EVENT_MANIPULATION IN ('DELETE', 'UPDATE')`,
    `SELECT database_name AS TABLE_SCHEMA, table_name AS TABLE_NAME, n_rows,
            (clustered_index_size + sum_of_other_index_sizes) * @@innodb_page_size AS bytes
       FROM mysql.innodb_table_stats WHERE ${among('database_name', schemas)}`,
  ].map((sql) => ({ sql, parameters: schemas }));
  const answers = await session.queryAll(
    [...questions, ...checkQueries(isMariadb, schemas)],
    asLongAsItTakes,
  );
  const [tables = [], columns = [], indexParts = [], triggers = [], statistics = [], ...checks] = answers.map(
    (answer, at) => (at === 4 ? statisticsOf(answer) : rowsOf(answer)),
  );
  const rows = { tables, columns, indexParts, triggers, checks: checksOf(checks), statistics };
  return isMariadb ? withIndexTypes(session, rows) : rows;
}

/** Ten hours: how long the catalog of a large server takes to read is not ours to say. */
const asLongAsItTakes = 36_000_000;

const indexColumns = 'TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, SUB_PART, NON_UNIQUE';

/** Types that no FULLTEXT, SPATIAL or VECTOR index takes. */
const plainType =
  /^(?:(?:tiny|small|medium|big)?int|decimal|float|double|bit|date|time|datetime|timestamp|year|enum|set)\b/;

/**
 * MariaDB opens a table to say INDEX_TYPE, 310 against 90 ms of its processor for 5,000 tables (measured on 10.11), so it is asked about those
 * tables only that may have an index other than a B-tree: of another engine than InnoDB, with a UNIQUE (may be USING HASH), or with an index
 * over a string, a geometry or a vector. A primary key of InnoDB is always a B-tree.
 */
async function withIndexTypes(session: Session, rows: TableRows): Promise<TableRows> {
  const typeOf = new Map(rows.columns.map((row) => [columnId(row), textOf(row, 'COLUMN_TYPE')]));
  const doubtful = [
    ...rows.tables.filter((row) => row['ENGINE'] !== null && row['ENGINE'] !== 'InnoDB'),
    ...rows.indexParts.filter(
      (row) =>
        row['INDEX_NAME'] !== 'PRIMARY' &&
        (Number(row['NON_UNIQUE']) === 0 || !plainType.test(typeOf.get(columnId(row)) ?? '')),
    ),
  ];
  const typed = await readOf(session, `${indexColumns}, INDEX_TYPE`, 'STATISTICS', doubtful.map(tableOf));
  const asked = new Set(doubtful.map(tableIdOf));
  return {
    ...rows,
    indexParts: [
      ...rows.indexParts.filter((row) => !asked.has(tableIdOf(row))),
      ...typed.filter((row) => asked.has(tableIdOf(row))),
    ],
  };
}

function columnId(row: Row): string {
  return `${tableIdOf(row)}\0${textOf(row, 'COLUMN_NAME')}`;
}

/**
 * Which of these tables are partitioned. Neither server lets a partitioned table have a key or be made the parent of one (error 1506; on MySQL
 * with checks off neither). On MariaDB one can take the place of a missing parent while checks are off; the key then rests on no index.
 */
export async function readPartitioned(
  session: Session,
  tables: readonly TableName[],
): Promise<ReadonlySet<string>> {
  const rows = await readOf(session, 'TABLE_SCHEMA, TABLE_NAME, CREATE_OPTIONS', 'TABLES', tables);
  return new Set(rows.filter((row) => /\bpartitioned\b/.test(textOf(row, 'CREATE_OPTIONS'))).map(tableIdOf));
}

/**
 * What a view says of these tables, and of others whose names differ in case or schema alone. MariaDB filters by name before it opens a table:
 * CREATE_OPTIONS of three of 5,000 took 3 ms of its time, of all of them 240 (measured on 10.11).
 */
async function readOf(
  session: Session,
  columns: string,
  view: 'STATISTICS' | 'TABLES',
  tables: readonly TableName[],
): Promise<readonly Row[]> {
  if (tables.length === 0) return [];
  const schemas = [...new Set(tables.map(({ schema }) => schema))];
  const names = [...new Set(tables.map(({ name }) => name))];
  return session.query(
    `SELECT ${columns} FROM information_schema.${view}
      WHERE ${among('TABLE_SCHEMA', schemas)} AND TABLE_NAME IN (${names.map(() => '?').join(', ')})`,
    [...schemas, ...names],
  );
}

/**
 * MySQL's CHECK_CONSTRAINTS does not name the table, but its names are unique in the schema; MariaDB's are not, and it names the table.
 * TABLE_CONSTRAINTS of 5,000 tables takes 40 ms, all keys 130 (measured on 9.7), so it is not looked at where there is no CHECK.
 */
function checkQueries(
  isMariadb: boolean,
  schemas: readonly string[],
): readonly { readonly sql: string; readonly parameters: readonly string[] }[] {
  const where = among('CONSTRAINT_SCHEMA', schemas);
  const checks = (columns: string): string =>
    `SELECT ${columns} FROM information_schema.CHECK_CONSTRAINTS WHERE ${where}`;
  if (isMariadb)
    return [
      { sql: checks('CONSTRAINT_SCHEMA AS TABLE_SCHEMA, TABLE_NAME, CHECK_CLAUSE'), parameters: schemas },
    ];
  const owners = `SELECT CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_SCHEMA, TABLE_NAME
       FROM information_schema.TABLE_CONSTRAINTS
      WHERE ${where} AND CONSTRAINT_TYPE = 'CHECK' AND EXISTS (${checks('1')})`;
  return [
    { sql: checks('CONSTRAINT_SCHEMA, CONSTRAINT_NAME, CHECK_CLAUSE'), parameters: schemas },
    { sql: owners, parameters: [...schemas, ...schemas] },
  ];
}

function checksOf([checks = [], owners]: readonly (readonly Row[])[]): readonly Row[] {
  if (owners === undefined) return checks;
  const nameOf = (row: Row): string =>
    `${textOf(row, 'CONSTRAINT_SCHEMA')}\0${textOf(row, 'CONSTRAINT_NAME')}`;
  const clauses = new Map(checks.map((row) => [nameOf(row), row['CHECK_CLAUSE']]));
  return owners.map((owner) => ({ ...owner, CHECK_CLAUSE: clauses.get(nameOf(owner)) }));
}

/** 1142, 1143, 1044: no right to read the mysql schema; 1146: a service without this table. */
function statisticsOf(answer: Answer): readonly Row[] {
  const isHidden =
    answer.status === 'rejected' && [1142, 1143, 1044, 1146].includes(serverError(answer.reason));
  return isHidden ? [] : rowsOf(answer);
}
