/** Plain SQL files for @libsql/client, which has no program: `NAME.up.sql` and `NAME.down.sql`. */
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { pathIn } from './shared/commands.ts';
import { stampedNames } from './shared/names.ts';
import { sectionLines, sqlComment } from './shared/sql-sections.ts';

export const libsql: Template = {
  name: 'libsql',
  title: 'libSQL',
  engines: ['sqlite'],
  service: 'libsql',
  description: {
    files: '`NAME.up.sql` and `NAME.down.sql`',
    order: 'By name.',
    applied: 'Nowhere: `ondelete` compares the keys with the files.',
    transactions: 'None; each file opens and ends its own.',
    down: 'Run the `.down.sql` files, newest first.',
    failure: 'Nothing of the file is kept. Run it again.',
    notes: [
      'libSQL has no command-line client: run a file with `createClient({ url: "file:shop.db" }).executeMultiple(text)` of @libsql/client, or `new Database("shop.db").exec(text)` of libsql. Both stop at the first error, which the files rely on.',
      'The sqlite3 client does not know `ALTER COLUMN … TO`. For it, and for tools that use SQLite, name the same file as sqlite:FILE.',
    ],
  },
  history: null,
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands(_, target) {
    const send = (direction: 'up' | 'down') => (name: string) =>
      `await client.executeMultiple(readFileSync('${pathIn(target, `${name}.${direction}.sql`)}', 'utf8'))`;
    return {
      up: target.names.map(send('up')).join('; '),
      down: target.names.toReversed().map(send('down')).join('; '),
    };
  },
  migrationName: (path) => /^([^/]+)\.(?:up|down)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: (path) => path.endsWith('.up.sql'),
  names: (request) => stampedNames(request),
  render: (migrations) =>
    migrations.flatMap((migration) => [
      { path: `${migration.name}.up.sql`, content: file(migration, 'up') },
      { path: `${migration.name}.down.sql`, content: file(migration, 'down') },
    ]),
  replay: null,
};

function file(migration: Migration, direction: 'up' | 'down'): string {
  const isUp = direction === 'up';
  return [
    ...(isUp ? migration.head : migration.downHead).map(sqlComment),
    '',
    ...sectionLines(migration, direction, { toolCommits: false }),
    ...(isUp ? [sqlComment(migration.record)] : []),
    '',
  ].join('\n');
}
