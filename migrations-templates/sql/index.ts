/** Plain SQL files for psql, mysql, mariadb and sqlite3: `NAME.up.sql`, and `NAME.down.sql` with the steps in reverse order. */
import {
  type EngineName,
  engineNames,
  type StepBody,
  type Statement,
  type Direction,
} from '../../src/core/model.ts';
import type { CommandTarget, Migration, Template } from '../../src/core/contracts/template.ts';
import { oneByOne, pathIn } from '../shared/commands.ts';
import { stampedNames } from '../shared/names.ts';
import { mariadbBlock, sqlComment as comment } from '../shared/sql-sections.ts';
import { replay } from './replay.ts';
import { stepsInOrder } from '../shared/sections.ts';

export const sqlFiles: Template = {
  name: 'sql',
  title: 'Plain SQL files',
  engines: engineNames,
  description: {
    files: '`NAME.up.sql` and `NAME.down.sql`',
    order:
      'By name. The number in front follows the form of the last file: date and time, milliseconds, or a running number.',
    applied: 'Nowhere: `ondelete` compares the keys with the files.',
    transactions: 'None; each file opens and ends its own.',
    down: 'Run the `.down.sql` files, newest first.',
    failure: 'What was done stays done, every key enforced; run the same file again.',
    notes: [],
  },
  history: null,
  runner: { runsCode: false, commandLineClient: true },
  wraps: () => 'nothing',
  commands: (flavor, target) => ({
    up: runFiles(
      flavor,
      target,
      target.names.map((name) => `${name}.up.sql`),
    ),
    down: runFiles(
      flavor,
      target,
      target.names.toReversed().map((name) => `${name}.down.sql`),
    ),
  }),
  migrationName: (path) => /^([^/]+)\.(?:up|down)\.sql$/.exec(path)?.[1] ?? null,
  holdsUp: (path) => path.endsWith('.up.sql'),
  names: (request) => stampedNames(request),
  render: (migrations) =>
    migrations.flatMap((migration) => [
      { path: `${migration.name}.up.sql`, content: clientFile(migration, 'up') },
      { path: `${migration.name}.down.sql`, content: clientFile(migration, 'down') },
    ]),
  replay: (files, stage) => Promise.resolve(replay(files, stage)),
};

/** With the engine's own client, one after the other. */
function runFiles(flavor: EngineName, target: CommandTarget, files: readonly string[]): string {
  return oneByOne(files, (file) => clients[flavor](pathIn(target, file)));
}

const clients: Readonly<Record<EngineName, (file: string) => string>> = {
  postgres: (file) => `psql "$DATABASE_URL" -f ${file}`,
  mysql: (file) => `mysql DATABASE < ${file}`,
  mariadb: (file) => `mariadb DATABASE < ${file}`,
  sqlite: (file) => `sqlite3 FILE < ${file}`,
};

/** One direction as a file for the engine's own client. */
export function clientFile(migration: Migration, direction: Direction): string {
  const { downHead, flavor, head, record } = migration;
  const steps = stepsInOrder(migration.steps, direction);
  const running = steps.flatMap((step) => {
    const body = step[direction];
    return body.kind === 'run' ? [{ ...step, body }] : [];
  });
  const body = running.flatMap(({ body, title, transaction }, at) => [
    ...(at === 0 ? [] : ['']),
    ...(running.length === 1 ? [] : [comment(title)]),
    ...(transaction === null ? [] : [`${transaction.begin};`]),
    ...(flavor === 'postgres' ? sectionForPsql(body) : linesOf(body.statements, flavor)),
    ...(transaction === null ? [] : [`${transaction.commit};`]),
    ...(flavor === 'postgres' ? [] : linesOf(body.always, flavor)),
  ]);
  const [before, after] = clientCommands[flavor];
  return [
    ...(direction === 'up' ? head : downHead).map(comment),
    '',
    ...before,
    ...(running.length === 0 ? [comment('Nothing to do in this direction.')] : body),
    ...after,
    ...(direction === 'up' ? [comment(record)] : []),
    '',
  ].join('\n');
}

/** Kept once, because a second try must not take our encoding for the caller's. */
const setEncoding = [
  `SET @ondelete_names = COALESCE(@ondelete_names, CONCAT('SET character_set_client = ', @@character_set_client,`,
  `  ', character_set_results = ', COALESCE(@@character_set_results, 'NULL'), ', collation_connection = ', @@collation_connection)), NAMES utf8mb4;`,
];
const putEncodingBack = [
  'PREPARE ondelete FROM @ondelete_names; EXECUTE ondelete; DEALLOCATE PREPARE ondelete; SET @ondelete_names = NULL;',
];

/** Commands for the client: stop at the first error, read names in the right encoding, and leave both as they were. */
const clientCommands: Readonly<
  Record<EngineName, readonly [before: readonly string[], after: readonly string[]]>
> = {
  postgres: [
    ['\\set ondelete_on_error_stop :ON_ERROR_STOP \\set ondelete_encoding :ENCODING \\set ON_ERROR_STOP on'],
    ['\\encoding :ondelete_encoding \\set ON_ERROR_STOP :ondelete_on_error_stop'],
  ],
  mysql: [setEncoding, putEncodingBack],
  mariadb: [setEncoding, putEncodingBack],
  sqlite: [['.bail on', '.timeout 5000', '.dbconfig defensive off'], []],
};

/**
 * psql stops at an error, so what restores the session, its encoding at least, would never run. An error of the work is kept in a variable,
 * and the file stops when the session is as it was. What stands before the first commented statement sets up, and may end the file; it
 * is ASCII, so the encoding is set behind it.
 */
function sectionForPsql({
  always,
  statements,
}: Extract<StepBody, { readonly kind: 'run' }>): readonly string[] {
  const text = (some: readonly Statement[]): readonly string[] => linesOf(some, 'postgres');
  const first = statements.findIndex(({ comment: purpose }) => purpose !== '');
  // Nothing is set up, so there is nothing to put back but psql’s own settings.
  if (first === 0 && always.length === 0) return ['\\encoding UTF8', ...text(statements)];
  const start = Math.max(1, first);
  const others = statements.slice(start);
  return [
    ...text(statements.slice(0, start)),
    '\\set ON_ERROR_STOP off \\encoding UTF8',
    ...others.flatMap((statement, at) => [
      ...(at === 0 ? [] : ['\\if :ondelete_failed', '\\else']),
      ...text([statement]),
      '\\set ondelete_failed :ERROR',
      ...(at === 0 ? [] : ['\\endif']),
    ]),
    ...text(always),
    '\\encoding :ondelete_encoding \\set ON_ERROR_STOP on',
    '\\if :ondelete_failed',
    "DO $$ BEGIN RAISE EXCEPTION 'ondelete: stopped by the error above'; END $$;",
    '\\endif',
  ];
}

/** What MySQL prepares is fetched and executed in the same line. Behind a comment a statement would be part of it, so a line is open only after one of these. */
function linesOf(statements: readonly Statement[], flavor: EngineName): readonly string[] {
  const lines: string[] = [];
  let isOpen = false;
  for (const { comment: purpose, sql } of statements) {
    const last = lines.at(-1) ?? '';
    const isOfPrepared = flavor === 'mysql' && ofPrepared.test(sql);
    if (isOpen && isOfPrepared && purpose === '' && last.length + sql.length + 2 <= 160)
      lines.splice(-1, 1, `${last} ${sql};`);
    else {
      if (purpose !== '') lines.push(comment(purpose));
      lines.push(...(flavor === 'mariadb' ? mariadbBlock(sql) : [`${sql};`]));
    }
    isOpen = isOfPrepared;
  }
  return lines;
}

/** A line that is about a prepared statement, so that the next one may stand behind it. */
const ofPrepared = /^(?:SET @ondelete_\w+ = |PREPARE |EXECUTE |DEALLOCATE |DO ).*$/;
