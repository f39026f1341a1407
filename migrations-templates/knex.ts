/** Migrations of Knex: `YYYYMMDDHHMMSS_name.js` with `up`, `down` and `config`. */
import { type Direction, engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { oncePerFile } from './shared/commands.ts';
import {
  commonJs,
  exported,
  indented,
  jsString,
  scriptFile,
  scriptName,
  scriptStyle,
  type ScriptStyle,
  stepCalls,
  unsafeMode,
} from './shared/javascript.ts';
import { stampedNames } from './shared/names.ts';

export const knex: Template = {
  name: 'knex',
  title: 'Knex',
  engines: engineNames,
  description: {
    files:
      '`YYYYMMDDHHMMSS_name.js` with `up` and `down`; `.ts`, a module or CommonJS like the last file of the folder',
    order: 'By name.',
    applied: '`knex_migrations`, one row per file.',
    transactions:
      'One around all pending files. Our file opts out with `config = { transaction: false }`; then Knex gives every other pending file a transaction of its own.',
    down: '`knex migrate:down` takes back the last file, `knex migrate:rollback` the last batch.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [
      'SQLite with better-sqlite3: the file switches `unsafeMode()` on for its own connection, and off at its end.',
    ],
  },
  history: {
    query: () => 'SELECT name FROM knex_migrations',
    names: (rows) => rows.map((row) => String(row['name']).replace(/\.[cm]?[jt]s$/, '')),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: (_, target) => ({
    up: 'npx knex migrate:latest',
    down: oncePerFile('npx knex migrate:down', target),
  }),
  migrationName: scriptName,
  holdsUp: () => true,
  names: (request) => stampedNames(request),
  render: (migrations, existing) => {
    const style = scriptStyle(existing, commonJs);
    return migrations.map((migration) => ({
      path: `${migration.name}.${style.extension}`,
      content: file(migration, style),
    }));
  },
  replay: null,
};

function file(migration: Migration, style: ScriptStyle): string {
  const isSqlite = migration.flavor === 'sqlite';
  const typed = (annotation: string): string => (style.isTyped ? annotation : '');
  const direction = (name: Direction): readonly string[] => [
    `${exported(style, name)} = (knex${typed(': Knex')}) => onOneConnection(knex, async (run) => {`,
    ...indented(
      stepCalls(name, migration.steps, { call: (sql) => call(sql, migration), inTransaction: false }),
    ),
    '});',
  ];
  return scriptFile(migration, {
    before: [
      ...(style.isTyped ? ["import type { Knex } from 'knex';", ''] : []),
      `${exported(style, 'config')} = { transaction: false };`,
    ],
    up: direction('up'),
    down: direction('down'),
    after: [
      '/** A pool may give each query another connection. */',
      `async function onOneConnection(knex${typed(': Knex')}, work${typed(': (run: (statement: string) => Promise<unknown>) => Promise<void>')}) {`,
      '  const connection = await knex.client.acquireConnection();',
      '  try {',
      ...(isSqlite ? [`    connection.${unsafeMode(true)}`] : []),
      '    await work((statement) => knex.raw(statement).connection(connection));',
      '  } finally {',
      ...(isSqlite ? [`    connection.${unsafeMode(false)}`] : []),
      '    await knex.client.releaseConnection(connection);',
      '  }',
      '}',
    ],
  });
}

/** For PostgreSQL Knex takes a `?` for a placeholder, in quotes too, and reads `\\?`; for the others it hands both on as they are (measured on 3.3.0). */
function call(sql: string, { flavor }: Migration): string {
  return `await run(${jsString(flavor === 'postgres' ? sql.replaceAll('?', '\\?') : sql)})`;
}
