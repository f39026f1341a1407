/** Migrations of postgrator: `NNN.do.name.sql` and `NNN.undo.name.sql`. */
import { type Direction, engineNames } from '../src/core/model.ts';
import type { Migration, NameRequest, Template } from '../src/core/contracts/template.ts';
import { sectionLines, sqlComment } from './shared/sql-sections.ts';

export const postgrator: Template = {
  name: 'postgrator',
  title: 'postgrator',
  engines: engineNames,
  description: {
    files: '`NNN.do.name.sql` and `NNN.undo.name.sql`.',
    order: 'By the number in front.',
    applied: '`schemaversion`, one row per number; what is not above the largest number is never run.',
    transactions:
      'None. Each file goes to your `execQuery` as one text; on PostgreSQL that is one message, so the file holds one statement, which commits after each key.',
    down: '`postgrator.migrate("NNN")` with the number before the file’s own.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [],
    engineNotes: {
      mysql:
        'MySQL and MariaDB: the connection of `execQuery` needs `multipleStatements: true`, and has to be a single one rather than a pool.',
      mariadb:
        'MySQL and MariaDB: the connection of `execQuery` needs `multipleStatements: true`, and has to be a single one rather than a pool.',
      sqlite:
        'SQLite with better-sqlite3: run it with `db.unsafeMode(true); try { await postgrator.migrate(); } finally { db.unsafeMode(false); }`, where `db` is the `Database` behind `execQuery`. Without it the file stops and changes nothing.',
    },
  },
  history: {
    query: () => 'SELECT version, name FROM schemaversion WHERE version > 0',
    names: (rows) => rows.map(({ name, version }) => nameOf(String(version), String(name))),
  },
  runner: { runsCode: false, commandLineClient: false, oneMessage: true },
  wraps: () => 'nothing',
  commands: (_, { before }) => ({
    up: 'await postgrator.migrate()',
    down: `await postgrator.migrate("${before?.replace(/^0+(?=\d)|\..*$/g, '') ?? '0'}")`,
  }),
  migrationName(path) {
    const [, version, name] = /^(\d+)\.(?:do|undo)\.([^/]*)\.sql$/.exec(path) ?? [];
    return version === undefined || name === undefined ? null : nameOf(version, name);
  },
  holdsUp: (path) => /^\d+\.do\./.test(path),
  names,
  render: (migrations) =>
    migrations.flatMap((migration) => [
      { path: pathOf(migration, 'do'), content: file(migration, 'up') },
      { path: pathOf(migration, 'undo'), content: file(migration, 'down') },
    ]),
  replay: null,
};

/** Postgrator compares numbers, so `9` comes before `10`; the names of others sort as text. */
const width = 16;

function nameOf(version: string, name: string): string {
  return `${version.replace(/^0+(?=\d)/, '').padStart(width, '0')}.${name}`;
}

function names({ existing, parts, slug }: NameRequest): readonly string[] {
  const last = Math.max(0, ...existing.map((name) => Number.parseInt(name, 10)));
  return parts.map((part, index) => nameOf(String(last + 1 + index), part === '' ? slug : `${slug}_${part}`));
}

/** `003.do.name.sql`. */
function pathOf({ name }: Migration, action: 'do' | 'undo'): string {
  const [number, words = ''] = name.split('.');
  return `${String(Number(number)).padStart(3, '0')}.${action}.${words}.sql`;
}

function file(migration: Migration, direction: Direction): string {
  const { downHead, head, record } = migration;
  return [
    ...(direction === 'up' ? head : downHead).map(sqlComment),
    '',
    ...sectionLines(migration, direction, { toolCommits: false }),
    ...(direction === 'up' ? [sqlComment(record), ''] : []),
  ].join('\n');
}
