/** A scratch database in memory: the stored text of the tables makes them again. */
import type BetterSqlite3 from 'better-sqlite3';
import type { Session } from '../../sql/session.ts';
import { breathe } from '../../../src/core/pauses.ts';
import type { CopyStatement } from '../../../src/core/contracts/connection.ts';
import type { Scratch, ScratchDatabase } from '../../../src/core/contracts/scratch.ts';
import { codeOf, messageOf, OndeleteError } from '../../../src/core/errors.ts';
import { tableText } from '../../../src/core/names.ts';
import type { Snapshot, TableName } from '../../../src/core/model.ts';
import { ddlFor } from '../../sql/ddl.ts';
import { type Additions, type FreeColumn, valuesIn } from '../../sql/acceptable-row.ts';
import { insertText, runTrial, type TrialHooks } from '../../sql/delete-trial.ts';
import { openInMemory, sessionOf } from '../connection/connect.ts';
import { introspect } from '../introspector/index.ts';
import { identify } from '../connection/identify.ts';

const ddl = ddlFor('sqlite');

export const scratch: Scratch = {
  async open({ url, commandLineClient }) {
    if (url !== null) {
      throw new OndeleteError(
        'USAGE',
        '--scratch has no use here: a change of a SQLite database is rehearsed in memory',
        'Leave --scratch out.',
      );
    }
    const database = await openInMemory();
    database.unsafeMode(commandLineClient);
    const session = sessionOf(database, 'the scratch database');
    const server = await identify(session, 'a file');
    const query = queryOf(database);
    const accepted = new Map<string, Additions | null>();
    const run = async (text: string): Promise<void> => {
      await breathe();
      database.exec(text);
    };
    return {
      label: `${server.product} in memory`,
      server,
      introspect: (scope) => introspect(session, server, scope),
      schema: null,
      building: (work) => work(run),
      run,
      query,
      async tryDelete(experiment) {
        database.pragma('foreign_keys = ON');
        return runTrial(experiment, hooksFor(database, query, accepted));
      },
      // eslint-disable-next-line @typescript-eslint/require-await -- the driver is synchronous; its errors must still reject
      async drop() {
        database.close();
      },
    };
  },
};

export async function copySchema(session: Session, part: Snapshot): Promise<readonly CopyStatement[]> {
  const wanted = new Set(part.tables.map((table) => table.name.toLowerCase()));
  const rows = await session.query(
    `SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid`,
  );
  const tables = part.tables.flatMap((table) =>
    table.definition === null
      ? []
      : [{ sql: `CREATE TABLE ${ddl.text(ddl.id(table.name))}${table.definition}`, without: null }],
  );
  const indexes = rows
    .filter((row) => wanted.has(String(row['tbl_name']).toLowerCase()))
    .map((row) => ({ sql: String(row['sql']), without: `index ${String(row['name'])}` }));
  return [...tables, ...indexes, ...(await copyTriggers(session, part))];
}

/** Where tables are made anew, the files bring back their triggers: they are copied, after the tables without keys that they may write to. */
async function copyTriggers(session: Session, { tables }: Snapshot): Promise<readonly CopyStatement[]> {
  const triggers = tables.flatMap((table) => (table.stored ?? []).filter(({ kind }) => kind === 'trigger'));
  if (triggers.length === 0) return [];
  const others = await session.query(
    `SELECT name, sql FROM sqlite_master AS m WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        AND NOT EXISTS (SELECT * FROM pragma_foreign_key_list(m.name))`,
  );
  const here = new Set(tables.map((table) => table.name));
  return [
    ...others
      .filter((row) => !here.has(String(row['name'])))
      .map((row) => ({ sql: String(row['sql']), without: `table ${String(row['name'])}` })),
    ...triggers.map(({ name, sql }) => ({ sql, without: `trigger ${name}` })),
  ];
}

function queryOf(database: BetterSqlite3.Database): ScratchDatabase['query'] {
  return async (text, parameters = []) => {
    await breathe();
    const statement = database.prepare<unknown[], Record<string, unknown>>(text);
    if (statement.reader) return statement.all(...parameters);
    statement.run(...parameters);
    return [];
  };
}

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly dflt_value: string | null;
  readonly pk: number;
  /** 2 and 3 are generated: https://sqlite.org/pragma.html#pragma_table_xinfo */
  readonly hidden: number;
}

function hooksFor(
  database: BetterSqlite3.Database,
  query: ScratchDatabase['query'],
  accepted: Map<string, Additions | null>,
): TrialHooks {
  const known = new Map<string, readonly ColumnInfo[]>();
  const columnsOf = (table: TableName): readonly ColumnInfo[] => {
    const before = known.get(table.name);
    if (before !== undefined) return before;
    const columns = database
      .prepare<[string], ColumnInfo>('SELECT * FROM pragma_table_xinfo(?)')
      .all(table.name);
    known.set(table.name, columns);
    return columns;
  };
  return {
    ddl,
    query,
    begin: 'BEGIN',
    value(table, column, n) {
      const found = columnsOf(table).find((one) => one.name.toLowerCase() === column.toLowerCase());
      if (found === undefined || found.hidden > 1) return null;
      // A number fits every affinity; of the types of STRICT tables only BLOB will not turn it into its own.
      return /^blob$/i.test(found.type) ? `CAST('${n}' AS BLOB)` : String(n);
    },
    required: (table) =>
      columnsOf(table)
        .filter((column) => column.notnull === 1 && column.dflt_value === null && column.hidden <= 1)
        .map((column) => column.name),
    room: () => ['PRAGMA defer_foreign_keys = ON'],
    free: (table) => freeColumns(database, table, columnsOf(table)),
    accepted,
    ignoreChecks: ['PRAGMA ignore_check_constraints = ON'],
    insertion: (inserts) => inserts.map((insert) => insertText(ddl, insert)),
    beforeDelete: ['PRAGMA ignore_check_constraints = OFF', 'PRAGMA defer_foreign_keys = OFF'],
    // A deferred key refuses at COMMIT only; asking for what is broken leaves the rows to be taken back.
    async checkDeferred() {
      const [broken] = await query('PRAGMA foreign_key_check');
      if (broken === undefined) return;
      const child = tableText({ schema: 'main', name: String(broken['table']) });
      throw new OndeleteError('QUERY_FAILED', `FOREIGN KEY constraint failed: ${child}`);
    },
    isRefusal: (error) =>
      codeOf(error).startsWith('SQLITE_CONSTRAINT_FOREIGNKEY') ||
      messageOf(error).startsWith('FOREIGN KEY constraint failed'),
  };
}

/** A CHECK has no catalog of its own: the columns named behind the first one in the stored text. */
function freeColumns(
  database: BetterSqlite3.Database,
  table: TableName,
  columns: readonly ColumnInfo[],
): readonly FreeColumn[] {
  const text = database
    .prepare<[string], { sql: string }>(`SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?`)
    .get(table.name)?.sql;
  const checks = /\bcheck\b.*/is.exec(text ?? '')?.[0].toLowerCase() ?? '';
  const { texts, numbers } = valuesIn([checks]);
  const values = [
    'NULL',
    ...texts.map((one) => ddl.text(ddl.literal(one))),
    ...[1, 0, ...numbers].map(String),
  ];
  return columns
    .filter(({ hidden, name }) => hidden <= 1 && checks.includes(name.toLowerCase()))
    .map(({ name }) => ({ name, values }));
}
