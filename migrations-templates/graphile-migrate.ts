/** Migrations of graphile-migrate: one pending file, `current.sql`, which `commit` numbers and signs. */
import { OndeleteError } from '../src/core/errors.ts';
import type {
  ExistingFile,
  Migration,
  MigrationFile,
  NameRequest,
  Template,
} from '../src/core/contracts/template.ts';
import { noWayBack } from './shared/commands.ts';
import { sectionLines, sqlComment } from './shared/sql-sections.ts';

const current = 'current.sql';

export const graphileMigrate: Template = {
  name: 'graphile-migrate',
  title: 'graphile-migrate',
  engines: ['postgres'],
  description: {
    files:
      '`current.sql`; `graphile-migrate commit` makes `committed/NNNNNN-name.sql` of it, with the hash that the next one refers to.',
    order: 'By the number in front.',
    applied: '`graphile_migrate.migrations`, one row per committed file.',
    transactions:
      'One around each file. Our file opts out with `--! no-transaction` in its first line; it goes to the server as one message, so it holds one statement, which commits after each key.',
    down: 'graphile-migrate has no way back: put the old rule into the policy and generate again.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [
      '`commit` builds the shadow database from the first committed file to the last, so it works only where these make the tables.',
    ],
  },
  history: {
    query: () => 'SELECT filename FROM graphile_migrate.migrations',
    names(rows, existing) {
      const applied = new Set(rows.map((row) => Number.parseInt(String(row['filename']), 10)));
      return existing
        .map(({ path }) => committedName(path))
        .filter((name) => name !== null)
        .filter((name) => applied.has(Number.parseInt(name, 10)));
    },
  },
  runner: { runsCode: false, commandLineClient: false, oneMessage: true },
  wraps: () => 'nothing',
  commands: (_, { names }) => ({
    up: `npx graphile-migrate commit --message ${names.join(' ').replace(/^.*-/, '')}`,
    down: noWayBack,
  }),
  /** The pending file sorts after the committed ones. */
  migrationName: (path) => (path === current ? 'current' : committedName(path)),
  holdsUp: () => true,
  isBookkeeping: (path) => path.startsWith('current/'),
  names({ existing, slug }: NameRequest) {
    const numbers = existing.map((name) => Number.parseInt(name, 10)).filter((number) => number > 0);
    return [`${String(Math.max(0, ...numbers) + 1).padStart(6, '0')}-${slug}`];
  },
  render(migrations, existing) {
    requireEmpty(existing);
    const replaces = existing.some(({ path }) => path === current);
    return migrations.map((migration): MigrationFile => ({
      path: current,
      content: file(migration),
      replaces,
    }));
  },
  replay: null,
};

function committedName(path: string): string | null {
  return /^committed\/(\d+(?:-[^/]*)?)\.sql$/.exec(path)?.[1] ?? null;
}

/** @throws OndeleteError USAGE where another change waits for its commit */
function requireEmpty(existing: readonly ExistingFile[]): void {
  if (existing.some(({ path }) => path.startsWith('current/')))
    throw new OndeleteError(
      'USAGE',
      'the folder current/ holds the pending migration, and graphile-migrate takes a file that opts out of its transaction only as current.sql',
      'Commit what is there, and replace the folder with an empty current.sql.',
    );
  const content = existing.find(({ path }) => path === current)?.content ?? '';
  if (content.replace(/^\s*--.*$/gm, '').trim() !== '')
    throw new OndeleteError(
      'USAGE',
      'current.sql holds a migration that is not committed, and there is room for one only',
      'Run `graphile-migrate commit`, or empty the file.',
    );
}

function file(migration: Migration): string {
  return [
    '--! no-transaction',
    ...migration.head.map(sqlComment),
    '',
    ...sectionLines(migration, 'up', { toolCommits: false }),
    sqlComment(migration.record),
    '',
  ].join('\n');
}
