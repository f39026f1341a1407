/** Migrations of Flyway: `VYYYYMMDDHHMMSS__name.sql`, with `U…` to take it back and `….sql.conf` beside each. */
import { type Direction, type EngineName, engineNames } from '../src/core/model.ts';
import type { CommandTarget, Migration, MigrationFile, Template } from '../src/core/contracts/template.ts';
import { oneByOne, pathIn } from './shared/commands.ts';
import { nextNumbers } from './shared/names.ts';
import { mariadbBlock, sectionLines, sqlComment, withSemicolon } from './shared/sql-sections.ts';

export const flyway: Template = {
  name: 'flyway',
  title: 'Flyway',
  engines: engineNames,
  description: {
    files:
      '`VYYYYMMDDHHMMSS__name.sql`, or a running number; `U…__name.sql` to take it back; and `….sql.conf` beside each',
    order: 'By the number behind the V; a pending file with a smaller number than an applied one is refused.',
    applied: '`flyway_schema_history`, one row per file with a checksum.',
    transactions:
      'One around each file. Our file opts out with `executeInTransaction=false` in its `.sql.conf`. SQLite: the file is left in Flyway’s transaction.',
    down: '`flyway undo` of the paid editions takes back the last file. Without it run the `U` file with the database’s own client and delete the row of the `V` file from `flyway_schema_history`; the head of the file has the command.',
    failure:
      'SQLite: nothing is kept. Elsewhere what was done stays done, every key enforced, and a failed row is recorded: run `flyway repair`, then `flyway migrate` again.',
    notes: [
      'Commit the `.sql.conf` files too.',
      'Without a paid edition Flyway knows no `U` files: it counts them among the migrations that were detected but not run, and with `validateMigrationNaming=true` it stops at them. Keep them outside `locations` then, and name that folder in the command.',
      '`flyway undo` itself was not run: the `U` file was run by Flyway as a migration, and the row of the `V` file deleted.',
    ],
  },
  history: {
    query: () => 'SELECT script, type FROM flyway_schema_history WHERE success ORDER BY installed_rank',
    names: (rows) => {
      const applied = new Set<string>();
      for (const row of rows) {
        const name = String(row['script'])
          .replace(/^.*\//, '')
          .replace(/\.sql$/, '');
        if (String(row['type']).startsWith('UNDO')) applied.delete(name.replace(/^U/, 'V'));
        else applied.add(name);
      }
      return [...applied];
    },
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: (flavor) => (flavor === 'sqlite' ? 'each file' : 'nothing'),
  commands: (flavor, target) => ({ up: 'flyway migrate', down: undo(flavor, target) }),
  migrationName: (path) => /^[VU](\d[^/]*__[^/]*)\.sql$/.exec(path)?.[1]?.replace(/^/, 'V') ?? null,
  holdsUp: (path) => path.startsWith('V'),
  names: (request) => {
    const existing = request.existing.map((name) => name.replace(/^V/, ''));
    const numbers = nextNumbers({ ...request, existing });
    return request.parts.map(
      (part, at) => `V${numbers[at]}__${request.slug}${part === '' ? '' : `_${part}`}`,
    );
  },
  render: (migrations) =>
    migrations.flatMap((migration) => [...files(migration, 'up'), ...files(migration, 'down')]),
  replay: null,
};

/** The U files by hand, newest first, each with the row of its V file: `flyway undo` has to be paid for. */
function undo(flavor: EngineName, target: CommandTarget): string {
  const byHand = oneByOne(target.names.toReversed(), (name) => {
    const [, number = 'NUMBER', rest = name] = /^V(.+?)__(.*)$/.exec(name) ?? [];
    // Flyway writes 1_2 as 1.2. In a transaction, so that half of the line deletes nothing.
    const forget = `"BEGIN; DELETE FROM flyway_schema_history WHERE version = '${number.replaceAll('_', '.')}'; COMMIT"`;
    return clients[flavor](pathIn(target, `U${number}__${rest}.sql`), forget);
  });
  return `${byHand}   # flyway undo in the paid editions`;
}

const clients: Readonly<Record<EngineName, (file: string, statement: string) => string>> = {
  postgres: (file, sql) => `psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f ${file} -c ${sql}`,
  mysql: (file, sql) => `mysql DATABASE < ${file} && mysql DATABASE -e ${sql}`,
  mariadb: (file, sql) => `mariadb DATABASE < ${file} && mariadb DATABASE -e ${sql}`,
  sqlite: (file, sql) => `sqlite3 -bail -cmd '.dbconfig defensive off' FILE < ${file} && sqlite3 FILE ${sql}`,
};

function files(migration: Migration, direction: Direction): readonly MigrationFile[] {
  const path = `${direction === 'up' ? migration.name : migration.name.replace(/^V/, 'U')}.sql`;
  const content = sql(migration, direction);
  const settings = [
    ...(migration.flavor === 'sqlite' ? [] : ['executeInTransaction=false']),
    // Flyway takes ${…} for a placeholder, in quotes too.
    ...(content.includes('${') ? ['placeholderReplacement=false'] : []),
  ];
  if (settings.length === 0) return [{ path, content }];
  return [
    { path, content },
    { path: `${path}.conf`, content: `${settings.join('\n')}\n` },
  ];
}

function sql(migration: Migration, direction: Direction): string {
  const { downHead, flavor, head, record } = migration;
  return [
    ...(direction === 'up' ? head : downHead).map(sqlComment),
    '',
    ...sectionLines(migration, direction, {
      toolCommits: flavor === 'sqlite',
      write: flavor === 'mariadb' ? mariadbBlock : withSemicolon,
    }),
    ...(direction === 'up' ? [sqlComment(record)] : []),
    '',
  ].join('\n');
}
