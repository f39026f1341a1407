/** Migrations of goose: `YYYYMMDDHHMMSS_name.sql` with `-- +goose Up` and `-- +goose Down`. */
import { engineNames } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { folderFlag, oncePerFile } from './shared/commands.ts';
import { numberedNames, stampedNames } from './shared/names.ts';
import { between, sectionLines, sqlComment } from './shared/sql-sections.ts';

const migrationName = (path: string): string | null => /^(\d+_[^/]*)\.(?:sql|go)$/.exec(path)?.[1] ?? null;

export const goose: Template = {
  name: 'goose',
  title: 'goose',
  engines: engineNames,
  description: {
    files:
      '`YYYYMMDDHHMMSS_name.sql`, or a running number in front, with `-- +goose Up` and `-- +goose Down`',
    order:
      'By the number in front of the name; a pending file with a smaller number than an applied one needs `-allow-missing`.',
    applied: '`goose_db_version`, one row per file with its number.',
    transactions: 'One around each file. Our file opts out with `-- +goose NO TRANSACTION`.',
    down: '`goose down` takes back the last file.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT version_id FROM goose_db_version WHERE is_applied',
    names: (rows, existing) => {
      const applied = new Set(rows.map((row) => BigInt(String(row['version_id']))));
      return numberedNames(existing, migrationName, (number) => applied.has(number));
    },
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands(_, target) {
    const goose = `goose${folderFlag(target, '-dir', '.')}`;
    return { up: `${goose} up`, down: oncePerFile(`${goose} down`, target) };
  },
  migrationName,
  holdsUp: () => true,
  names: stampedNames,
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.sql`, content: file(migration) })),
  replay: null,
};

const options = {
  toolCommits: false,
  write: between('-- +goose StatementBegin', '-- +goose StatementEnd'),
};

function file(migration: Migration): string {
  const { downHead, head, record } = migration;
  return [
    ...head.map(sqlComment),
    '',
    '-- +goose NO TRANSACTION',
    '-- +goose Up',
    ...sectionLines(migration, 'up', options),
    '-- +goose Down',
    ...downHead.map(sqlComment),
    ...sectionLines(migration, 'down', options),
    sqlComment(record),
    '',
  ].join('\n');
}
