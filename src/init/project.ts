/** Which migration tool and which ORM a project uses, by the files that lie in it. Pure: the caller looks. */

/** What is asked of the project's folder. */
export interface ProjectFolder {
  has(path: string): boolean;
  /** The text of a file; null where there is none. */
  read(path: string): string | null;
  /** What lies in a folder, `.` for the project's own; nothing where there is none. */
  list(path: string): readonly string[];
}

export interface FoundTool {
  readonly tool: string;
  /** The folder of its migrations, where the project says it or the tool has one place for it. */
  readonly out: string | null;
  /** The folders that it may be, where it is not known which. */
  readonly candidates?: readonly string[];
  /** The file that gave it away. */
  readonly because: string;
}

export interface FoundOrm {
  readonly orm: string;
  readonly because: string;
  /** Where that file names the models too: what to write below `orm:`. */
  readonly named?: { readonly alembic: string } | { readonly models: readonly string[] };
}

export interface FoundProject {
  readonly tools: readonly FoundTool[];
  readonly orms: readonly FoundOrm[];
}

/** Where Flask-Migrate keeps Alembic's file. */
const flaskMigrate = 'migrations/alembic.ini';

/** Files that belong to one tool alone, the surest first. `out`: where its migrations lie, as a path or read from the file. */
const toolFiles: readonly {
  readonly tool: string;
  readonly files: readonly string[];
  readonly out: string | ((text: string, folder: ProjectFolder) => string | null) | null;
  /** What the file has to hold, where it is there for other reasons as well. */
  readonly holds?: RegExp;
}[] = [
  { tool: 'alembic', files: ['alembic.ini'], out: (text) => alembicFolder(text) },
  {
    tool: 'alembic',
    files: [flaskMigrate],
    // its scripts lie beside it, and it need not say so
    holds: /^\[alembic\](?![^]*^\s*script_location\s*=)/m,
    out: 'migrations/versions',
  },
  { tool: 'django', files: ['manage.py'], out: (_, folder) => only(djangoFolders(folder)) },
  { tool: 'rails', files: ['bin/rails', 'config/application.rb'], out: 'db/migrate' },
  { tool: 'laravel', files: ['artisan'], out: 'database/migrations' },
  {
    tool: 'prisma',
    files: ['prisma/schema.prisma', 'prisma/migrations/migration_lock.toml'],
    out: 'prisma/migrations',
  },
  {
    tool: 'drizzle',
    files: ['drizzle.config.ts', 'drizzle.config.js', 'drizzle.config.mjs', 'drizzle.config.json'],
    out: (text) => /\bout['"]?\s*:\s*['"]([^'"]+)['"]/.exec(text)?.[1] ?? 'drizzle',
  },
  {
    tool: 'knex',
    files: ['knexfile.js', 'knexfile.ts', 'knexfile.cjs', 'knexfile.mjs'],
    out: (text) =>
      /\bdirectory\b/.test(text) ? onlyText(text, /\bdirectory['"]?\s*:\s*([^\n]*)/g) : 'migrations',
  },
  {
    tool: 'typeorm',
    files: ['ormconfig.json', 'ormconfig.js', 'ormconfig.ts', 'src/data-source.ts', 'data-source.ts'],
    out: (text) =>
      onlyText(text, /\bmigrations['"]?\s*:\s*\[([^\]]*)\]/g)?.replace(/\/[^/]*\*[^/]*$/, '') ?? null,
  },
  {
    tool: 'sequelize',
    files: ['.sequelizerc'],
    out: (text) => sequelizeFolder(text),
  },
  {
    tool: 'mikro-orm',
    files: ['mikro-orm.config.ts', 'mikro-orm.config.js', 'src/mikro-orm.config.ts'],
    out: (text) => onlyText(text, /\bmigrations['"]?\s*:\s*\{[^}]*?\bpath(?:Ts)?['"]?\s*:\s*([^\n}]*)/g),
  },
  {
    tool: 'flyway',
    files: ['flyway.conf', 'flyway.toml', 'conf/flyway.conf'],
    out: (text) => flywayFolder(text),
  },
  { tool: 'flyway', files: ['src/main/resources/db/migration'], out: 'src/main/resources/db/migration' },
  { tool: 'liquibase', files: ['liquibase.properties'], out: null },
  {
    tool: 'yoyo',
    files: ['yoyo.ini'],
    out: (text) => /^\s*sources\s*=\s*(\S+)/m.exec(text)?.[1] ?? 'migrations',
  },
  { tool: 'sqitch', files: ['sqitch.plan', 'sqitch.conf'], out: '.' },
  { tool: 'graphile-migrate', files: ['.gmrc', '.gmrc.js'], out: 'migrations' },
  { tool: 'supabase', files: ['supabase/config.toml'], out: 'supabase/migrations' },
  {
    tool: 'd1',
    files: ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'],
    holds: /\bd1_databases\b/,
    out: (text) => /\bmigrations_dir["']?\s*[:=]\s*["']([^"']+)["']/.exec(text)?.[1] ?? 'migrations',
  },
  {
    tool: 'sql-migrate',
    files: ['dbconfig.yml'],
    out: (text) => onlyText(text, /^\s+dir:\s*(\S+)/gm) ?? 'migrations',
  },
  { tool: 'atlas', files: ['atlas.hcl', 'migrations/atlas.sum'], out: 'migrations' },
];

/** Tools that have no file of their own are known by what package.json asks for. */
const toolPackages: Readonly<Record<string, { readonly tool: string; readonly out: string }>> = {
  'node-pg-migrate': { tool: 'node-pg-migrate', out: 'migrations' },
  dbmate: { tool: 'dbmate', out: 'db/migrations' },
  postgrator: { tool: 'postgrator', out: 'migrations' },
  'db-migrate': { tool: 'db-migrate', out: 'migrations' },
  kysely: { tool: 'kysely', out: 'migrations' },
};

const ormPackages: Readonly<Record<string, string>> = {
  '@prisma/client': 'prisma',
  prisma: 'prisma',
  'drizzle-orm': 'drizzle',
  typeorm: 'typeorm',
  sequelize: 'sequelize',
  '@mikro-orm/core': 'mikro-orm',
};

const pythonFiles = ['pyproject.toml', 'requirements.txt', 'Pipfile', 'setup.cfg', 'setup.py'];

/** Everything that is found; choosing among several is the user's business. */
export function recognise(folder: ProjectFolder): FoundProject {
  const all = toolFiles.flatMap(({ files, holds, out, tool }): readonly FoundTool[] => {
    const because = files.find((path) => folder.has(path));
    if (because === undefined || holds?.test(folder.read(because) ?? '') === false) return [];
    const place = typeof out === 'function' ? out(folder.read(because) ?? '', folder) : out;
    const candidates = place === null && tool === 'django' ? djangoFolders(folder) : [];
    return [{ tool, because, out: place, ...(candidates.length === 0 ? {} : { candidates }) }];
  });
  const byFile = all.filter((one, at) => all.findIndex(({ tool }) => tool === one.tool) === at);
  const packages = packagesOf(folder.read('package.json'));
  const known = new Set(byFile.map(({ tool }) => tool));
  const byPackage = packages.flatMap((name): readonly FoundTool[] => {
    const found = toolPackages[name];
    // Kysely is a query builder first: it migrates only where nothing else does
    if (found === undefined || known.has(found.tool) || (name === 'kysely' && known.size > 0)) return [];
    return [{ ...found, because: 'package.json' }];
  });
  const tools = [...byFile, ...byPackage];
  return { tools: tools.length > 0 ? tools : byMigrations(folder), orms: ormsOf(folder, packages) };
}

/** Where a tool looks for its migrations unless it is told otherwise. */
export function usualFolder(tool: string): string {
  const fixed = toolFiles.find((one) => one.tool === tool && typeof one.out === 'string')?.out;
  const ofPackage = Object.values(toolPackages).find((one) => one.tool === tool)?.out;
  return typeof fixed === 'string' ? fixed : (ofPackage ?? 'migrations');
}

const usualFolders = ['migrations', 'db/migrations', 'db/migrate', 'sql/migrations', 'database/migrations'];

/** What tools without a file of their own write into migrations. */
const marks: readonly { readonly tool: string; readonly mark: RegExp }[] = [
  { tool: 'goose', mark: /^-- \+goose Up\b/m },
  { tool: 'dbmate', mark: /^-- migrate:up\b/m },
  { tool: 'sql-migrate', mark: /^-- \+migrate Up\b/m },
];

/** By the migrations that are there: some tools are told their folder on the command line alone. */
function byMigrations(folder: ProjectFolder): readonly FoundTool[] {
  for (const out of usualFolders) {
    for (const name of folder.list(out).filter((one) => /^\d+_.*\.sql$/.test(one))) {
      const because = `${out}/${name}`;
      const text = folder.read(because) ?? '';
      const found = marks.find(({ mark }) => mark.test(text));
      if (found !== undefined) return [{ tool: found.tool, because, out }];
      // Plain files of ours are called so as well.
      if (name.endsWith('.up.sql') && !text.includes('ondelete-set: '))
        return [{ tool: 'golang-migrate', because, out }];
    }
  }
  return [];
}

/** The text in quotes, or the bare word, that every match holds; null where there is none, where they differ, or where it is put together. */
function onlyText(text: string, pattern: RegExp): string | null {
  const values = [...text.matchAll(pattern)].map(([, value = '']) => value.trim());
  const texts = values.map((value) => /^(?:['"`]([^'"`$]+)['"`](?:\s|[,;}]|$)|([\w./-]+)$)/.exec(value));
  const found = new Set(texts.map((match) => match?.[1] ?? match?.[2] ?? null));
  const [one] = found;
  return found.size === 1 && one != null ? one.replace(/^\.\//, '') : null;
}

/** Those of the apps that have migrations. */
function djangoFolders(folder: ProjectFolder): readonly string[] {
  return folder
    .list('.')
    .map((app) => `${app}/migrations`)
    .filter((place) => folder.has(`${place}/__init__.py`));
}

function only(places: readonly string[]): string | null {
  return places.length === 1 ? (places[0] ?? null) : null;
}

function ormsOf(folder: ProjectFolder, packages: readonly string[]): readonly FoundOrm[] {
  const ofNode = [...new Set(packages.flatMap((name) => ormPackages[name] ?? []))];
  const python = pythonFiles.filter((path) => folder.has(path));
  const asks = (word: RegExp): string | undefined =>
    python.find((path) => word.test(folder.read(path) ?? ''));
  const alembic = ['alembic.ini', flaskMigrate].find((path) => folder.has(path));
  const sqlalchemy = asks(/\bsqlalchemy\b/i) ?? alembic;
  const django = folder.has('manage.py') ? 'manage.py' : undefined;
  return [
    ...ofNode.map((orm) => ({ orm, because: 'package.json', ...modelsOf(orm, folder) })),
    ...(sqlalchemy === undefined
      ? []
      : [
          {
            orm: 'sqlalchemy',
            because: sqlalchemy,
            ...(alembic === undefined ? {} : { named: { alembic } }),
          },
        ]),
    ...(django === undefined ? [] : [{ orm: 'django', because: django }]),
  ];
}

/** TypeORM's data source names the entities. */
function modelsOf(orm: string, folder: ProjectFolder): Pick<FoundOrm, 'named'> {
  const source = ['src/data-source.ts', 'data-source.ts'].find((path) => folder.has(path));
  return orm === 'typeorm' && source !== undefined ? { named: { models: [source] } } : {};
}

/** The names in the dependencies of a package.json; none where it does not parse. */
function packagesOf(text: string | null): readonly string[] {
  try {
    const parsed = JSON.parse(text ?? '{}') as Readonly<Record<string, unknown>>;
    return ['dependencies', 'devDependencies'].flatMap((part) => Object.keys(parsed[part] ?? {}));
  } catch {
    return [];
  }
}

/** `'migrations-path': path.resolve('db', 'migrations')`: its words, joined. */
function sequelizeFolder(text: string): string {
  const value = /migrations-path['"]?\s*:([^)\n]*)/.exec(text)?.[1] ?? '';
  const words = [...value.matchAll(/['"]([^'"]+)['"]/g)].map(([, word]) => word);
  return words.length === 0 ? 'migrations' : words.join('/');
}

/** The first of `flyway.locations`; on the class path of an application it lies below its resources. */
function flywayFolder(text: string): string | null {
  const [, kind, path] =
    /^\s*(?:flyway\.)?locations\s*=\s*\[?\s*["']?(?:(filesystem|classpath):)?([^"',\]\s]+)/m.exec(text) ?? [];
  if (path === undefined) return null;
  return kind === 'filesystem' ? path : `src/main/resources/${path}`;
}

/** Alembic keeps its revisions in `versions` below script_location. */
function alembicFolder(text: string): string {
  const location = /^\s*script_location\s*=\s*(.+?)\s*$/m.exec(text)?.[1] ?? 'alembic';
  return `${location.replace(/^%\(here\)s\//, '')}/versions`;
}
