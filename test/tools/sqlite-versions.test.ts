// Every minor release of SQLite from 3.41 on, as npm has it for WebAssembly: the file for sqlite3 and the rebuild, up and down, with real deletes.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { transformSync } from 'esbuild';
import { loadEmitter } from '../../dialects/sqlite/load-emitter.ts';
import { sqlite } from '../../dialects/sqlite/index.ts';
import { type Introspection, referentialActions, type StepBody } from '../../src/core/model.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { changeOf } from '../sqlite/closed-loop.ts';
import { run } from '../support/cli.ts';
import { ondelete } from '../support/shared-cli.ts';
import { npmTools } from './install.ts';

/** The package that brings each; those of 3.51.2 are of 3.52. */
const releases = {
  '3.41.2': '3.41.2-build12',
  '3.42.0': '3.42.0-build7',
  '3.43.2': '3.43.2-build1',
  '3.44.2': '3.44.2-build3',
  '3.45.3': '3.45.3-build3',
  '3.46.1': '3.46.1-build5',
  '3.47.2': '3.47.2-build1',
  '3.48.0': '3.48.0-build4',
  '3.49.2': '3.49.2-build1',
  '3.50.4': '3.50.4-build1',
  '3.51.1': '3.51.1-build2',
  '3.52.0': '3.51.2-build9',
  '3.53.4': '3.53.4-build2',
  '3.54.1': '3.54.1-build1',
} as const;

/** Each key gets the next action: a clause is added, replaced and taken away, beside a column and apart from it. */
const children = referentialActions.map((action, at) => {
  const clause = action === 'NO ACTION' ? '' : ` ON DELETE ${action}`;
  const column = 'parent_id INTEGER DEFAULT 2';
  const definition =
    at % 2 === 0
      ? `${column} REFERENCES "p ${at}" (id)${clause} /* ON DELETE */ CHECK (parent_id > 0)`
      : `${column}, CONSTRAINT "k, ${at}" FOREIGN KEY (parent_id) REFERENCES "p ${at}"${clause} DEFERRABLE`;
  return {
    parent: `p ${at}`,
    child: `c ${at}`,
    column: 'parent_id',
    before: action,
    after: referentialActions[(at + 1) % referentialActions.length] ?? action,
    sql: `CREATE TABLE "p ${at}" (id INTEGER PRIMARY KEY); INSERT INTO "p ${at}" VALUES (1), (2);
CREATE TABLE "c ${at}" (id INTEGER PRIMARY KEY AUTOINCREMENT, ${definition}); CREATE INDEX "i ${at}" ON "c ${at}" (parent_id);
CREATE TRIGGER "t ${at}" AFTER UPDATE ON "c ${at}" BEGIN SELECT 1; END; INSERT INTO "c ${at}" (parent_id) VALUES (1);`,
  };
});
const schema = children.map(({ sql }) => sql).join('\n');
const rules = children.map(
  ({ after, child }) => `    - { match: '"${child}" -> *', onDelete: ${after.toLowerCase()} }\n`,
);

let packages = '';
let folder = '';
let input = '';
beforeAll(async () => {
  packages = await npmTools(
    ...Object.entries(releases).map(
      ([release, version]) => `sqlite-${release}@npm:@sqlite.org/sqlite-wasm@${version}`,
    ),
  );
  folder = mkdtempSync(join(tmpdir(), 'ondelete-sqlite-versions-'));
  mkdirSync(join(folder, 'migrations'));
  new Database(join(folder, 'shop.db')).exec(schema).close();
  writeFileSync(
    join(folder, 'ondelete.config.yaml'),
    `database: shop.db\ntool: sql\npolicy:\n  default: error\n  rules:\n${rules.join('')}`,
  );
  const { code, stderr } = await ondelete(['generate'], { cwd: folder });
  expect(`${stderr}${code}`).toMatch(/0$/);
  input = join(folder, 'input.json');
  writeFileSync(
    input,
    JSON.stringify({
      schema,
      keys: children,
      ...texts(),
      ...(await rebuilds()),
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Without the commands for the sqlite3 client. */
function texts(): object {
  const names = readdirSync(join(folder, 'migrations'));
  const text = (direction: string): string =>
    readFileSync(
      join(folder, 'migrations', names.find((name) => name.endsWith(`.${direction}.sql`)) ?? ''),
      'utf8',
    )
      .split('\n')
      .filter((line) => !line.startsWith('.'))
      .join('\n');
  return { files: { up: text('up'), down: text('down') } };
}

/** As a migration holds it that runs code. */
async function rebuilds(): Promise<object> {
  const connection = await sqlite.connect(`sqlite:${join(folder, 'shop.db')}`, {
    timeoutMilliseconds: 1000,
  });
  const { snapshot }: Introspection = await connection.introspect({
    schemas: null,
  });
  await connection.close();
  const changes = snapshot.foreignKeys.map((key) =>
    changeOf(key, children.find(({ child }) => child === key.child.name)?.after ?? 'CASCADE'),
  );
  const [step] = (await loadEmitter()).emit(changes, {
    schema: schemaIndex(snapshot),
    capabilities: sqlite.capabilities(snapshot.server),
    runner: { runsCode: true, commandLineClient: false },
    wraps: 'nothing',
    plain: false,
    withOperations: false,
  });
  const fallback = (body: StepBody | undefined) => (body?.kind === 'run' ? body.fallback[0] : undefined);
  const { code } = transformSync(`${fallback(step?.up)?.code}\nexport { rebuildTables };`, { loader: 'ts' });
  return {
    code,
    rebuilds: {
      up: fallback(step?.up)?.argument,
      down: fallback(step?.down)?.argument,
    },
  };
}

describe.each(Object.keys(releases))('sqlite %s', (release) => {
  test('changes every clause and takes it back, by the edit and by the rebuild; every connection acts as the file says', async () => {
    const script = join(import.meta.dirname, 'sqlite-wasm.mjs');
    const result = await run(
      process.execPath,
      [script, join(packages, 'node_modules', `sqlite-${release}`), input],
      {
        cwd: folder,
      },
    );
    expect(`${result.stderr}${result.code}`).toMatch(/0$/);
    const [before, after] = [children.map((key) => key.before), children.map((key) => key.after)];
    const seen = {
      before,
      up: [after, after, after],
      upCheck: ['ok'],
      down: [before, before, before],
      downCheck: ['ok'],
      sameTexts: true,
    };
    expect(JSON.parse(result.stdout)).toEqual({
      version: release,
      edit: seen,
      rebuild: seen,
    });
  });
});
