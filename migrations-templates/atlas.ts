/** A directory of Atlas: `YYYYMMDDHHMMSS_name.sql`, and `atlas.sum` with the checksum of each. */
import { createHash } from 'node:crypto';
import { OndeleteError } from '../src/core/errors.ts';
import { engineNames } from '../src/core/model.ts';
import { compareText } from '../src/core/names.ts';
import type { ExistingFile, Migration, MigrationFile, Template } from '../src/core/contracts/template.ts';
import { noWayBack } from './shared/commands.ts';
import { nextNumbers, numberedNames } from './shared/names.ts';
import { mariadbBlock, sectionLines, sqlComment, withSemicolon } from './shared/sql-sections.ts';

const sumFile = 'atlas.sum';
const migrationName = (path: string): string | null => /^([^/]+)\.sql$/.exec(path)?.[1] ?? null;

export const atlas: Template = {
  name: 'atlas',
  title: 'Atlas',
  engines: engineNames,
  description: {
    files: '`YYYYMMDDHHMMSS_name.sql`, and `atlas.sum` with a checksum of each file',
    order: 'By name; a pending file that sorts before an applied one is refused.',
    applied:
      '`atlas_schema_revisions`, on PostgreSQL in a schema of the same name; one row per file with its number.',
    transactions:
      'One around each file. Our file opts out with `-- atlas:txmode none`, but not on SQLite: Atlas would go on in the middle of a transaction that has been rolled back.',
    down: '`atlas migrate down` works out a way back by itself and does not know ours: put the old rule into the policy and generate again.',
    failure:
      'SQLite: nothing is kept. Elsewhere what was done stays done, every key enforced, and the file counts as applied in part: Atlas goes on at the statement that failed, without what the file had set in its session. Run `atlas migrate set` with the version before it first, then apply it again from its beginning.',
    notes: [
      'The tests run the directory reader, executor and SQL drivers of Atlas’s Go module 0.32.1 with a table of their own. The program `atlas` 0.13.1 ran the same tests once, by hand, on MySQL, MariaDB and SQLite; it does not know PostgreSQL 16 and later.',
    ],
  },
  history: {
    query: (flavor) =>
      `SELECT version FROM ${flavor === 'postgres' ? 'atlas_schema_revisions.' : ''}atlas_schema_revisions WHERE applied = total`,
    names: (rows, existing) => {
      const applied = new Set(rows.map((row) => String(row['version'])));
      return numberedNames(existing, migrationName, (number) => applied.has(String(number)));
    },
  },
  // Going on half way needs a file of one statement, where the engine allows it.
  runner: { runsCode: false, commandLineClient: false, oneMessage: true },
  wraps: (flavor) => (flavor === 'sqlite' ? 'each file' : 'nothing'),
  commands: () => ({ up: 'atlas migrate apply', down: noWayBack }),
  migrationName,
  holdsUp: () => true,
  isBookkeeping: (path) => path === sumFile,
  names: (request) => {
    const numbers = nextNumbers(request);
    return request.parts.map((part, at) => `${numbers[at]}_${request.slug}${part === '' ? '' : `_${part}`}`);
  },
  render: (migrations, existing) => {
    const files = migrations.map((one) => ({ path: `${one.name}.sql`, content: file(one) }));
    return [...files, withSum(files, existing)];
  },
  replay: null,
};

function file(migration: Migration): string {
  const { flavor, head, record } = migration;
  return [
    ...(flavor === 'sqlite' ? [] : ['-- atlas:txmode none', '']),
    ...head.map(sqlComment),
    '',
    ...sectionLines(migration, 'up', {
      toolCommits: flavor === 'sqlite',
      write: flavor === 'mariadb' ? mariadbBlock : withSemicolon,
    }),
    sqlComment(record),
    '',
  ].join('\n');
}

/** The sum over all files. A directory whose files are not those of its sum must not get a new one unseen. */
function withSum(added: readonly MigrationFile[], existing: readonly ExistingFile[]): MigrationFile {
  const before = existing.filter(({ path }) => path !== sumFile);
  const sum = existing.find(({ path }) => path === sumFile)?.content;
  if (sum === undefined ? before.length > 0 : sum.trim() !== sumOf(before).trim())
    throw new OndeleteError(
      'USAGE',
      `${sumFile} ${sum === undefined ? 'is missing beside the migrations' : 'does not match the files beside it'}`,
      'Look at what changed there, then run `atlas migrate hash`.',
    );
  const content = sumOf([...before, ...added]);
  return sum === undefined ? { path: sumFile, content } : { path: sumFile, content, replaces: true };
}

/** Like `NewHashFile` of ariga.io/atlas/sql/migrate: the hash of a file covers those before it; `atlas:sum ignore` leaves a file out. */
function sumOf(files: readonly ExistingFile[]): string {
  const running = createHash('sha256');
  const total = createHash('sha256');
  const lines: string[] = [];
  for (const { content, path } of [...files].sort((a, b) => compareText(a.path, b.path))) {
    running.update(path);
    if (/^[ -~]*atlas:sum +ignore\b/.test(content)) continue;
    const hash = running.update(content).copy().digest('base64');
    total.update(path).update(hash);
    lines.push(`${path} h1:${hash}\n`);
  }
  return `h1:${total.digest('base64')}\n${lines.join('')}`;
}
