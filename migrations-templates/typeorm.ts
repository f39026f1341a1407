/** Migrations of TypeORM: `<milliseconds>-Name.ts` with a class that ends in the same number. */
import { type Direction, type EngineName, engineNames } from '../src/core/model.ts';
import type { ExistingFile, Migration, NameRequest, Template } from '../src/core/contracts/template.ts';
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
  unsafeMode,
} from './shared/javascript.ts';
import { pascalCase } from './shared/names.ts';

export const typeorm: Template = {
  name: 'typeorm',
  title: 'TypeORM',
  engines: engineNames,
  description: {
    files:
      '`<milliseconds>-Name.ts` (`.js` where the last file is one), with a class whose name ends in the same number.',
    order: 'By the number at the end of the class name.',
    applied: '`migrations`, one row per class.',
    transactions:
      'One around all pending files (mode `all`, the default), one around each (`each`), or none (`none`). Our classes set no `transaction`, because mode `all` refuses a class that does. There are two files on PostgreSQL, swap and validate; on MySQL and MariaDB every ALTER commits by itself.',
    down: '`typeorm migration:revert`, one file at a time.',
    failure:
      'On PostgreSQL and SQLite nothing is kept; on MySQL and MariaDB what was done stays done, every key enforced. The file does not count as applied; run it again.',
    notes: [
      'SQLite with better-sqlite3: the file switches `unsafeMode()` on for its connection, and off at its end.',
    ],
    oneTransaction:
      'where the tables of a change are larger than 8 MB together, run it with `--transaction each` or set `migrationsTransactionMode: "each"`; both files in one transaction stop before their first lock',
  },
  history: {
    query: (flavor) =>
      flavor === 'mysql' || flavor === 'mariadb'
        ? 'SELECT `name` FROM migrations'
        : 'SELECT "name" FROM migrations',
    names: (rows, existing) => {
      const applied = new Set(rows.map((row) => String(row['name'])));
      return existing.flatMap((file) => (applied.has(className(file)) ? [scriptName(file.path) ?? ''] : []));
    },
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: (flavor) => (flavor === 'postgres' || flavor === 'sqlite' ? 'all pending files' : 'nothing'),
  commands(flavor, target) {
    const source = `-d ${target.setup ?? 'DATA_SOURCE'}`;
    const cli = source.endsWith('.ts') ? 'npx typeorm-ts-node-commonjs' : 'npx typeorm';
    const each = flavor === 'postgres' ? ' --transaction each' : '';
    return {
      up: `${cli} migration:run${each} ${source}`,
      down: oncePerFile(`${cli} migration:revert ${source}`, target),
    };
  },
  migrationName: scriptName,
  holdsUp: () => true,
  names,
  render: (migrations, existing) => {
    const style = scriptStyle(existing, typeScript);
    return migrations.map((migration) => ({
      path: `${migration.name}.${style.extension}`,
      content: file(migration, style),
    }));
  },
  replay: null,
};

/** Each file has a number of its own. */
function names({ existing, now, parts, slug }: NameRequest): readonly string[] {
  const numbers = existing.map((name) => Number(/^\d+/.exec(name)?.[0] ?? 0));
  const first = Math.max(now.getTime(), ...numbers.map((number) => number + 1));
  return parts.map((part, index) => `${first + index}-${pascalCase(slug)}${pascalCase(part)}`);
}

function className({ content }: ExistingFile): string {
  return /\bname\s*=\s*['"`](\w+)/.exec(content)?.[1] ?? /\bclass\s+(\w+)/.exec(content)?.[1] ?? '';
}

function file(migration: Migration, { isModule, isTyped }: ScriptStyle): string {
  const { downHead, flavor, head, name, record, steps } = migration;
  const [number = '', words = ''] = name.split('-');
  const inTransaction = typeorm.wraps(flavor) !== 'nothing';
  const direction = (which: Direction): readonly string[] => [
    isTyped
      ? `  public async ${which}(queryRunner: QueryRunner): Promise<void> {`
      : `  async ${which}(queryRunner) {`,
    ...indented(inUnsafeMode(flavor, stepCalls(which, steps, { call, inTransaction })), '    '),
    '  }',
  ];
  const declared = `class ${words}${number}${isTyped ? ' implements MigrationInterface' : ''} {`;
  return [
    ...head.map(jsComment),
    '',
    ...(isTyped ? ["import type { MigrationInterface, QueryRunner } from 'typeorm';", ''] : []),
    isModule ? `export ${declared}` : `module.exports = ${declared}`,
    ...direction('up'),
    '',
    ...indented(downHead.map(jsComment)),
    ...direction('down'),
    isModule ? '}' : '};',
    '',
    jsComment(record),
    '',
  ].join('\n');
}

function inUnsafeMode(flavor: EngineName, calls: readonly string[]): readonly string[] {
  if (flavor !== 'sqlite') return calls;
  return [
    'const connection = await queryRunner.connect();',
    'try {',
    `  connection.${unsafeMode(true)}`,
    ...indented(calls),
    '} finally {',
    `  connection.${unsafeMode(false)}`,
    '}',
  ];
}

function call(sql: string): string {
  return `await queryRunner.query(${jsString(sql)})`;
}
