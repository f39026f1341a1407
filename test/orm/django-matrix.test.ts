// Every word of Django for a delete beside every action of the database, on each of its ways to delete: what lint foretells
// happens. The live actions are made by our own migration over the tables that Django made.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type DatabaseUnderTest, enginesUnderTest } from '../support/database.ts';
import type { DeleteOutcome, DeleteOutcomes } from '../../src/orm/finding.ts';
import { djangoProject, type DjangoProject, djangos, python } from './django.ts';
import { type ModelFinding, modelFindings } from './node-project.ts';

const runner = join(import.meta.dirname, 'django-runner.py');
const patience = 240_000;
const engines = enginesUnderTest();
const places = [
  ...djangos.map((version) => ({ version, place: engines.find(({ engine }) => engine === 'sqlite') })),
  { version: djangos.at(-1), place: engines.filter(({ engine }) => engine === 'postgres').at(-1) },
].flatMap(({ version, place }) =>
  version === undefined || place === undefined ? [] : [{ name: version.name, id: place.id, version, place }],
);

type Outcome = DeleteOutcomes & { readonly queryset: string; readonly raw: string };

describe.each(places)('$name on $id', ({ version, place }) => {
  let project: DjangoProject;
  let database: DatabaseUnderTest;
  let outcomes: ReadonlyMap<string, Outcome>;
  let findings: readonly ModelFinding[];
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    project = await djangoProject(version, 'django-matrix');
    database = await place.open();
    env = { SHELF_DB: database.url };
    await project.python([runner, 'migrate'], env);
    const action = (name: string, onDelete: string): string =>
      `    - match: 'app_c_*_${name}_*(parent_id) -> *'\n      onDelete: ${onDelete}\n`;
    const rules =
      action('cascade', 'cascade') +
      action('setnull', 'set null') +
      action('setdefault', 'set default') +
      action('restrict', 'restrict');
    await migrate(rules);
    outcomes = await deletes();
    findings = await lint();
  }, patience);
  afterAll(async () => {
    project.remove();
    await database.drop();
  });
  const migrate = async (rules: string): Promise<void> => {
    const config = `database: ${database.url}\nout: out\n`;
    project.write('ondelete.config.yaml', `${config}policy:\n  default: keep\n  rules:\n${rules}`);
    const before = new Set(project.files('out'));
    expect(await project.run(['generate', '--quiet'])).toMatchObject({ code: 0, stderr: '' });
    for (const name of project.files('out')) {
      if (!name.endsWith('.up.sql') || before.has(name)) continue;
      expect(await database.client(project.read(join('out', name)))).toMatchObject({ code: 0 });
    }
    project.write('ondelete.config.yaml', config);
  };
  const deletes = async (): Promise<ReadonlyMap<string, Outcome>> => {
    const printed = await project.python([runner, 'deletes'], env);
    return new Map(Object.entries(JSON.parse(printed) as Record<string, Outcome>));
  };
  const lint = async (): Promise<readonly ModelFinding[]> => {
    const orm = ['--orm', 'django', '--python', python()];
    return modelFindings(await project.run(['lint', ...orm, '--format', 'json'], env));
  };
  const about = (id: string): readonly ModelFinding[] =>
    findings.filter(({ key }) => (key ?? '').includes(`app_c_${id}(parent_id)`));
  // refused is refused, whoever does it
  const effect = (fate: DeleteOutcome): DeleteOutcome =>
    fate === 'refused-by-orm' ? 'foreign-key-violation' : fate;
  const isCoherent = ({ unloaded, loaded, bulk }: DeleteOutcomes): boolean =>
    effect(unloaded) === effect(bulk) && effect(loaded) === effect(bulk);
  const sorted = (ids: Iterable<string>): readonly string[] => [...new Set(ids)].sort();

  test('there are two ways: Django’s, whatever is loaded, and past it', () => {
    expect(outcomes.size).toBe(version.series === '3.2.' ? 69 : 77);
    const apart = [...outcomes].filter(
      ([, { unloaded, loaded, queryset, bulk, raw }]) =>
        unloaded !== loaded || loaded !== queryset || bulk !== raw,
    );
    expect(apart).toEqual([]);
  });

  test('what is foretold happens', () => {
    const foretold = [...outcomes].flatMap(([id, { unloaded, loaded, bulk }]) =>
      about(id).flatMap(({ outcomes }) =>
        outcomes === null ? [] : [{ id, outcomes, happened: { unloaded, loaded, bulk } }],
      ),
    );
    const wrong = foretold.filter(
      ({ outcomes, happened }) => JSON.stringify(outcomes) !== JSON.stringify(happened),
    );
    expect(wrong).toEqual([]);
    expect(foretold.length).toBeGreaterThan(40);
  });

  test('nothing incoherent goes unflagged, and nothing coherent is flagged', () => {
    const apart = [...outcomes].filter(([, outcomes]) => !isCoherent(outcomes)).map(([id]) => id);
    const flagged = [...outcomes.keys()].filter((id) => about(id).length > 0);
    // without a key there is always something to tell
    const loose = [...outcomes.keys()].filter((id) => id.includes('_loose_'));
    expect(sorted(flagged)).toEqual(sorted([...apart, ...loose]));
  });

  test(
    'after our migration of the printed edits both ways agree, but where the database cannot do it or has no key',
    async () => {
      const edits = findings.flatMap((found) => found.edits.filter(({ kind }) => kind === 'database'));
      const rules = edits.map(
        ({ match, onDelete }) => `    - match: '${match ?? ''}'\n      onDelete: ${onDelete ?? ''}\n`,
      );
      expect(rules.length).toBeGreaterThan(15);
      await migrate([...new Set(rules)].join(''));
      const after = await deletes();
      const left = (await lint()).map(({ code, key }) => `${code} ${key ?? ''}`);
      const stays = /^ORM_KEY_NOT_CONSTRAINED|^ORM_ONLY_SET_DEFAULT .*c_set(default)?_/;
      expect(left.filter((one) => !stays.test(one))).toEqual([]);
      const apart = [...after].filter(
        ([id, outcomes]) => !isCoherent(outcomes) && !id.includes('_loose_') && !/^set(default)?_/.test(id),
      );
      expect(apart).toEqual([]);
    },
    patience,
  );
});
