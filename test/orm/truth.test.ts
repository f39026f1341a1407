// The truth table, run: each configuration is linted and then really deleted, and what happens is what was foretold.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { enginesUnderTest } from '../support/database.ts';
import { environmentOf, sqlalchemies } from './sqlalchemy.ts';
import { isImpossible, type Model, models } from './truth.ts';
import { type Finding, type Outcome, type Work, deleted, linted, mend, migrate } from './truth-work.ts';

/** Milliseconds for some thousand deletes on a machine that does much else. */
const patience = 400_000;
const engines = enginesUnderTest();
const isLong = process.env['ONDELETE_TEST_LONG'] === '1';
const places = [
  ...engines.filter(({ engine }) => engine === 'sqlite'),
  ...engines.filter(({ engine }) => engine === 'postgres').slice(-1),
];

describe.each(places)('on $id', (place) => {
  const { engine } = place;
  // the two versions do the same on PostgreSQL as on SQLite; a short run takes the newer one's word for it
  const versions = engine === 'sqlite' || isLong ? sqlalchemies : sqlalchemies.slice(-1);
  describe.each(versions)('$name', (version) => {
    const all = models(version.series.startsWith('2'));
    const possible = all.filter((model) => !isImpossible(model));
    let work: Work;
    let outcomes: ReadonlyMap<string, Outcome>;
    let findings: readonly Finding[];

    beforeAll(async () => {
      const env = await environmentOf(version, { psycopg2: engine === 'postgres' });
      work = {
        version,
        env,
        database: await place.open(),
        folder: mkdtempSync(join(tmpdir(), 'ondelete-orm-')),
      };
      outcomes = await deleted(work, all, true);
      findings = await linted(work);
    }, patience);
    afterAll(async () => {
      rmSync(work.folder, { recursive: true, force: true });
      await work.database.drop();
    });

    const of = (model: Model): Outcome => {
      const outcome = outcomes.get(model.id);
      if (outcome === undefined) throw new Error(`${model.id} was not deleted`);
      return outcome;
    };
    const about = (model: Model, side: 'P' | 'C'): readonly Finding[] =>
      findings.filter(({ subject }) =>
        side === 'P'
          ? subject === `P_${model.id}.children` || subject.startsWith(`${prefix}c_${model.id}(`)
          : subject === `C_${model.id}.parent`,
      );
    const prefix = engine === 'postgres' ? 'public.' : '';
    const told = (model: Model): readonly string[] =>
      about(model, 'P').map(({ severity, code }) => `${severity} ${code}`);

    test('bulk deletes and plain SQL are one', () => {
      const apart = possible.filter((model) => {
        const { bulk, raw } = of(model);
        return bulk !== raw;
      });
      expect(apart.map(({ id }) => id)).toEqual([]);
    });

    test('what is foretold happens', () => {
      const foretold = possible.flatMap((model) =>
        about(model, 'P').flatMap(({ outcomes: fates, code }) =>
          fates === null ? [] : [{ model, code, fates }],
        ),
      );
      expect(foretold.length).toBeGreaterThan(150);
      const wrong = foretold.flatMap(({ model, code, fates }) => {
        const { unloaded, loaded, bulk } = of(model);
        return JSON.stringify({ unloaded, loaded, bulk }) === JSON.stringify(fates)
          ? []
          : [{ id: model.id, code, foretold: fates, happened: { unloaded, loaded, bulk } }];
      });
      expect(wrong).toEqual([]);
    });

    test('nothing incoherent goes unflagged', () => {
      const silent = possible.filter((model) => {
        const { unloaded, loaded, bulk } = of(model);
        const coherent = unloaded === bulk && loaded === bulk;
        if (model.listeners && bulk === 'foreign-key-violation') return told(model).length === 0;
        return !coherent && !told(model).some((one) => !one.startsWith('info'));
      });
      expect(silent.map(({ id }) => [id, of({ ...plainModel, id })])).toEqual([]);
    });

    test('nothing coherent gets an error, but where no parent can ever be deleted', () => {
      const wrong = possible.filter((model) => {
        const { unloaded, loaded, bulk } = of(model);
        const coherent = unloaded === bulk && loaded === bulk && bulk !== 'not-null-violation';
        // a cascade over a hidden collection does nothing in every way, and says something else
        const errors = told(model).filter(
          (one) => one.startsWith('error') && !one.endsWith('ORM_NOLOAD_CASCADE'),
        );
        return coherent && errors.length > 0;
      });
      expect(wrong.map((model) => [model.id, told(model)])).toEqual([]);
    });

    test('what SQLAlchemy refuses to map is told, with the reason, and hides nothing else', () => {
      const refused = all.filter(isImpossible);
      const partial = findings.filter(({ code }) => code === 'ORM_PARTIAL');
      expect(refused.length).toBeGreaterThan(20);
      expect(partial).toHaveLength(refused.length);
      expect(partial.every(({ detail }) => detail.includes("passive_deletes='all'"))).toBe(true);
    });

    test('a cascade on the many-to-one side is told exactly where deleting a child takes more with it', () => {
      const more = possible.filter((model) => of(model).child !== 'alone').map(({ id }) => id);
      const flagged = possible.filter((model) =>
        about(model, 'C').some(({ code }) => code === 'ORM_CASCADE_ON_MANY_TO_ONE'),
      );
      expect(more.length).toBeGreaterThan(20);
      expect(flagged.map(({ id }) => id)).toEqual(more);
    });

    test('a missing delete-orphan is told where a child cannot leave the collection', () => {
      const flagged = possible.filter((model) => told(model).includes('info ORM_DELETE_ORPHAN_MISSING'));
      expect(flagged.length).toBeGreaterThan(5);
      const wrong = flagged.filter(
        (model) => ![null, 'not-null-violation', 'primary-key-blanked'].includes(of(model).removed),
      );
      expect(wrong.map(({ id }) => id)).toEqual([]);
    });

    test(
      'after our migration and the printed edits there is nothing to tell, and the three deletes agree',
      async () => {
        const mended = possible.map((model) => mend(model, [...about(model, 'P'), ...about(model, 'C')]));
        await migrate(work, findings);
        const after = await deleted(work, mended, false);
        const left = await linted(work);
        // listeners see every delete once SQLAlchemy does it and the key refuses what they would not see: that is told, as a note
        const heard = left.filter(({ subject }) => subject.startsWith('P_listeners'));
        expect(heard.map(({ code, severity }) => `${severity} ${code}`)).toEqual(
          heard.map(() => 'info ORM_ONLY_CASCADE'),
        );
        const stuck = left.filter((finding) => !stays.has(finding.code) && !heard.includes(finding));
        expect(stuck.map(({ subject, code, detail }) => [subject, code, detail])).toEqual([]);
        const apart = mended.filter(({ id, parentSide, listeners }) => {
          if (parentSide?.['lazy'] === '"noload"') return false;
          const { unloaded, loaded, bulk } = after.get(id) ?? {};
          if (listeners)
            return unloaded !== 'deleted' || loaded !== 'deleted' || bulk !== 'foreign-key-violation';
          return unloaded !== bulk || loaded !== bulk;
        });
        expect(apart.map(({ id }) => [id, after.get(id)])).toEqual([]);
      },
      patience,
    );
  });
});

describe('SQLite without PRAGMA foreign_keys', () => {
  test(
    'orphans are foretold, and nothing is foretold that keys would do',
    async () => {
      const place = engines.find(({ engine }) => engine === 'sqlite');
      const version = sqlalchemies.at(-1);
      if (place === undefined || version === undefined) throw new Error('both are always there');
      const folder = mkdtempSync(join(tmpdir(), 'ondelete-orm-'));
      const work = { version, env: await environmentOf(version), database: await place.open(), folder };
      try {
        const possible = models(true).filter((model) => !isImpossible(model));
        const outcomes = await deleted(work, possible, true, false);
        const findings = await linted(work);
        const foretold = new Map(
          findings.flatMap(({ subject, outcomes: fates }) =>
            fates === null ? [] : [[subject, fates] as const],
          ),
        );
        const happened = possible.map(({ id }) => {
          const { unloaded, loaded, bulk } = outcomes.get(id) ?? {};
          return [`P_${id}.children`, { unloaded, loaded, bulk }] as const;
        });
        const told = happened.filter(([subject]) => foretold.has(subject));
        expect(told.length).toBeGreaterThan(150);
        expect(told.map(([subject]) => [subject, foretold.get(subject)])).toEqual(told);
        const silent = possible.filter(
          ({ id, parentSide }) =>
            parentSide !== null &&
            parentSide['viewonly'] === undefined &&
            outcomes.get(id)?.unloaded === 'dangling' &&
            !foretold.has(`P_${id}.children`),
        );
        expect(silent.map(({ id }) => id)).toEqual([]);
        const codes = findings.map(({ code }) => code);
        expect(codes).not.toContain('ORM_DB_CASCADE_NOT_TRUSTED');
        expect(codes).not.toContain('ORM_EVENTS_SKIP_ON_DB_CASCADE');
        const first = findings.filter(({ edits }) => edits.length > 0).map(({ edits }) => edits[0]?.kind);
        expect(new Set(first)).toEqual(new Set(['application']));
      } finally {
        rmSync(folder, { recursive: true, force: true });
        await work.database.drop();
      }
    },
    patience,
  );
});

/** What has no edit: a choice between two ways of life, and not the matter of a delete. */
const stays: ReadonlySet<string> = new Set(['ORM_EAGER_DEFEATS_PASSIVE_DELETES', 'ORM_SET_NULL_ON_NOT_NULL']);
const plainModel = models(false)[0] as Model;
