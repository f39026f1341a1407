/** Migrations of golang-migrate: `YYYYMMDDHHMMSS_name.up.sql` and `.down.sql`. */
import { type Direction, engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { folderFlag, folderOf } from './shared/commands.ts';
import { numberedNames, stampedNames } from './shared/names.ts';
import { sectionLines, sqlComment } from './shared/sql-sections.ts';

const migrationName = (path: string): string | null =>
  /^(\d+_[^/]*)\.(?:up|down)\.sql$/.exec(path)?.[1] ?? null;

export const golangMigrate: Template = {
  name: 'golang-migrate',
  title: 'golang-migrate',
  engines: engineNames,
  description: {
    files: '`YYYYMMDDHHMMSS_name.up.sql` and `.down.sql`, or a running number in front',
    order: 'By the number in front of the name.',
    applied: '`schema_migrations`, one row with the number of the last file.',
    transactions:
      'SQLite: one around each file. Elsewhere none; a file is sent as one message, which PostgreSQL makes one transaction unless it holds a single statement, as ours does.',
    down: '`migrate down 1` takes back the last file.',
    failure:
      'SQLite: nothing is kept; elsewhere what was done stays done, every key enforced. The number is marked dirty, and nothing runs until `migrate force` with the number before it; then run it again.',
    notes: [
      'MySQL and MariaDB: the URL needs `multiStatements=true`.',
      'SQLite: leave `x-no-tx-wrap` out of the URL, or the file is not one transaction.',
      'PostgreSQL: leave `x-multi-statement` out of the URL, or the file is cut at semicolons.',
    ],
  },
  history: {
    query: () => 'SELECT version, dirty FROM schema_migrations',
    names: ([row], existing) => {
      if (row === undefined) return [];
      const last = BigInt(String(row['version']));
      const isDirty = ['1', 'true'].includes(String(row['dirty']));
      return numberedNames(
        existing,
        migrationName,
        (number) => number < last || (number === last && !isDirty),
      );
    },
  },
  runner: { runsCode: false, commandLineClient: false, oneMessage: true },
  wraps: (flavor) => (flavor === 'sqlite' ? 'each file' : 'nothing'),
  commands(_, target) {
    const migrate = `migrate${folderFlag({ folder: folderOf(target) }, '-path', '')} -database "$DATABASE_URL"`;
    return { up: `${migrate} up`, down: `${migrate} down ${target.names.length}` };
  },
  migrationName,
  holdsUp: (path) => path.endsWith('.up.sql'),
  names: stampedNames,
  render: (migrations) =>
    migrations.flatMap((migration) => [
      { path: `${migration.name}.up.sql`, content: file(migration, 'up') },
      { path: `${migration.name}.down.sql`, content: file(migration, 'down') },
    ]),
  replay: null,
};

function file(migration: Migration, direction: Direction): string {
  const { downHead, flavor, head, record } = migration;
  return [
    ...(direction === 'up' ? head : downHead).map(sqlComment),
    '',
    ...sectionLines(migration, direction, { toolCommits: flavor === 'sqlite' }),
    ...(direction === 'up' ? [sqlComment(record)] : []),
    '',
  ].join('\n');
}
