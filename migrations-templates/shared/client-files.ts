/** Plain SQL files for a library that has no program of its own: `NAME.up.sql` and `NAME.down.sql`. */
import type { Migration, Template } from '../../src/core/contracts/template.ts';
import { pathIn } from './commands.ts';
import { stampedNames } from './names.ts';
import { sectionLines, sqlComment } from './sql-sections.ts';

/** @param call the function of an open client that runs the text of a file */
export function clientFiles({
  call,
  failure,
  notes,
  ...template
}: Pick<Template, 'name' | 'title' | 'replay'> & {
  readonly call: string;
  readonly failure: string;
  readonly notes: readonly string[];
}): Template {
  return {
    ...template,
    engines: ['sqlite'],
    service: template.name,
    description: {
      files: '`NAME.up.sql` and `NAME.down.sql`',
      order: 'By name.',
      applied: 'Nowhere: `ondelete` compares the keys with the files.',
      transactions: 'None; each file opens and ends its own.',
      down: 'Run the `.down.sql` files, newest first.',
      failure,
      notes,
    },
    history: null,
    runner: { runsCode: false, commandLineClient: false },
    wraps: () => 'nothing',
    commands(_, target) {
      const send = (direction: 'up' | 'down') => (name: string) =>
        `await ${call}(readFileSync('${pathIn(target, `${name}.${direction}.sql`)}', 'utf8'))`;
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
  };
}

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
