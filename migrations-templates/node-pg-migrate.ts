/** Migrations of node-pg-migrate: `<milliseconds>_name.js` with `up` and `down`. */
import type { Direction } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { folderFlag } from './shared/commands.ts';
import {
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

export const nodePgMigrate: Template = {
  name: 'node-pg-migrate',
  title: 'node-pg-migrate',
  engines: ['postgres'],
  description: {
    files:
      '`<milliseconds>_name.js` with `up` and `down`; `.ts`, a module or CommonJS like the last script of the folder.',
    order: 'By the number in front.',
    applied: '`pgmigrations`, one row per file.',
    transactions:
      'One around all pending files. Our file opts out with `pgm.noTransaction()`: node-pg-migrate commits what came before, runs the file and begins anew.',
    down: '`node-pg-migrate down`, one file at a time.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT name FROM pgmigrations',
    names: (rows) => rows.map((row) => String(row['name'])),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands(_, target) {
    const [tool, number] = [
      `npx node-pg-migrate${folderFlag(target, '-m', 'migrations')}`,
      target.names.length,
    ];
    return { up: `${tool} up`, down: `${tool} ${number === 1 ? 'down' : `down ${number}`}` };
  },
  migrationName: (path) =>
    path.endsWith('.sql') ? (/^([^/]+)\.sql$/.exec(path)?.[1] ?? null) : scriptName(path),
  holdsUp: () => true,
  names: (request) => stampedNames(request, { first: (now) => String(now.getTime()) }),
  render: (migrations, existing) => {
    const style = scriptStyle(existing, { extension: 'js', isModule: true, isTyped: false });
    return migrations.map((migration) => ({
      path: `${migration.name}.${style.extension}`,
      content: file(migration, style),
    }));
  },
  replay: null,
};

function file(migration: Migration, style: ScriptStyle): string {
  // The statements are collected and run one by one when the function has returned; after an error the run ends and its connection closes.
  const direction = (name: Direction): readonly string[] => [
    `${exported(style, name)} = (pgm${style.isTyped ? ': MigrationBuilder' : ''}) => {`,
    '  pgm.noTransaction();',
    ...indented(stepCalls(name, migration.steps, { call, inTransaction: false, isCollected: true })),
    '};',
  ];
  return scriptFile(migration, {
    before: style.isTyped ? ["import type { MigrationBuilder } from 'node-pg-migrate';"] : [],
    up: direction('up'),
    down: direction('down'),
  });
}

function call(sql: string): string {
  return `pgm.sql(${jsString(sql)})`;
}
