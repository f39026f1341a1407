/** Migrations of MikroORM: `MigrationYYYYMMDDHHMMSS_name.ts` with a class of the same name. */
import { type Direction, engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { oncePerFile } from './shared/commands.ts';
import {
  indented,
  jsComment,
  jsString,
  scriptName,
  scriptStyle,
  type ScriptStyle,
  stepCalls,
  typeScript,
} from './shared/javascript.ts';
import { stampedNames } from './shared/names.ts';

export const mikroOrm: Template = {
  name: 'mikro-orm',
  title: 'MikroORM',
  engines: engineNames,
  description: {
    files:
      '`MigrationYYYYMMDDHHMMSS_name.ts` (`.js` where the last file is one), with a class of the same name.',
    order: 'By name.',
    applied: '`mikro_orm_migrations`, one row per file.',
    transactions:
      'One around all pending files (`allOrNothing`, the default), or one around each. A file that opts out on PostgreSQL would run on another connection than the others, so ours do not: there are two files, swap and validate. On SQLite, which has one connection, it would wait for itself, so ours do not there either. On MySQL and MariaDB they opt out with `isTransactional()`, because every ALTER commits by itself.',
    down: '`mikro-orm migration:down`, one file at a time.',
    failure:
      'On PostgreSQL and SQLite nothing is kept; on MySQL and MariaDB what was done stays done, every key enforced. The file does not count as applied; run it again.',
    notes: ['Write the new `deleteRule` into your entities as well.'],
    oneTransaction:
      'where the tables of a change are larger than 8 MB together, set `migrations: { allOrNothing: false }`; both files in one transaction stop before their first lock',
    engineNotes: {
      sqlite:
        'SQLite: run it with `driverOptions: new NodeSqliteDialect("FILE")`. With better-sqlite3, which MikroORM keeps to itself, run this migration with `driverOptions: new SqliteDialect({ database: new Database("FILE").unsafeMode() })` and take that out again. Otherwise the file stops and changes nothing.',
    },
  },
  history: {
    query: () => 'SELECT name FROM mikro_orm_migrations',
    names: (rows) => rows.map((row) => String(row['name']).replace(/\.[cm]?[jt]s$/, '')),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: (flavor) => (flavor === 'postgres' || flavor === 'sqlite' ? 'all pending files' : 'nothing'),
  commands: (_, target) => ({
    up: 'npx mikro-orm migration:up',
    down: oncePerFile('npx mikro-orm migration:down', target),
  }),
  migrationName: (path) => (path.startsWith('.') ? null : scriptName(path)),
  holdsUp: () => true,
  names: (request) => stampedNames(request, { prefix: 'Migration' }),
  render: (migrations, existing) => {
    const style = scriptStyle(existing, typeScript);
    return migrations.map((migration) => ({
      path: `${migration.name}.${style.extension}`,
      content: file(migration, style),
    }));
  },
  replay: null,
};

function file(migration: Migration, style: ScriptStyle): string {
  const { downHead, flavor, head, name, record } = migration;
  const { isModule, isTyped } = style;
  const inTransaction = mikroOrm.wraps(flavor) !== 'nothing';
  const direction = inTransaction ? collected : sentAtOnce;
  return [
    ...head.map(jsComment),
    '',
    isModule
      ? "import { Migration } from '@mikro-orm/migrations';"
      : "const { Migration } = require('@mikro-orm/migrations');",
    '',
    `${isModule ? 'export ' : 'exports.' + name + ' = '}class ${name} extends Migration {`,
    ...indented([
      ...(inTransaction ? [] : [...noTransaction(isTyped), '']),
      ...direction('up', migration, isTyped),
      '',
      ...downHead.map(jsComment),
      ...direction('down', migration, isTyped),
      ...(inTransaction ? [] : ['', ...onOneConnection(isTyped)]),
    ]),
    isModule ? '}' : '};',
    '',
    jsComment(record),
    '',
  ].join('\n');
}

function method(name: string, isTyped: boolean, body: readonly string[]): readonly string[] {
  return [
    isTyped ? `override async ${name}(): Promise<void> {` : `async ${name}() {`,
    ...indented(body),
    '}',
  ];
}

/** MikroORM runs the statements one by one when the method has returned. */
function collected(name: Direction, { steps }: Migration, isTyped: boolean): readonly string[] {
  const call = (sql: string): string => `this.addSql(${jsString(sql)})`;
  return method(name, isTyped, stepCalls(name, steps, { call, inTransaction: true, isCollected: true }));
}

function sentAtOnce(name: Direction, { steps }: Migration, isTyped: boolean): readonly string[] {
  const call = (sql: string): string => `await run(${jsString(sql)})`;
  return method(name, isTyped, [
    'await this.onOneConnection(async (run) => {',
    ...indented(stepCalls(name, steps, { call, inTransaction: false })),
    '});',
  ]);
}

function noTransaction(isTyped: boolean): readonly string[] {
  return [isTyped ? 'override isTransactional(): boolean {' : 'isTransactional() {', '  return false;', '}'];
}

function onOneConnection(isTyped: boolean): readonly string[] {
  const work = 'work: (run: (sql: string) => Promise<unknown>) => Promise<void>';
  return [
    '/** A pool may give each query another connection. Every ALTER commits by itself. */',
    isTyped ? `private async onOneConnection(${work}): Promise<void> {` : 'async onOneConnection(work) {',
    '  const connection = this.driver.getConnection();',
    "  await connection.transactional((held) => work((sql) => connection.execute(sql, [], 'all', held)));",
    '}',
  ];
}
