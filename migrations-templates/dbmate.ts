/** Migrations of dbmate: `YYYYMMDDHHMMSS_name.sql` with the sections `-- migrate:up` and `-- migrate:down`. */
import { engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { folderFlag, oncePerFile } from './shared/commands.ts';
import { numberedNames, stampedNames } from './shared/names.ts';
import { sectionLines, sqlComment } from './shared/sql-sections.ts';

const migrationName = (path: string): string | null => /^(\d[^/]*)\.sql$/.exec(path)?.[1] ?? null;

export const dbmate: Template = {
  name: 'dbmate',
  title: 'dbmate',
  engines: engineNames,
  description: {
    files: '`YYYYMMDDHHMMSS_name.sql` with the sections `-- migrate:up` and `-- migrate:down`',
    order: 'By name; a pending file is applied wherever its name sorts.',
    applied: '`schema_migrations`, one row per file with the number in front of its name.',
    transactions:
      'One around each file. Our file opts out with `transaction:false`, because dbmate would lose track of a transaction that the file ends itself.',
    down: '`dbmate down` takes back the last file.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT version FROM schema_migrations',
    names: (rows, existing) => {
      const applied = new Set(rows.map((row) => BigInt(String(row['version']))));
      return numberedNames(existing, migrationName, (number) => applied.has(number));
    },
  },
  runner: { runsCode: false, commandLineClient: false, oneMessage: true },
  wraps: () => 'nothing',
  commands(_, target) {
    const dbmate = `dbmate${folderFlag(target, '-d', 'db/migrations')}`;
    return { up: `${dbmate} up`, down: oncePerFile(`${dbmate} down`, target) };
  },
  migrationName,
  holdsUp: () => true,
  names: stampedNames,
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.sql`, content: file(migration) })),
  replay: null,
};

function file(migration: Migration): string {
  const { downHead, head, record } = migration;
  return [
    ...head.map(sqlComment),
    '',
    '-- migrate:up transaction:false',
    ...sectionLines(migration, 'up', { toolCommits: false }),
    '-- migrate:down transaction:false',
    ...downHead.map(sqlComment),
    ...sectionLines(migration, 'down', { toolCommits: false }),
    sqlComment(record),
    '',
  ].join('\n');
}
