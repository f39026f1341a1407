/** Migrations of db-migrate: `YYYYMMDDHHMMSS-name.js` with `up` and `down`. */
import { type Direction, engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { folderFlag } from './shared/commands.ts';
import {
  commonJs,
  exported,
  indented,
  jsString,
  scriptFile,
  scriptStyle,
  type ScriptStyle,
  stepCalls,
} from './shared/javascript.ts';
import { stampedNames } from './shared/names.ts';

export const dbMigrate: Template = {
  name: 'db-migrate',
  title: 'db-migrate',
  engines: engineNames,
  description: {
    files: '`YYYYMMDDHHMMSS-name.js` with `up` and `down`.',
    order: 'By name.',
    applied: '`migrations`, one row per file.',
    transactions:
      'One around each file, unless db-migrate runs with `--non-transactional`; a file cannot opt out. There are two files on PostgreSQL, swap and validate; on MySQL and MariaDB every ALTER commits by itself.',
    down: '`db-migrate down`, one file at a time.',
    failure:
      'On PostgreSQL and SQLite nothing is kept; on MySQL and MariaDB what was done stays done, every key enforced. The file does not count as applied; run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT name FROM migrations',
    names: (rows) => rows.map((row) => String(row['name']).replace(/^.*\//, '')),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: (flavor) => (flavor === 'postgres' || flavor === 'sqlite' ? 'each file' : 'nothing'),
  commands(_, target) {
    const [tool, number] = [`npx db-migrate${folderFlag(target, '-m', 'migrations')}`, target.names.length];
    return { up: `${tool} up`, down: `${tool} ${number === 1 ? 'down' : `down -c ${number}`}` };
  },
  /** Files without the fourteen digits are none of its migrations. */
  migrationName: (path) => /^(\d{14}-[^./]+)\.(?:js|ts|cjs)$/.exec(path)?.[1] ?? null,
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
  const inTransaction = dbMigrate.wraps(migration.flavor) !== 'nothing';
  const direction = (name: Direction): readonly string[] => [
    `${exported(style, name)} = async (db${style.isTyped ? ': any' : ''}) => {`,
    ...indented(stepCalls(name, migration.steps, { call, inTransaction })),
    '};',
  ];
  return scriptFile(migration, {
    up: direction('up'),
    down: direction('down'),
    after: [`${exported(style, '_meta')} = { version: 1 };`],
  });
}

function call(sql: string): string {
  return `await db.runSql(${jsString(sql)})`;
}
