/** Migrations of sql-migrate: `YYYYMMDDHHMMSS-name.sql` with `-- +migrate Up` and `-- +migrate Down`. */
import { engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { stampedNames } from './shared/names.ts';
import { between, sectionLines, sqlComment } from './shared/sql-sections.ts';

export const sqlMigrate: Template = {
  name: 'sql-migrate',
  title: 'sql-migrate',
  engines: engineNames,
  description: {
    files: '`YYYYMMDDHHMMSS_name.sql` with `-- +migrate Up` and `-- +migrate Down`',
    order: 'By name, the number in front as a number.',
    applied: '`gorp_migrations`, one row per file with its whole name.',
    transactions: 'One around each file. Our file opts out with `notransaction`.',
    down: '`sql-migrate down` takes back the last file.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT id FROM gorp_migrations',
    names: (rows) => rows.map((row) => String(row['id']).replace(/\.sql$/, '')),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: (_, { names }) => ({
    up: 'sql-migrate up',
    down: names.length === 1 ? 'sql-migrate down' : `sql-migrate down -limit=${names.length}`,
  }),
  migrationName: (path) => /^([^/]+)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  names: stampedNames,
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.sql`, content: file(migration) })),
  replay: null,
};

const options = {
  toolCommits: false,
  write: between('-- +migrate StatementBegin', '-- +migrate StatementEnd'),
};

function file(migration: Migration): string {
  const { downHead, head, record } = migration;
  return [
    ...head.map(sqlComment),
    '',
    '-- +migrate Up notransaction',
    ...sectionLines(migration, 'up', options),
    '-- +migrate Down notransaction',
    ...downHead.map(sqlComment),
    ...sectionLines(migration, 'down', options),
    sqlComment(record),
    '',
  ].join('\n');
}
