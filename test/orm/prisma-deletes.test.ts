// What Prisma's client deletes in each of its ways, with keys in the database and in their place, against what lint foretells.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import { type ModelFinding, modelFindings, nodeProject, type Project } from './node-project.ts';
import { type PrismaCase, prismaCases, prismaSchema, prismaTables } from './prisma-cases.ts';

const runner = join(import.meta.dirname, 'prisma-runner.mjs');
const engines = enginesUnderTest();
const last = (engine: string): typeof engines => engines.filter((each) => each.engine === engine).slice(-1);
const patience = 240_000;
const orm = ['--orm', 'prisma'];

const alwaysFails = ({ live, optional }: PrismaCase): boolean => live === 'SET NULL' && !optional;

type Outcome = Readonly<Record<'delete' | 'deleteMany' | 'raw', string> & { readonly include?: string }>;

/** Makes the tables of these cases, deletes in each way, and lints. */
async function played(
  project: Project,
  database: DatabaseUnderTest,
  cases: readonly PrismaCase[],
): Promise<{
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly findings: readonly ModelFinding[];
}> {
  const { engine, url } = database;
  const { code, stderr } = await database.client(cases.map((each) => prismaTables(each, engine)).join('\n'));
  expect([code, stderr]).toEqual([0, '']);
  const modes = [false, true].flatMap((emulates) => {
    const own = cases.filter((each) => each.emulates === emulates);
    return own.length === 0 ? [] : [{ schema: `${emulates ? 'emulated' : 'keys'}.prisma`, cases: own }];
  });
  for (const { schema, cases: own } of modes) project.write(schema, prismaSchema(own, engine));
  project.write('jobs.json', JSON.stringify(modes));
  const printed = await project.node([runner, 'deletes', url, 'jobs.json']);
  const found = [];
  for (const { schema } of modes)
    found.push(await project.run(['lint', '-d', url, ...orm, '--models', schema, '--format', 'json']));
  return {
    outcomes: JSON.parse(printed) as Readonly<Record<string, Outcome>>,
    findings: found.flatMap(modelFindings),
  };
}

const told = (findings: readonly ModelFinding[], { id, link }: PrismaCase): readonly ModelFinding[] => {
  // On MySQL a subject begins with the database, whose random name may end in `c3`.
  const key = new RegExp(link ? `_C${id}ToP${id}"?\\("?B` : `(?<!\\w)C${id}\\b`, 'i');
  return findings.filter(({ subject }) => key.test(subject));
};

/** Two ways to refuse are one outcome. */
const fatesOf = (outcome: Outcome | undefined): ReadonlySet<string> =>
  new Set(Object.values(outcome ?? {}).map((fate) => (/violation|refused/.test(fate) ? 'refused' : fate)));

describe.each([...last('sqlite'), ...last('postgres'), ...last('mysql')])(
  'on $id: each way to delete, with keys and in place of keys',
  (place) => {
    let project: Project;
    let database: DatabaseUnderTest;
    const cases = prismaCases(place.engine);
    let outcomes: Readonly<Record<string, Outcome>>;
    let findings: readonly ModelFinding[];
    beforeAll(async () => {
      project = await nodeProject('prisma', null);
      database = await place.open();
      ({ outcomes, findings } = await played(project, database, cases));
    }, patience);
    afterAll(async () => {
      await database.drop();
      project.remove();
    });

    test('where the database has the keys, every way leaves them to it', () => {
      const own = cases.filter(({ emulates }) => !emulates);
      expect(own.length).toBeGreaterThan(15);
      for (const { id } of own)
        expect([id, new Set(Object.values(outcomes[id] ?? {})).size]).toEqual([id, 1]);
    });

    test('what is foretold happens', () => {
      let foretold = 0;
      for (const each of cases) {
        const { delete: plain, include = null, deleteMany, raw } = outcomes[each.id] ?? {};
        for (const { code, outcomes: fates } of told(findings, each)) {
          if (fates === null) continue;
          foretold += 1;
          const happened = { unloaded: plain, loaded: deleteMany, bulk: raw };
          expect([each, code, fates]).toEqual([each, code, happened]);
          if (include !== null) expect([each, code, include]).toEqual([each, code, fates.loaded]);
        }
      }
      expect(foretold).toBeGreaterThan(20);
    });

    test('nothing incoherent goes unflagged, and nothing coherent is called an error but what always fails', () => {
      for (const each of cases) {
        const fates = fatesOf(outcomes[each.id]);
        const found = told(findings, each).map(({ code, severity }) => `${severity} ${code}`);
        if (fates.size > 1 || fates.has('dangling')) expect([each, found]).not.toEqual([each, []]);
        else if (each.emulates && !alwaysFails(each))
          expect([each, found.filter((code) => code.startsWith('error'))]).toEqual([each, []]);
      }
    });

    // PostgreSQL does what SQLite does
    if (place.engine === 'postgres') return;
    test(
      'after the printed edits every way does the same, and there is nothing to tell',
      async () => {
        const mended = cases.flatMap((each) => {
          const edits = told(findings, each).flatMap((finding) => finding.edits);
          return edits.length === 0 ? [] : [{ ...edits.reduce(edited, each), id: `M${each.id}` }];
        });
        expect(mended.length).toBeGreaterThan(20);
        const after = await played(project, database, mended);
        for (const each of mended) {
          expect([each, [...fatesOf(after.outcomes[each.id])].length]).toEqual([each, 1]);
          expect([each, told(after.findings, each)]).toEqual([each, []]);
        }
      },
      patience,
    );
  },
);

function edited(given: PrismaCase, edit: ModelFinding['edits'][number]): PrismaCase {
  return edit.kind === 'database'
    ? { ...given, live: (edit.onDelete ?? '').toUpperCase() }
    : { ...given, onDelete: edit.set?.['onDelete'] ?? given.onDelete };
}
