/** Migrations of Drizzle: `NNNN_name.sql`, with an entry in the journal and a snapshot of the schema. */
import { engineNames } from '../../src/core/model.ts';
import type { Migration, NameRequest, Template } from '../../src/core/contracts/template.ts';
import { noWayBack } from '../shared/commands.ts';
import { stampedNames } from '../shared/names.ts';
import { OndeleteError } from '../../src/core/errors.ts';
import { sectionLines, sqlComment } from '../shared/sql-sections.ts';
import { entriesOf, journalWith, readJournal } from './journal.ts';
import { snapshotsAfter } from './snapshot.ts';

const breakpoint = '--> statement-breakpoint';

export const drizzle: Template = {
  name: 'drizzle',
  title: 'Drizzle',
  engines: engineNames,
  description: {
    files: '`NNNN_name.sql`, an entry in `meta/_journal.json`, and `meta/NNNN_snapshot.json`.',
    order: 'By the `when` of the journal.',
    applied:
      '`__drizzle_migrations` (on PostgreSQL in the schema `drizzle`): what is not newer than the newest row is never run.',
    transactions:
      'One around all pending files; a file cannot opt out. There are two files on PostgreSQL, swap and validate; on MySQL and MariaDB every ALTER commits by itself.',
    down: 'Drizzle has no way back: put the old rule into the policy and generate again.',
    failure:
      'On PostgreSQL and SQLite nothing is kept; on MySQL and MariaDB what was done stays done, every key enforced. The file does not count as applied; run it again.',
    notes: [
      'Write the new `onDelete` into your schema as well: drizzle-kit compares it with the snapshot, which has the new one.',
    ],
    oneTransaction:
      'where the tables of a change are larger than 8 MB together, take the last entry out of `meta/_journal.json`, migrate, put the entry back and migrate again; both at once stop before their first lock',
    engineNotes: {
      sqlite:
        'SQLite with better-sqlite3: run it with `sqlite.unsafeMode(true); try { migrate(db, { migrationsFolder }); } finally { sqlite.unsafeMode(false); }`, where `sqlite` is the `Database` below `db`; drizzle-kit has no place for that. Without it the file stops and changes nothing.',
    },
  },
  history: {
    query: (flavor) =>
      `SELECT max(created_at) AS newest FROM ${flavor === 'postgres' ? 'drizzle.' : ''}__drizzle_migrations`,
    names(rows, existing) {
      const newest = Number(rows[0]?.['newest'] ?? 0);
      return entriesOf(existing)
        .filter(({ when }) => when <= newest)
        .map(({ tag }) => tag);
    },
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: (flavor) => (flavor === 'postgres' || flavor === 'sqlite' ? 'all pending files' : 'nothing'),
  commands: () => ({
    up: 'npx drizzle-kit migrate   # or migrate() in your code',
    down: noWayBack,
  }),
  migrationName: (path) => /^([^/]+)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  isBookkeeping: (path) => /^meta\/[^/]+\.json$/.test(path),
  names,
  render(migrations, existing, now) {
    const [first] = migrations;
    if (first === undefined) return [];
    const journal = readJournal(existing, first.flavor);
    return [
      ...migrations.map((migration) => ({ path: `${migration.name}.sql`, content: file(migration) })),
      ...snapshotsAfter(migrations, existing),
      journalWith(journal, migrations, now),
    ];
  },
  replay: null,
};

/** Each file has a number of its own, and its snapshot the same one. */
function names({ parts, slug, ...request }: NameRequest): readonly string[] {
  const [first = ''] = stampedNames({ ...request, slug, parts: [''] }, { first: () => '0000' });
  const number = /^\d+/.exec(first)?.[0] ?? '';
  return parts.map((part, index) => {
    const own = String(BigInt(number) + BigInt(index)).padStart(number.length, '0');
    return [own, slug, ...(part === '' ? [] : [part])].join('_');
  });
}

function file(migration: Migration): string {
  const toolCommits = drizzle.wraps(migration.flavor) !== 'nothing';
  let statements = 0;
  const write = (sql: string): readonly string[] => {
    statements += 1;
    return [...(statements === 1 ? [] : [breakpoint]), `${sql};`];
  };
  const content = [
    ...migration.head.map(sqlComment),
    '',
    ...sectionLines(migration, 'up', { toolCommits, write }),
    sqlComment(migration.record),
    '',
  ].join('\n');
  const marks = content.split('\n').filter((line) => line.includes(breakpoint));
  if (marks.length === Math.max(statements - 1, 0)) return content;
  throw new OndeleteError(
    'USAGE',
    `a name in this change holds Drizzle’s mark "${breakpoint}", which would cut the file`,
    'Leave that key out with --only, or write it with --tool sql.',
  );
}
