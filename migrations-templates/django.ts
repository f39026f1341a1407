/** Migrations of Django: `NNNN_name.py` in an app's folder `migrations`, each naming those it depends on. */
import { basename, dirname } from 'node:path';
import { OndeleteError } from '../src/core/errors.ts';
import { groupBy } from '../src/core/group-by.ts';
import { type Direction, engineNames, type Step } from '../src/core/model.ts';
import type { ExistingFile, Migration, NameRequest, Template } from '../src/core/contracts/template.ts';
import { inOrderOfChain, lastOfChain, type Link } from './shared/chain.ts';
import { pyComment, pyDocstring, pyString } from './shared/python.ts';
import { nothingToDo, sections } from './shared/sections.ts';

export const django: Template = {
  name: 'django',
  title: 'Django',
  engines: engineNames,
  description: {
    files: '`NNNN_name.py` in the folder `migrations` of an app; name that folder with --out',
    order:
      'Each file names those it depends on. The new one comes after the leaf of its app; with several leaves nothing is written.',
    applied: '`django_migrations`, one row per file with the app’s label.',
    transactions: 'One per file, on PostgreSQL and SQLite. Our file opts out with `atomic = False`.',
    down: '`python manage.py migrate APP NAME` goes back to the migration of that name.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [
      'It cannot be squashed: `squashmigrations` leaves `atomic = False` out, and adds keys at the end of the new migration, after our SQL. Squash the migrations before it and those behind it, each by themselves.',
      'Where the models are read (`orm: { name: django }`), the file also depends on the newest migration of every other app whose table it changes, so that a new database gets the table first.',
      'On SQLite Django checks every key of the database at the end of each migration: a single row without its parent, in any table, makes `migrate` end in an IntegrityError, though the migration is applied and counts as such.',
    ],
  },
  history: {
    query: () => 'SELECT app, name FROM django_migrations',
    names(rows, existing) {
      const label = labelIn(existing, null);
      return rows
        .filter((row) => label === null || String(row['app']) === label)
        .map((row) => String(row['name']));
    },
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  checksEveryKey: (flavor) => flavor === 'sqlite',
  commands: (_, { before, folder }) => ({
    up: 'python manage.py migrate',
    down: `python manage.py migrate ${folder === '' ? 'APP' : basename(dirname(folder))} ${before ?? 'zero'}`,
  }),
  migrationName: (path) => /^([^/_~][^/]*)\.py$/.exec(path)?.[1] ?? null,
  adviseOnTables(tables, folder) {
    const own = `${basename(dirname(folder))}_`;
    const others = tables.filter(({ name }) => !name.startsWith(own)).map(({ name }) => name);
    if (others.length === 0) return null;
    return `No model says which app makes ${others.join(', ')}. If it is another app, add its newest migration to \`dependencies\` in the new file, so that a new database gets the table first. Where the models can be read (\`orm: { name: django }\` in the config), that is written for you.`;
  },
  holdsUp: () => true,
  inOrder: (existing) => inOrderOfChain(linksIn(existing, labelIn(existing, null))),
  isBookkeeping: (path) => path === '__init__.py',
  names({ existing, parts, slug }: NameRequest) {
    const last = Math.max(0, ...existing.map((name) => Number(/^\d{1,9}/.exec(name)?.[0] ?? 0)));
    return parts.map((part, at) =>
      [String(last + 1 + at).padStart(4, '0'), slug, part].filter((word) => word !== '').join('_'),
    );
  },
  render(migrations, existing, _, folder) {
    const files = existing.filter(({ path }) => django.migrationName(path) !== null);
    const label = labelIn(files, basename(dirname(folder)));
    const leaf = leafOf(files, label);
    const written = migrations.map((migration, at) => {
      const previous = at === 0 ? leaf : (migrations[at - 1]?.name ?? null);
      const others = migration.apps.filter(({ app }) => app !== label);
      const dependencies: readonly Dependency[] = [
        ...(previous === null ? [] : [[label ?? '', previous] as const]),
        ...others.flatMap(({ app, newest }) => newest.map((name) => [app, name] as const)),
      ];
      return { path: `${migration.name}.py`, content: file(migration, dependencies) };
    });
    // without it Django takes the app for one that has no migrations
    const isPackage = existing.some(({ path }) => path === '__init__.py');
    return isPackage ? written : [{ path: '__init__.py', content: '' }, ...written];
  },
  replay: null,
};

type Dependency = readonly [app: string, name: string];

/** The tuples of strings in a list of the class; null where the list is not there. */
function pairs(content: string, variable: string): readonly Dependency[] | null {
  const list = new RegExp(`^\\s+${variable}\\s*(?::[^=\\n]*)?=\\s*\\[`, 'm').exec(content);
  if (list === null) return null;
  const rest = content.slice(list.index + list[0].length).replace(/#.*$/gm, '');
  const tuple = /\(\s*(["'])(.*?)\1\s*,\s*(["'])(.*?)\3\s*,?\s*\)/g;
  return [...rest.slice(0, rest.indexOf(']')).matchAll(tuple)].map(([, , app = '', , name = '']) => [
    app,
    name,
  ]);
}

/**
 * The app's label: the one under which these files depend on each other, else the name of the app's folder.
 * An app may call itself otherwise than its folder.
 */
function labelIn(existing: readonly ExistingFile[], folder: string | null): string | null {
  const names = new Set(existing.map(({ path }) => django.migrationName(path)));
  const all = existing.flatMap(({ content, path }) =>
    (pairs(content, 'dependencies') ?? []).map(([app, name]) => {
      const isOwn = names.has(name) && name !== django.migrationName(path);
      return { app, isOwn };
    }),
  );
  if (folder !== null && all.some(({ app }) => app === folder)) return folder;
  const own = [...groupBy(all, ({ app }) => app)].filter(([, some]) => some.every(({ isOwn }) => isOwn));
  const [most] = own.sort(([, a], [, b]) => b.length - a.length);
  return most?.[0] ?? folder;
}

/** Squashed migrations stand for those that they replace. */
function linksIn(existing: readonly ExistingFile[], label: string | null): readonly Link[] {
  const isOwn = ([app]: Dependency): boolean => app === label;
  const read = existing.flatMap(({ content, path }) => {
    const name = django.migrationName(path);
    const own = (variable: string): readonly string[] =>
      (pairs(content, variable) ?? []).filter(isOwn).map(([, one]) => one);
    return name === null ? [] : [{ name, after: own('dependencies'), replaces: own('replaces') }];
  });
  const stands = new Map(read.flatMap(({ name, replaces }) => replaces.map((one) => [one, name] as const)));
  return read.map(({ after, name }) => ({
    id: name,
    name,
    after: after.map((one) => stands.get(one) ?? one).filter((one) => one !== name),
  }));
}

/** The migration that no other of the app depends on; null in an empty folder. */
function leafOf(existing: readonly ExistingFile[], label: string | null): string | null {
  const strange = existing.find(({ content }) => !/^class Migration\b/m.test(content));
  if (strange !== undefined) {
    throw new OndeleteError(
      'USAGE',
      `${strange.path} in the output folder is no migration of Django: it has no class Migration`,
      'Name the folder of an app’s migrations with --out, such as shop/migrations.',
    );
  }
  const links = linksIn(existing, label);
  const replaced = new Set(
    existing.flatMap(({ content }) => pairs(content, 'replaces') ?? []).map(([, name]) => name),
  );
  const leaves = lastOfChain(links.filter(({ name }) => !replaced.has(name)));
  if (leaves.length > 1) {
    throw new OndeleteError(
      'USAGE',
      `the output folder has ${leaves.length} leaves: ${leaves.map(({ name }) => name).join(', ')}`,
      'Join them with `python manage.py makemigrations --merge`, then run this again.',
    );
  }
  if (leaves.length === 1 && (label === null || !/^\w+$/u.test(label))) {
    throw new OndeleteError(
      'USAGE',
      'the output folder does not say which app it belongs to',
      'Name the folder of an app’s migrations with --out, such as shop/migrations.',
    );
  }
  return leaves[0]?.name ?? null;
}

function file(migration: Migration, dependencies: readonly Dependency[]): string {
  const { downHead, head, record, steps } = migration;
  return [
    ...pyDocstring(head),
    '',
    'from django.db import migrations',
    '',
    '',
    'class Migration(migrations.Migration):',
    '    atomic = False',
    '',
    ...dependencyList(dependencies),
    '',
    '    operations = [',
    ...steps.flatMap((step, at) => operation(step, at === steps.length - 1 ? downHead : [])),
    '    ]',
    '',
    '',
    pyComment(record),
    '',
  ].join('\n');
}

function dependencyList(dependencies: readonly Dependency[]): readonly string[] {
  const tuples = dependencies.map(([app, name]) => `(${pyString(app)}, ${pyString(name)})`);
  if (tuples.length < 2) return [`    dependencies = [${tuples.join('')}]`];
  return ['    dependencies = [', ...tuples.map((tuple) => `        ${tuple},`), '    ]'];
}

/** Items of a list are sent as they are, one by one; a string would be cut at semicolons on most engines, and `%` with it. */
function operation(step: Step, downHead: readonly string[]): readonly string[] {
  return [
    `        ${pyComment(step.title)}`,
    '        migrations.RunSQL(',
    ...list('sql', step, 'up'),
    ...downHead.map((line) => `            ${pyComment(line)}`),
    ...list('reverse_sql', step, 'down'),
    '        ),',
  ];
}

function list(argument: string, step: Step, direction: Direction): readonly string[] {
  const body = step[direction];
  if (body.kind === 'nothing')
    return [
      `            ${pyComment(nothingToDo(step, body.reason))}`,
      `            ${argument}=migrations.RunSQL.noop,`,
    ];
  return [
    `            ${argument}=[`,
    ...sections([step], direction, 'own transactions')
      .flatMap(({ statements, always }) => [...statements, ...always])
      .flatMap(({ comment, sql }) => [
        ...(comment === '' ? [] : [`                ${pyComment(comment)}`]),
        `                ${pyString(sql)},`,
      ]),
    '            ],',
  ];
}
