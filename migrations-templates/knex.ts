/** Migrations of Knex: `YYYYMMDDHHMMSS_name.js` with `up`, `down` and `config`. */
import { flavors, type Side, type Step } from '../src/core/model.ts';
import type { Migration, Template } from '../src/core/contracts/template.ts';
import { jsComment, jsString } from './shared/javascript.ts';
import { stampedNames } from './shared/names.ts';

export const knex: Template = {
  name: 'knex',
  title: 'Knex',
  engines: flavors,
  facts: {
    files: '`YYYYMMDDHHMMSS_name.js`, a CommonJS module with `up` and `down`',
    order: 'By name.',
    applied: '`knex_migrations`, one row per file.',
    transactions:
      'One around all pending files. Our file opts out with `config = { transaction: false }`; then Knex gives every other pending file a transaction of its own.',
    down: '`knex migrate:down` takes back the last file, `knex migrate:rollback` the last batch.',
    failure:
      'What was done stays done, every key enforced; the file does not count as applied. Run it again.',
    notes: [
      'SQLite with better-sqlite3: switch on `unsafeMode()` in `pool.afterCreate`, or the file stops without changing anything.',
    ],
  },
  history: {
    query: () => 'SELECT name FROM knex_migrations',
    names: (rows) => rows.map((row) => String(row['name']).replace(/\.[cm]?[jt]s$/, '')),
  },
  runner: { runsCode: false, commandLineClient: false },
  wraps: () => 'nothing',
  commands: () => ({ up: 'knex migrate:latest', down: 'knex migrate:down' }),
  migrationName: (path) => /^([^/]+)\.[cm]?[jt]s$/.exec(path)?.[1] ?? null,
  holdsUp: () => true,
  names: stampedNames,
  render: (migrations) =>
    migrations.map((migration) => ({ path: `${migration.name}.js`, content: file(migration) })),
  replay: null,
};

function file(migration: Migration): string {
  const { downHead, head, record, steps } = migration;
  return [
    ...head.map(jsComment),
    '',
    'exports.config = { transaction: false };',
    '',
    ...direction('up', steps),
    '',
    ...downHead.map(jsComment),
    ...direction('down', [...steps].reverse()),
    '',
    ...helper,
    '',
    jsComment(record),
    '',
  ].join('\n');
}

function direction(name: 'up' | 'down', steps: readonly Step[]): readonly string[] {
  const sides = steps.map((step) => [step, step[name]] as const);
  const running = sides.filter(([, side]) => side.kind === 'run');
  return [
    `exports.${name} = (knex) => onOneConnection(knex, async (run) => {`,
    ...running.flatMap(([step, side]) => stepLines(step, side)),
    '});',
  ];
}

function stepLines({ transaction }: Step, side: Side): readonly string[] {
  if (side.kind === 'nothing') return [];
  const before = transaction === null ? [] : [transaction.begin];
  const after = transaction === null ? [] : [transaction.commit];
  const main = [...before, ...side.statements.map(({ sql }) => sql), ...after].map(runLine);
  if (side.always.length === 0) return main.map((line) => `  ${line}`);
  return [
    '  try {',
    ...main.map((line) => `    ${line}`),
    '  } finally {',
    ...side.always.map(({ sql }) => `    ${runLine(sql)}`),
    '  }',
  ];
}

/** Knex takes a `?` for a placeholder, in quotes too. */
function runLine(sql: string): string {
  return `await run(${jsString(sql.replaceAll('?', '\\?'))});`;
}

/** A pool may give each query another connection. */
const helper = [
  'async function onOneConnection(knex, work) {',
  '  const connection = await knex.client.acquireConnection();',
  '  try {',
  '    await work((statement) => knex.raw(statement).connection(connection));',
  '  } finally {',
  '    await knex.client.releaseConnection(connection);',
  '  }',
  '}',
];
