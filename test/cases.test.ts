// Golden cases that a DBA can read. Offline: a recorded snapshot and a policy give exactly these reports and files.
// Live: the schema on a real server gives exactly the recorded snapshot.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectGoldens, filesBelow, lineDifference, readableJson } from './support/goldens.ts';
import { ondelete } from './support/shared-cli.ts';
import { enginesUnderTest, type DatabaseUnderTest } from './support/database.ts';

const folder = join(import.meta.dirname, 'cases');
const updating = process.env['UPDATE'] === '1';

/** The server whose snapshot stands for its engine, and those where a version writes something else. */
const recorded: Readonly<Record<string, readonly string[]>> = {
  postgres: ['postgres-14', 'postgres-18'],
  mysql: ['mysql-9.7'],
  mariadb: ['mariadb-10.11'],
  sqlite: ['sqlite'],
};

/**
 * Of most cases the report and the preview are kept, which show every statement. Whole files are kept once per shape:
 * of an ordinary key on each engine, of a key with peculiar attributes, of a partitioned child.
 */
const wholeFiles: Readonly<Record<string, Readonly<Record<string, readonly RegExp[]>>>> = {
  'line-items': {
    'postgres-14': [/\.sql$/, /_swap\.ts$/],
    'mysql-9.7': [/\.sql$/, /\.ts$/],
    'mariadb-10.11': [/\.sql$/],
    sqlite: [/\.sql$/, /\.ts$/],
  },
  'attributes-survive': { 'postgres-14': [/\.up\.sql$/] },
  'partitioned-child': { 'postgres-14': [/\.up\.sql$/] },
};

/** Code that is copied into files as it stands. A golden imports it instead, so that it is compared with its source here and the golden still compiles. */
const machinery = [{ path: 'dialects/sqlite/emitter/rebuild.runtime.ts', exported: 'rebuildTables' }].map(
  ({ path, exported }) => ({
    path,
    text: readFileSync(join(import.meta.dirname, '..', path), 'utf8')
      .replaceAll(/^export /gm, '')
      .trim(),
    inGolden: `// Here the file holds the text of ${path}.\nimport { ${exported} } from '../../../../${path}';`,
  }),
);

/** `schema.sql` holds for all engines, `schema.postgres.sql` for one, `schema.postgres-18.sql` for one server. */
function schemaFor(name: string, engine: string, id: string): string | null {
  const candidates = [
    `schema.${id}.sql`,
    `schema.${engine}.sql`,
    ...(id === 'postgres-18' ? [] : ['schema.sql']),
  ];
  const found = candidates.find((file) => existsSync(join(folder, name, file)));
  return found === undefined ? null : readFileSync(join(folder, name, found), 'utf8');
}

const cases = readdirSync(folder).flatMap((name) =>
  Object.entries(recorded).flatMap(([engine, ids]) =>
    ids.flatMap((id) => {
      const schema = schemaFor(name, engine, id);
      return schema === null ? [] : [{ name, engine, id, schema }];
    }),
  ),
);

describe.each(cases)('case $name on $id', ({ name, id, schema }) => {
  const goldens = join(folder, name, id);
  const server = enginesUnderTest().find((one) => one.id === id);

  if (server !== undefined) {
    describe('live', () => {
      let database: DatabaseUnderTest;
      beforeAll(async () => {
        database = await server.open();
        const loaded = await database.client(schema);
        if (loaded.code !== 0) throw new Error(`the schema does not load: ${loaded.stderr}`);
      });
      afterAll(() => database.drop());

      test('the schema gives the recorded snapshot', async () => {
        const { stdout, stderr } = await ondelete(['snapshot', '-d', database.url], { cwd: tmpdir() });
        expect(stderr).toBe('');
        const text = `${readableJson(JSON.parse(neutral(stdout, database)))}\n`;
        if (updating) {
          rmSync(goldens, { recursive: true, force: true });
          mkdirSync(goldens, { recursive: true });
          writeFileSync(join(goldens, 'snapshot.json'), text);
        }
        expect(withoutVersion(text)).toBe(
          withoutVersion(readFileSync(join(goldens, 'snapshot.json'), 'utf8')),
        );
      });
    });
  }

  test('snapshot and policy give these reports and files', async () => {
    const work = mkdtempSync(join(tmpdir(), 'ondelete-case-'));
    try {
      const snapshot = readFileSync(join(goldens, 'snapshot.json'), 'utf8');
      writeFileSync(join(work, 'snapshot.json'), snapshot);
      cpSync(join(folder, name, 'ondelete.config.yaml'), join(work, 'ondelete.config.yaml'));
      const offline = ['--snapshot', 'snapshot.json'];
      const printed = async (...words: readonly string[]): Promise<string> => {
        const { stdout, stderr, code } = await ondelete([...words, ...offline], { cwd: work });
        return stamped(`${stdout}${stderr}exit ${code}\n`);
      };
      const generate = (tool: string, ...words: readonly string[]): Promise<string> =>
        printed('generate', 'case', '--tool', tool, '--out', tool, '--skip-refused', ...words);
      const [diff, sql, kysely] = await Promise.all([
        printed('diff'),
        generate('sql', '--dry-run'),
        generate('kysely', '--dry-run'),
      ]);
      const produced = new Map([
        ['snapshot.json', snapshot],
        ['diff.txt', diff],
        ['preview.txt', sql],
        ['preview.kysely.txt', `Only where it differs from preview.txt:\n${lineDifference(sql, kysely)}`],
      ]);
      const whole = wholeFiles[name]?.[id] ?? [];
      for (const tool of whole.length === 0 ? [] : ['sql', 'kysely']) {
        await generate(tool);
        for (const file of filesBelow(join(work, tool)).filter((path) =>
          whole.some((one) => one.test(path)),
        )) {
          produced.set(stamped(file), namingMachinery(stamped(readFileSync(join(work, tool, file), 'utf8'))));
        }
      }
      expectGoldens(goldens, produced);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
});

test('no case is left without a schema', () => {
  expect(readdirSync(folder).filter((name) => !cases.some((one) => one.name === name))).toEqual([]);
});

test.each(machinery)('a golden names $path instead of holding its text', ({ inGolden }) => {
  const goldens = filesBelow(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  expect(goldens.some((text) => text.includes(inGolden))).toBe(true);
});

/** The name of a scratch database is random. */
function neutral(text: string, database: DatabaseUnderTest): string {
  const scratch = database.engine === 'sqlite' ? null : new URL(database.url).pathname.slice(1);
  return scratch === null ? text : text.replaceAll(scratch, 'shop');
}

function namingMachinery(text: string): string {
  return machinery.reduce((rest, one) => rest.replace(one.text, () => one.inGolden), text);
}

/** File names begin with the time of day. */
function stamped(text: string): string {
  return text.replaceAll(/\b20\d{12}_case/g, 'STAMP_case');
}

/** Another patch level of the same server records the same snapshot. */
function withoutVersion(text: string): unknown {
  const { server, ...rest } = JSON.parse(text) as { server: object };
  return JSON.stringify({ ...rest, server: { ...server, product: '', version: [] } }, null, 2);
}
