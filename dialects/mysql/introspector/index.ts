/** Foreign keys, and the tables they join, read from information_schema and merged here. */
import type { Scope, Session } from '../../../src/core/contracts/engine.ts';
import { OndeleteError } from '../../../src/core/errors.ts';
import {
  compareKeys,
  compareTables,
  sortInPlace,
  tableId,
  type ForeignKey,
  type Introspection,
  type Server,
  type TableName,
  type TableStatistics,
} from '../../../src/core/model.ts';
import { readCatalog, readOptions, readTables, type TableParts } from './queries.ts';
import { catalogSession, type CatalogSession, type Cells } from '../connection/connect.ts';
import { hiddenKeys, readRights, seesAllKeys, type Rights } from '../connection/grants.ts';
import { cellText, rowText } from './keys.ts';
import { tablesIgnoreCase } from '../connection/identify.ts';
import { mergeTables } from './tables.ts';

const systemSchemas = new Set(['information_schema', 'mysql', 'performance_schema', 'sys']);

/**
 * Reads every key whose child is in scope, and the tables at both ends.
 * @throws INSUFFICIENT_PRIVILEGE where the user may not see all of them, DATABASE_MISSING without a schema to read, DATABASE_NOT_FOUND
 */
export async function introspect(opened: Session, server: Server, scope: Scope): Promise<Introspection> {
  const session = catalogSession(opened);
  const schemas = await schemasOf(session, scope);
  if (schemas.length === 0) return assemble(server, [], nothing, []);
  const rights = await readRights(session);
  const [catalog, keys] = await readConsistently(session, server, schemas);
  await refuseHidden(session, server, schemas, rights, keys);
  const elsewhere = [...new Set(keys.map((key) => key.parent.schema))].filter(
    (schema) => !schemas.includes(schema),
  );
  const options = await readOptions(session, mayBePartitioned(server, keys));
  if (elsewhere.length === 0) return assemble(server, keys, catalog, options);
  return assemble(server, keys, join(catalog, await readTables(session, server, elsewhere)), options);
}

/**
 * Neither server lets a partitioned table have a key or be made the parent of one (error 1506; on MySQL with checks off neither). On MariaDB a
 * partitioned table can take the place of a missing parent while checks are off; the key then rests on no index.
 */
function mayBePartitioned(server: Server, keys: readonly ForeignKey[]): readonly TableName[] {
  if (server.flavor !== 'mariadb') return [];
  return keys.filter((key) => key.referencedIndex === null).map((key) => key.parent);
}

const nothing: TableParts = {
  columns: new Map(),
  indexes: new Map(),
  tables: [],
  triggers: [],
  checks: [],
  statistics: [],
};

async function schemasOf(session: Session, scope: Scope): Promise<readonly string[]> {
  const { schemas } = scope;
  if (schemas === null) {
    const name = (await session.query('SELECT DATABASE() AS db'))[0]?.['db'];
    if (typeof name === 'string') return [name];
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
    .map((row) => rowText(row, 's'))
    .filter((name) => !systemSchemas.has(name.toLowerCase()) && schemas(name));
}

/** Keys and their columns are two queries: a key made or dropped in between is read again once before it counts as hidden. */
async function readConsistently(
  session: CatalogSession,
  server: Server,
  schemas: readonly string[],
): Promise<readonly [TableParts, readonly ForeignKey[]]> {
  for (let attempt = 1; ; attempt++) {
    const catalog = await readCatalog(session, server, schemas);
    if (catalog.incomplete === null) return [catalog, catalog.keys];
    if (attempt === 2) throw hiddenKeys(server, catalog.incomplete);
  }
}

/** Without a right on the whole schema, a user with PROCESS can still compare with InnoDB's own list. */
async function refuseHidden(
  session: Session,
  server: Server,
  schemas: readonly string[],
  rights: Rights,
  keys: readonly ForeignKey[],
): Promise<void> {
  const doubtful = schemas.filter((schema) => !seesAllKeys(rights, server, schema));
  const [first] = doubtful;
  if (first === undefined) return;
  if (!rights.process) throw hiddenKeys(server, first);
  const view = server.flavor === 'mariadb' ? 'INNODB_SYS_FOREIGN' : 'INNODB_FOREIGN';
  const rows = await session.query(`SELECT ID AS id, N_COLS AS n FROM information_schema.${view}`);
  for (const schema of doubtful) {
    const theirs = rows
      .filter((row) => rowText(row, 'id').startsWith(`${schema}/`))
      .map((row) => Number(row['n']));
    const ours = keys.filter((key) => key.child.schema === schema).map((key) => key.columns.length);
    if (theirs.length !== ours.length || sum(theirs) !== sum(ours)) throw hiddenKeys(server, schema);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function join(a: TableParts, b: TableParts): TableParts {
  return {
    columns: new Map([...a.columns, ...b.columns]),
    indexes: new Map([...a.indexes, ...b.indexes]),
    tables: [...a.tables, ...b.tables],
    triggers: [...a.triggers, ...b.triggers],
    checks: [...a.checks, ...b.checks],
    statistics: a.statistics === null || b.statistics === null ? null : [...a.statistics, ...b.statistics],
  };
}

function assemble(
  server: Server,
  keys: readonly ForeignKey[],
  rows: TableParts,
  options: readonly Cells[],
): Introspection {
  const fold = tablesIgnoreCase(server)
    ? (id: string): string => id.toLowerCase()
    : (id: string): string => id;
  const involved = new Set<string>();
  for (const key of keys) involved.add(fold(tableId(key.child))).add(fold(tableId(key.parent)));
  const tables = mergeTables(rows, options, (table) => involved.has(fold(tableId(table))));
  const sorted = sortInPlace([...tables], compareTables);
  return {
    snapshot: { version: 1, server, tables: sorted, foreignKeys: sortInPlace([...keys], compareKeys) },
    statistics: statisticsOf(sorted, rows.statistics ?? [], fold),
  };
}

function statisticsOf(
  tables: readonly TableName[],
  rows: readonly Cells[],
  fold: (id: string) => string,
): readonly TableStatistics[] {
  const byTable = new Map(rows.map((row) => [fold(`${cellText(row[0])}\0${cellText(row[1])}`), row]));
  return tables.map(({ schema, name }) => {
    const row = byTable.get(fold(tableId({ schema, name })));
    return {
      schema,
      name,
      estimatedRows: row === undefined ? null : Number(row[2]),
      bytes: row === undefined ? null : Number(row[3]),
    };
  });
}
