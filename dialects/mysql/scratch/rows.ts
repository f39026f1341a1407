/** Rows of our own making on MySQL and MariaDB: values by type, and checks that would refuse them set aside for as long as they are there. */
import type { ScratchDatabase, TrialResult } from '../../../src/core/contracts/scratch.ts';
import { codeOf } from '../../../src/core/errors.ts';
import type { TableName } from '../../../src/core/model.ts';
import { ddlFor } from '../../sql/ddl.ts';
import { insertText, type TrialHooks } from '../../sql/delete-trial.ts';
import { inPlainSession } from './plain-session.ts';

const ddl = ddlFor('mysql');

interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly generated: boolean;
}

interface RowMaking {
  /** Runs an experiment; where a CHECK refuses its rows, once more with the checks set aside; MySQL has none on columns that a key changes. */
  relaxing(
    tables: readonly TableName[],
    work: (hooks: TrialHooks) => Promise<TrialResult>,
  ): Promise<TrialResult>;
}

/** @param schema the scratch database */
export async function makingRows(query: ScratchDatabase['query'], schema: string): Promise<RowMaking> {
  const [version] = await query('SELECT VERSION() AS version');
  const isMariadb = /mariadb/i.test(String(version?.['version']));
  let columns: ReadonlyMap<string, ReadonlyMap<string, ColumnInfo>> | null = null;
  return {
    async relaxing(tables, work) {
      columns ??= await readColumns(query, schema);
      const hooks = hooksFor(columns, query, isMariadb);
      const first = await work(hooks);
      if (isMariadb || first.kind !== 'impossible' || !/check constraint/i.test(first.why)) return first;
      return withoutChecks(query, schema, tables, () => work(hooks));
    },
  };
}

async function readColumns(
  query: ScratchDatabase['query'],
  schema: string,
): Promise<ReadonlyMap<string, ReadonlyMap<string, ColumnInfo>>> {
  const rows = await query(
    `SELECT TABLE_NAME AS t, COLUMN_NAME AS c, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS preset, EXTRA AS extra,
            GENERATION_EXPRESSION AS expression
       FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?`,
    [schema],
  );
  const tables = new Map<string, Map<string, ColumnInfo>>();
  for (const row of rows) {
    const table = tables.get(String(row['t']).toLowerCase()) ?? new Map<string, ColumnInfo>();
    tables.set(String(row['t']).toLowerCase(), table);
    const extra = String(row['extra']);
    const generated = (row['expression'] ?? '') !== '';
    const isPreset = row['preset'] !== null || /auto_increment|DEFAULT_GENERATED/i.test(extra);
    table.set(String(row['c']).toLowerCase(), {
      name: String(row['c']),
      type: String(row['type']),
      generated,
      required: row['nullable'] === 'NO' && !isPreset && !generated,
    });
  }
  return tables;
}

function hooksFor(
  tables: ReadonlyMap<string, ReadonlyMap<string, ColumnInfo>>,
  query: ScratchDatabase['query'],
  isMariadb: boolean,
): TrialHooks {
  const columnsOf = (table: TableName): ReadonlyMap<string, ColumnInfo> =>
    tables.get(table.name.toLowerCase()) ?? new Map<string, ColumnInfo>();
  // MySQL has no such setting.
  const checks = (value: 0 | 1): readonly string[] =>
    isMariadb ? [`SET SESSION check_constraint_checks = ${value}`] : [];
  return {
    ddl,
    query,
    // With sql_mode=ORACLE, BEGIN opens a block.
    begin: 'START TRANSACTION',
    value(table, column, n) {
      const found = columnsOf(table).get(column.toLowerCase());
      return found === undefined || found.generated ? null : valueOf(found.type, n);
    },
    required: (table) =>
      [...columnsOf(table).values()].filter((column) => column.required).map((column) => column.name),
    room: () => ['SET SESSION foreign_key_checks = 0', ...checks(0)],
    // MySQL has no CHECK on a column that a delete writes (error 3823), and MariaDB's cascades look at none.
    free: () => [],
    accepted: new Map(),
    ignoreChecks: null,
    insertion: (inserts) => inserts.map((insert) => insertText(ddl, insert)),
    beforeDelete: [...checks(1), 'SET SESSION foreign_key_checks = 1'],
    checkDeferred: () => Promise.resolve(),
    isRefusal: (error) => refusals.has(errnoOf(error)),
  };
}

/** ER_ROW_IS_REFERENCED and ER_ROW_IS_REFERENCED_2. */
const refusals: ReadonlySet<string> = new Set(['1217', '1451']);

/** The server's number, wherever in a chain of causes the driver's error stands. */
function errnoOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('errno' in error && typeof error.errno === 'number') return String(error.errno);
  return 'cause' in error ? errnoOf(error.cause) : codeOf(error);
}

/** `decimal(10,2) unsigned` → `decimal`; the numbers stay far below what the smallest type of a kind holds, where that is possible. */
function valueOf(columnType: string, n: number): string | null {
  const [, base = '', size = ''] = /^(\w+)(?:\((.*?)\))?/s.exec(columnType) ?? [];
  const maker = makers[base.toLowerCase()];
  return maker === undefined ? null : maker(n, size);
}

type Maker = (n: number, size: string) => string;

const word = (n: number): string => n.toString(36);
const whole: Maker = (n) => String(n);
const small: Maker = (n) => String(((n - 1) % 126) + 1);
const scaled: Maker = (n, size) => {
  const [digits = 10, decimals = 0] = size === '' ? [] : size.split(',').map(Number);
  return String(n % 10 ** Math.max(0, digits - decimals));
};
const text: Maker = (n) => `'${word(n)}'`;
const padded: Maker = (n, size) =>
  `X'${n
    .toString(16)
    .padStart(2 * Math.max(2, Number(size === '' ? 2 : size)), '0')
    .slice(-2 * Number(size === '' ? 1 : size))}'`;
const bytes: Maker = (n) => `X'${n.toString(16).padStart(4, '0')}'`;
const day = (n: number): string => new Date(Date.UTC(2001, 0, 1 + n)).toISOString().slice(0, 10);
const point: Maker = (n) => `ST_GeomFromText('POINT(${n} ${n})')`;
/** The labels of an enum or set, which are written with doubled quotes. */
const label: Maker = (n, size) => {
  const labels = size.match(/'(?:[^']|'')*'/g) ?? ["''"];
  return labels[n % labels.length] ?? "''";
};

const makers: Readonly<Record<string, Maker>> = {
  tinyint: small,
  bool: small,
  smallint: whole,
  mediumint: whole,
  int: whole,
  integer: whole,
  bigint: whole,
  float: whole,
  double: whole,
  decimal: scaled,
  numeric: scaled,
  bit: (n, size) => String(n % 2 ** Math.min(16, Number(size === '' ? 1 : size))),
  char: text,
  varchar: text,
  tinytext: text,
  text,
  mediumtext: text,
  longtext: text,
  binary: padded,
  varbinary: bytes,
  tinyblob: bytes,
  blob: bytes,
  mediumblob: bytes,
  longblob: bytes,
  enum: label,
  set: label,
  json: (n) => `'{"n":${n}}'`,
  date: (n) => `'${day(n)}'`,
  datetime: (n) => `'${day(n)} 12:00:00'`,
  timestamp: (n) => `'${day(n)} 12:00:00'`,
  time: (n) => `'${String(n % 24).padStart(2, '0')}:00:${String(n % 60).padStart(2, '0')}'`,
  year: (n) => String(1950 + (n % 150)),
  uuid: (n) => `'00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}'`,
  inet4: (n) => `'10.0.${Math.floor(n / 256) % 256}.${n % 256}'`,
  inet6: (n) => `'2001:db8::${n.toString(16)}'`,
  geometry: point,
  point,
};

async function withoutChecks<T>(
  query: ScratchDatabase['query'],
  schema: string,
  tables: readonly TableName[],
  work: () => Promise<T>,
): Promise<T> {
  const names = new Set(tables.map(({ name }) => name.toLowerCase()));
  const all = await query(
    `SELECT c.TABLE_NAME AS t, c.CONSTRAINT_NAME AS name FROM information_schema.TABLE_CONSTRAINTS AS c
      WHERE c.TABLE_SCHEMA = ? AND c.CONSTRAINT_TYPE = 'CHECK' AND c.ENFORCED = 'YES'`,
    [schema],
  );
  const rows = all.filter((row) => names.has(String(row['t']).toLowerCase()));
  const alter = async (how: string): Promise<void> => {
    for (const row of rows) {
      const table = ddl.id(String(row['t']));
      await query(
        ddl.text(ddl.sql`ALTER TABLE ${table} ALTER CHECK ${ddl.id(String(row['name']))} ${ddl.raw(how)}`),
      );
    }
  };
  await inPlainSession(query, () => alter('NOT ENFORCED'));
  try {
    return await work();
  } finally {
    await inPlainSession(query, () => alter('ENFORCED'));
  }
}
