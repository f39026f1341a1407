/** Changelogs of Liquibase as formatted SQL: `YYYYMMDDHHMMSS_name.sql` with one changeset. */
import { type EngineName, engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { stampedNames } from './shared/names.ts';
import { sectionLines, sqlComment, withSemicolon } from './shared/sql-sections.ts';

export const liquibase: Template = {
  name: 'liquibase',
  title: 'Liquibase',
  engines: engineNames,
  description: {
    files: '`YYYYMMDDHHMMSS_name.sql`, formatted SQL with one changeset and its rollback',
    order: 'By the root changelog: by name with `includeAll`, else in the order of its `include` lines.',
    applied: '`DATABASECHANGELOG`, one row per changeset with a checksum.',
    transactions:
      'One around each changeset. Ours opts out with `runInTransaction:false`, but not on SQLite: there Liquibase loses a transaction that the file opens and still records the changeset.',
    down: '`liquibase rollback-count --count=1` takes back the last changeset.',
    failure:
      'SQLite: nothing is kept; elsewhere what was done stays done, every key enforced. The changeset does not count as applied; run it again.',
    notes: [
      'A root changelog without `includeAll` needs an `include` line for the file.',
      'The text of an applied changeset must stay as it is: Liquibase refuses one that was edited.',
    ],
  },
  history: {
    query: () => 'SELECT FILENAME AS filename FROM DATABASECHANGELOG',
    names: (rows) =>
      rows.map((row) =>
        String(row['filename'])
          .replace(/^.*\//, '')
          .replace(/\.sql$/, ''),
      ),
  },
  runner: { runsCode: false, commandLineClient: false, oneMessage: true },
  wraps: (flavor) => (flavor === 'sqlite' ? 'each file' : 'nothing'),
  commands: (_, { names }) => ({
    up: 'liquibase update',
    down: `liquibase rollback-count --count=${names.length}`,
  }),
  migrationName: (path) => /^([^/]+)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  names: stampedNames,
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.sql`, content: file(migration) })),
  replay: null,
};

/** PostgreSQL gets the text as it is; MariaDB's blocks end with a slash on a line of its own, because they hold semicolons. */
const attributes: Readonly<Record<EngineName, readonly string[]>> = {
  postgres: [
    'runInTransaction:false',
    'splitStatements:false',
    'rollbackSplitStatements:false',
    'stripComments:false',
  ],
  mysql: ['runInTransaction:false'],
  mariadb: ['runInTransaction:false', 'endDelimiter:/', 'rollbackEndDelimiter:/'],
  sqlite: [],
};

function file(migration: Migration): string {
  const { downHead, flavor, head, name, record } = migration;
  const options = {
    toolCommits: flavor === 'sqlite',
    write: flavor === 'mariadb' ? (sql: string) => [sql, '/'] : withSemicolon,
  };
  return [
    '--liquibase formatted sql',
    '',
    ...head.map(sqlComment),
    sqlComment(record),
    '',
    ['--changeset', `ondelete:${name}`, ...attributes[flavor]].join(' '),
    ...sectionLines(migration, 'up', options),
    ...downHead.map(sqlComment),
    ...rollback(sectionLines(migration, 'down', options)),
    '',
  ].join('\n');
}

/** A block comment `liquibase rollback` would read better, but 4.28 joins its lines: the first comment would hide the rest. */
function rollback(lines: readonly string[]): readonly string[] {
  return lines
    .join('\n')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `--rollback ${line}`);
}
