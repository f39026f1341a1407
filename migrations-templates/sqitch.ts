/** Changes of sqitch: `deploy/`, `revert/` and `verify/NAME.sql`, and a line in `sqitch.plan`. */
import { OndeleteError } from '../src/core/errors.ts';
import { engineNames } from '../src/core/model.ts';
import type { ExistingFile, Migration, MigrationFile, Template } from '../src/core/contracts/template.ts';
import { clientFile } from './sql/index.ts';

const planFile = 'sqitch.plan';

export const sqitch: Template = {
  name: 'sqitch',
  title: 'Sqitch',
  engines: engineNames,
  description: {
    files:
      '`deploy/NAME.sql`, `revert/NAME.sql` and `verify/NAME.sql`, and a line in `sqitch.plan`; --out is the folder of the plan',
    order: 'By the lines of `sqitch.plan`.',
    applied:
      'PostgreSQL: `sqitch.changes` in the same database. MySQL and MariaDB: a database called `sqitch`. SQLite: a file `sqitch.db` beside the database, which ondelete does not read.',
    transactions: 'None; the database’s own client runs each file, which opens and ends its own.',
    down: '`sqitch revert --to @HEAD^` takes back the last change.',
    failure:
      'What was done stays done, every key enforced; the change does not count as deployed. Deploy again.',
    notes: [
      'The tables of Sqitch have foreign keys of their own: leave them out with `exclude: [sqitch.*]`.',
    ],
  },
  history: {
    // SQLite's registry is another file, which is not attached: the query fails, and the keys themselves tell.
    query: (flavor) =>
      flavor === 'postgres' ? 'SELECT change FROM sqitch.changes' : 'SELECT `change` FROM sqitch.changes',
    names: (rows) => rows.map((row) => String(row['change'])),
  },
  runner: { runsCode: false, commandLineClient: true },
  wraps: () => 'nothing',
  commands: (_, { names }) => ({
    up: 'sqitch deploy',
    down: `sqitch revert --to @HEAD${names.length === 1 ? '^' : `~${names.length}`}`,
  }),
  migrationName: (path) => /^(?:deploy|revert)\/([^/]+)\.sql$/.exec(path)?.[1] ?? null,
  inOrder: (existing) => changesOf(existing.find(({ path }) => path === planFile)?.content ?? ''),
  holdsUp: (path) => path.startsWith('deploy/'),
  isBookkeeping: (path) => path === planFile,
  names: ({ existing, parts, slug }) => {
    const taken = new Set(existing);
    let name = slug;
    for (let number = 2; taken.has(name); number += 1) name = `${slug}_${number}`;
    return parts.map((part) => (part === '' ? name : `${name}_${part}`));
  },
  render: (migrations, existing, now) => [...migrations.flatMap(files), planWith(migrations, existing, now)],
  replay: null,
};

/** `deploy` has looked at every key already. */
const verify = '-- `ondelete diff` compares the keys with the policy.\nSELECT 1;\n';

function files(migration: Migration): readonly MigrationFile[] {
  const { name } = migration;
  return [
    { path: `deploy/${name}.sql`, content: clientFile(migration, 'up') },
    { path: `revert/${name}.sql`, content: clientFile(migration, 'down') },
    { path: `verify/${name}.sql`, content: verify },
  ];
}

/** The names of changes, first to last; without tags, comments and pragmas. */
function changesOf(plan: string): readonly string[] {
  return plan.split(/\r?\n/).flatMap((line) => /^\s*\+?\s*([^\s%#@+-][^\s]*)\s/.exec(line)?.[1] ?? []);
}

/** A change's line needs a planner; people replace this one if they like: Sqitch compares it with nothing. */
function planWith(
  migrations: readonly Migration[],
  existing: readonly ExistingFile[],
  now: Date,
): MigrationFile {
  const plan = existing.find(({ path }) => path === planFile)?.content;
  if (plan === undefined || !/^%project=\S+/m.test(plan))
    throw new OndeleteError(
      'USAGE',
      plan === undefined
        ? `there is no ${planFile} in the output folder`
        : `${planFile} in the output folder names no project, so it is not a plan of Sqitch`,
      'Run `sqitch init`, or name the folder of the plan with --out.',
    );
  const date = now.toISOString().replace(/\.\d+/, '');
  const lines = migrations.map(
    ({ name }) => `${name} ${date} ondelete <ondelete@localhost> # Change ON DELETE of foreign keys\n`,
  );
  const gap = plan === '' || plan.endsWith('\n') ? '' : '\n';
  return { path: planFile, content: `${plan}${gap}${lines.join('')}`, replaces: true };
}
