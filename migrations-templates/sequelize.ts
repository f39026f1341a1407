/** Migrations of Sequelize, for sequelize-cli and Umzug: `YYYYMMDDHHMMSS-name.js` with `up` and `down`. */
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
} from './shared/javascript.ts';
import { stampedNames } from './shared/names.ts';

export const sequelize: Template = {
  name: 'sequelize',
  title: 'Sequelize (sequelize-cli, Umzug)',
  engines: engineNames,
  description: {
    files:
      '`YYYYMMDDHHMMSS-name.js` with `up` and `down`; a module or CommonJS like the last file of the folder. The same file serves sequelize-cli and Umzug.',
    order: 'By name.',
    applied: '`SequelizeMeta`, one row per file.',
    transactions: 'None; the file takes one connection of the pool and opens its own.',
    down: '`sequelize db:migrate:undo`, or `umzug.down()`, one file at a time.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [
      'Umzug: the context has to be the query interface, `context: sequelize.getQueryInterface()`.',
      'MariaDB: Sequelize 6.37 fails by itself with version 3.5 of the mariadb connector; use dialect `mysql` there, or an older connector.',
    ],
  },
  history: {
    query: (flavor) =>
      flavor === 'mysql' || flavor === 'mariadb'
        ? 'SELECT name FROM `SequelizeMeta`'
        : 'SELECT name FROM "SequelizeMeta"',
    names: (rows) => rows.map((row) => String(row['name']).replace(/\.[cm]?[jt]s$/, '')),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: (_, target) => ({
    up: 'npx sequelize db:migrate',
    down: oncePerFile('npx sequelize db:migrate:undo', target),
  }),
  migrationName: scriptName,
  holdsUp: () => true,
  names: (request) => stampedNames(request, { separator: '-' }),
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
  const any = style.isTyped ? ': any' : '';
  const work = style.isTyped ? ': (run: (statement: string) => Promise<unknown>) => Promise<void>' : '';
  const direction = (name: Direction): readonly string[] => [
    `${exported(style, name)} = (queryInterface${any}) => onOneConnection(queryInterface, async (run) => {`,
    ...indented(stepCalls(name, migration.steps, { call, inTransaction: false })),
    '});',
  ];
  return scriptFile(migration, {
    up: direction('up'),
    down: direction('down'),
    after: [
      '/** A pool may give each query another connection. Umzug passes the query interface as `context`. */',
      `async function onOneConnection(queryInterface${any}, work${work}) {`,
      '  const { sequelize } = queryInterface.context ?? queryInterface;',
      "  const connection = await sequelize.connectionManager.getConnection({ type: 'write' });",
      '  try {',
      '    await work((statement) => sequelize.query(statement, { transaction: { connection } }));',
      '  } finally {',
      '    sequelize.connectionManager.releaseConnection(connection);',
      '  }',
      '}',
    ],
  });
}

function call(sql: string): string {
  return `await run(${jsString(sql)})`;
}
