/** Migrations of wrangler for Cloudflare D1: `NNNN_name.sql`; the way back in `down/NNNN_name.sql`, which wrangler does not look at. */
import type { Migration, MigrationFile, Replay, Stage, Template } from '../src/core/contracts/template.ts';
import { compareText } from '../src/core/names.ts';
import { oneByOne, pathIn } from './shared/commands.ts';
import { stampedNames } from './shared/names.ts';
import { sectionLines, sqlComment } from './shared/sql-sections.ts';

const down = 'down/';

export const d1: Template = {
  name: 'd1',
  title: 'wrangler (Cloudflare D1)',
  engines: ['sqlite'],
  service: 'd1',
  description: {
    files: '`NNNN_name.sql`, and `down/NNNN_name.sql` for the way back.',
    order: 'By name.',
    applied: '`d1_migrations`, one row per file.',
    transactions: 'One around each file, in which keys cannot be switched off.',
    down: 'wrangler has no way back. Run the file in `down` with `wrangler d1 execute`, newest first; it takes its row out of `d1_migrations` as well.',
    failure: 'Nothing of the file is kept, and it does not count as applied. Run it again.',
    notes: [
      'What is read is the local state of wrangler: apply your migrations with `--local` first. The files are for `--remote` as well; what was run is the local D1.',
      'With a `migrations_table` of your own the file in `down` ends with an error that changes nothing: write its name there.',
    ],
  },
  history: {
    query: () => 'SELECT name FROM d1_migrations',
    names: (rows) => rows.map((row) => String(row['name']).replace(/\.sql$/, '')),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'each file',
  commands: (_, target) => ({
    up: 'npx wrangler d1 migrations apply DATABASE --local   # then --remote',
    down: oneByOne(
      target.names.toReversed(),
      (name) => `npx wrangler d1 execute DATABASE --local --file ${pathIn(target, `${down}${name}.sql`)}`,
    ),
  }),
  migrationName: (path) => /^(?:down\/)?([^/]+)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: (path) => !path.startsWith(down),
  names: (request) => stampedNames(request, { first: () => '0001' }),
  render: (migrations) =>
    migrations.flatMap((migration) => [
      { path: `${migration.name}.sql`, content: file(migration, 'up') },
      { path: `${down}${migration.name}.sql`, content: file(migration, 'down') },
    ]),
  replay: (files, stage) => Promise.resolve(replay(files, stage)),
};

function file(migration: Migration, direction: 'up' | 'down'): string {
  const { downHead, head, name, record } = migration;
  const isUp = direction === 'up';
  return [
    ...(isUp ? head : downHead).map(sqlComment),
    '',
    ...sectionLines(migration, direction, { toolCommits: true }),
    ...(isUp
      ? [sqlComment(record)]
      : [
          sqlComment('wrangler has no way back: it takes the file for pending again'),
          `DELETE FROM d1_migrations WHERE name = '${name}.sql';`,
        ]),
    '',
  ].join('\n');
}

/** As D1 runs them: each file is one transaction, with keys on. */
function replay(files: readonly MigrationFile[], stage: Stage): Replay {
  const run = async (isUp: boolean): Promise<void> => {
    const wanted = files.filter(({ path }) => d1.holdsUp(path) === isUp);
    const sorted = wanted.toSorted((a, b) => compareText(a.path, b.path));
    await stage.run('PRAGMA foreign_keys = ON');
    await stage.run('CREATE TABLE IF NOT EXISTS d1_migrations (name TEXT)');
    for (const { content } of isUp ? sorted : sorted.reverse()) {
      await stage.run('BEGIN');
      try {
        await stage.run(content);
        await stage.run('COMMIT');
      } catch (error) {
        await stage.run('ROLLBACK');
        throw error;
      }
    }
  };
  return { up: () => run(true), down: () => run(false) };
}
