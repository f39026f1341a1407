/** Migrations of the Supabase CLI: `supabase/migrations/YYYYMMDDHHMMSS_name.sql`; PostgreSQL. */
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { noWayBack } from './shared/commands.ts';
import { nextNumbers, numberedNames } from './shared/names.ts';
import { sectionLines, sqlComment } from './shared/sql-sections.ts';

const migrationName = (path: string): string | null => /^(\d{14}_[^/]*)\.sql$/.exec(path)?.[1] ?? null;

export const supabase: Template = {
  name: 'supabase',
  title: 'Supabase',
  engines: ['postgres'],
  description: {
    files: '`supabase/migrations/YYYYMMDDHHMMSS_name.sql`',
    order:
      'By the number in front of the name; a pending file with a smaller number than an applied one needs `--include-all`.',
    applied: '`supabase_migrations.schema_migrations`, one row per file with its number.',
    transactions: 'One around each file. There are two files, swap and validate.',
    down: 'Supabase has no way back: put the old rule into the policy and generate again.',
    failure: 'Nothing of the file is kept, and it does not count as applied. Run it again.',
    notes: [],
  },
  history: {
    query: () => 'SELECT version FROM supabase_migrations.schema_migrations',
    names: (rows, existing) => {
      const applied = new Set(rows.map((row) => BigInt(String(row['version']))));
      return numberedNames(existing, migrationName, (number) => applied.has(number));
    },
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'each file',
  commands: () => ({
    up: 'supabase db push --db-url "$DATABASE_URL"   # without --db-url where the project is linked',
    down: noWayBack,
  }),
  migrationName,
  holdsUp: () => true,
  names: (request) => {
    const numbers = nextNumbers(request);
    return request.parts.map((part, at) => `${numbers[at]}_${request.slug}${part === '' ? '' : `_${part}`}`);
  },
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.sql`, content: file(migration) })),
  replay: null,
};

function file(migration: Migration): string {
  return [
    ...migration.head.map(sqlComment),
    '',
    ...sectionLines(migration, 'up', { toolCommits: true }),
    sqlComment(migration.record),
    '',
  ].join('\n');
}
