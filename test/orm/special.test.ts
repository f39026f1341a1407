// Link tables, inheritance, trees, composite keys, grandchildren, drift: linted, then deleted for real in every way.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import { type ModelFinding, modelFindings } from './node-project.ts';
import { specials } from './special-cases.ts';
import { pythonOf, type Special } from './special.ts';
import { environmentOf, python, runPython, sqlalchemies, type SqlAlchemy } from './sqlalchemy.ts';

const script = join(import.meta.dirname, 'special.py');
const patience = 240_000;
const engines = enginesUnderTest();
const runs = [
  ...sqlalchemies.map((version) => ({ version, place: engines.find(({ engine }) => engine === 'sqlite') })),
  ...sqlalchemies.slice(-1).map((version) => ({
    version,
    place: engines.filter(({ engine }) => engine === 'postgres').at(-1),
  })),
].flatMap(({ version, place }) =>
  place === undefined ? [] : [{ name: version.name, on: place.id, version, place }],
);

interface Read {
  readonly outcomes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly findings: readonly ModelFinding[];
}

async function read(
  version: SqlAlchemy,
  database: DatabaseUnderTest,
  cases: readonly Special[],
  pragma = true,
): Promise<Read> {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-orm-'));
  try {
    const isPostgres = database.engine === 'postgres';
    const env = await environmentOf(version, { psycopg2: isPostgres });
    writeFileSync(join(folder, 'cases.py'), pythonOf(cases, pragma));
    const theirs = isPostgres
      ? database.url.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:')
      : `sqlite:///${database.url}`;
    const { stdout } = await runPython([script, theirs, 'cases'], { cwd: folder, env });
    const words = ['lint', '-d', database.url, '--orm', 'sqlalchemy', '--models', 'cases'];
    const lint = await ondelete([...words, '--python', python(), '--format', 'json'], { cwd: folder, env });
    return { outcomes: JSON.parse(stdout) as Read['outcomes'], findings: modelFindings(lint) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each(runs)('$name on $on', ({ version, place }) => {
  const cases = specials.filter(({ columnLists = false }) => !columnLists || place.engine === 'postgres');
  let database: DatabaseUnderTest;
  let result: Read;
  beforeAll(async () => {
    database = await place.open();
    result = await read(version, database, cases);
  }, patience);
  afterAll(() => database.drop());

  const about = (id: string): readonly ModelFinding[] =>
    result.findings.filter(({ subject, key, detail }) =>
      new RegExp(`_${id}\\b`).test(`${subject} ${key ?? ''} ${detail}`),
    );
  const told = (id: string): readonly string[] =>
    about(id)
      .map(({ severity, code }) => `${severity} ${code}`)
      .sort();

  test('each way leaves what is known of it', () => {
    expect(result.outcomes).toEqual(Object.fromEntries(cases.map(({ id, left }) => [id, left])));
  });

  test('each case is told what it is, and nothing else', () => {
    const all = cases.map(({ id }) => [id, told(id)]);
    expect(all).toEqual(cases.map(({ id, told: expected }) => [id, [...expected].sort()]));
  });

  test('ways that disagree are told, and an error is told of nothing that is coherent', () => {
    for (const { id } of cases) {
      const ways = Object.entries(result.outcomes[id] ?? {}).filter(([way]) => way.startsWith('parent'));
      const outcomes = new Set(ways.map(([, outcome]) => outcome));
      const severe = told(id).filter((one) => !one.startsWith('info'));
      if (outcomes.size > 1) expect([id, severe.length > 0]).toEqual([id, true]);
      // what always fails, what goes up the tree, and what goes through a link table are errors although the ways agree
      const excused = /not-null|ORM_CASCADE_/.test([...outcomes, ...severe].join(' '));
      if (outcomes.size === 1 && !excused)
        expect([id, severe.filter((one) => one.startsWith('error'))]).toEqual([id, []]);
    }
  });

  test('what outcomes say is what happens', () => {
    const name = (outcome: string): string =>
      outcome.endsWith('violation') ? outcome : /-( |$)/.test(outcome) ? 'nulled' : 'deleted';
    const wrong = cases.flatMap(({ id }) =>
      about(id).flatMap(({ code, outcomes }) => {
        const { parent_unloaded, parent_loaded, parent_bulk } = result.outcomes[id] ?? {};
        if (outcomes === null || parent_unloaded === undefined) return [];
        const happened = [parent_unloaded, parent_loaded, parent_bulk].map((each) => name(each ?? ''));
        return JSON.stringify(happened) ===
          JSON.stringify([outcomes.unloaded, outcomes.loaded, outcomes.bulk])
          ? []
          : [{ id, code, outcomes, happened }];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('the printed edits of links and of inheritance lead to the cases that are coherent', () => {
    const edits = (id: string): readonly string[] => [
      ...new Set(about(id).flatMap((finding) => finding.edits.map(({ text }) => text))),
    ];
    expect(edits('mmplain').filter((text) => text.includes('onDelete: cascade'))).toHaveLength(2);
    expect(edits('mmplain').filter((text) => text.includes('ondelete="CASCADE"'))).toHaveLength(2);
    expect(edits('jiplain').join('\n')).toMatch(/onDelete: cascade[\s\S]*"passive_deletes": True/);
  });
});

describe.each(sqlalchemies)(
  '$name on SQLite without PRAGMA foreign_keys',
  (version) => {
    test('rows are left that point to nothing, and lint says so', async () => {
      const place = engines.find(({ engine }) => engine === 'sqlite');
      if (place === undefined) throw new Error('SQLite is always there');
      const database = await place.open();
      try {
        const [drless] = specials.filter(({ id }) => id === 'drless');
        if (drless === undefined) throw new Error('no such case');
        const { outcomes, findings } = await read(version, database, [{ ...drless, live: [] }], false);
        expect(outcomes).toEqual({
          drless: { parent_unloaded: ' / 1-1', parent_loaded: ' / ', parent_bulk: ' / 1-1' },
        });
        expect(findings.map(({ severity, code, outcomes: fates }) => [severity, code, fates])).toEqual([
          ['error', 'ORM_SQLITE_FOREIGN_KEYS_OFF', null],
          [
            'error',
            'ORM_SQLITE_FOREIGN_KEYS_OFF',
            { unloaded: 'dangling', loaded: 'deleted', bulk: 'dangling' },
          ],
        ]);
      } finally {
        await database.drop();
      }
    });
  },
  patience,
);
