/** Plain SQL files for psql, mysql, mariadb and sqlite3: `NAME.up.sql`, and `NAME.down.sql` with the steps in reverse order. */
import { compareText } from '../src/core/names.ts';
import { locksInWords } from '../src/core/locks.ts';
import type { Flavor, Side, Statement, Step } from '../src/core/model.ts';
import type { Migration, MigrationFile, Replay, Stage, Template } from '../src/core/contracts/template.ts';

export const sqlFiles: Template = {
  name: 'sql',
  runner: { runsCode: false, commandLineClient: true },
  wraps: () => 'nothing',
  howToRun: (flavor, out) => howToRun[flavor](out),
  migrationName: (path) => /^([^/]+)\.(?:up|down)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: (path) => path.endsWith('.up.sql'),
  render: (migration) => [
    { path: `${migration.name}.up.sql`, content: file(migration, 'up') },
    { path: `${migration.name}.down.sql`, content: file(migration, 'down') },
  ],
  replay: (files, stage) => Promise.resolve(replay(files, stage)),
};

const howToRun: Readonly<Record<Flavor, (out: string) => string>> = {
  postgres: (out) => `psql "$DATABASE_URL" -f ${out}/NAME.up.sql   (back: NAME.down.sql)`,
  mysql: (out) => `mysql DATABASE < ${out}/NAME.up.sql   (back: NAME.down.sql)`,
  mariadb: (out) => `mariadb DATABASE < ${out}/NAME.up.sql   (back: NAME.down.sql)`,
  sqlite: (out) => `sqlite3 FILE < ${out}/NAME.up.sql   (back: NAME.down.sql)`,
};

/**
 * Commands for the client: stop at the first error, and read names in the right encoding. The statements do not rely on them,
 * because another client may not know them.
 */
const clientCommands: Readonly<Record<Flavor, readonly string[]>> = {
  postgres: ['\\set ON_ERROR_STOP on', '\\encoding UTF8'],
  mysql: ['SET NAMES utf8mb4;'],
  mariadb: ['SET NAMES utf8mb4;'],
  sqlite: ['.bail on', '.timeout 5000', '.dbconfig defensive off'],
};

function file(migration: Migration, direction: 'up' | 'down'): string {
  const header = direction === 'up' ? migration.header : migration.downHeader;
  const steps = direction === 'up' ? migration.steps : [...migration.steps].reverse();
  const sections = steps.flatMap((step, index) =>
    section(step, step[direction], index + 1, migration.flavor),
  );
  const body = sections.length === 0 ? ['-- Nothing to do in this direction.'] : sections;
  return [...header.map(comment), '', ...clientCommands[migration.flavor], '', ...body, ''].join('\n');
}

function section(step: Step, side: Side, number: number, flavor: Flavor): readonly string[] {
  const text = (statements: readonly Statement[]): readonly string[] =>
    statements.flatMap((statement) => [...remarks(statement), ...terminated(statement.sql, flavor)]);
  if (side.kind === 'nothing')
    return [comment(`${number}. ${step.title}: nothing to do, ${side.reason}`), ''];
  return [
    comment(`${number}. ${step.title}`),
    ...(step.transaction === null ? [] : [`${step.transaction.begin};`]),
    ...text(side.statements),
    ...(step.transaction === null ? [] : [`${step.transaction.commit};`]),
    ...text(side.always),
    '',
  ];
}

function remarks(statement: Statement): readonly string[] {
  return [statement.comment, ...locksInWords(statement.work.flatMap(({ locks }) => locks))]
    .filter((line) => line !== '')
    .map(comment);
}

/** MariaDB's client would split a block at its semicolons, so a block gets a delimiter that it does not contain. */
function terminated(sql: string, flavor: Flavor): readonly string[] {
  const isBlock = flavor === 'mariadb' && sql.includes(';');
  if (!isBlock) return [`${sql};`];
  let delimiter = '$$';
  while (sql.includes(delimiter)) delimiter += '$';
  return [`DELIMITER ${delimiter}`, `${sql}${delimiter}`, 'DELIMITER ;'];
}

function comment(text: string): string {
  return text === '' ? '--' : `-- ${text.replace(/[\r\n]+/g, ' ')}`;
}

/** The server accepts several statements at once, but not the commands for the client. */
function replay(files: readonly MigrationFile[], stage: Stage): Replay {
  const sorted = (ending: string): readonly MigrationFile[] =>
    files.filter((one) => one.path.endsWith(ending)).sort((a, b) => compareText(a.path, b.path));
  const run = async (some: readonly MigrationFile[]): Promise<void> => {
    for (const one of some)
      for (const text of withoutClientCommands(one.content, stage.flavor)) await stage.run(text);
  };
  return { up: () => run(sorted('.up.sql')), down: () => run([...sorted('.down.sql')].reverse()) };
}

/** The pieces to send: the text is split where the client's delimiter changes. */
function withoutClientCommands(content: string, flavor: Flavor): readonly string[] {
  const commands = new Set(clientCommands[flavor].filter((word) => /^[\\.]/.test(word)));
  const pieces: string[] = [];
  let piece: string[] = [];
  let delimiter = ';';
  const cut = (): void => {
    const text = piece.join('\n').trimEnd();
    pieces.push(delimiter !== ';' && text.endsWith(delimiter) ? text.slice(0, -delimiter.length) : text);
    piece = [];
  };
  for (const line of content.split(/\r?\n/)) {
    const next = flavor === 'mariadb' ? /^DELIMITER (\S+)$/.exec(line)?.[1] : undefined;
    if (next !== undefined) {
      cut();
      delimiter = next;
    } else if (!commands.has(line)) piece.push(line);
  }
  cut();
  return pieces.filter((text) => holdsStatement(text));
}

/** A text of comments alone is not a query. */
function holdsStatement(text: string): boolean {
  return text.split('\n').some((line) => line.trim() !== '' && !line.startsWith('--'));
}
