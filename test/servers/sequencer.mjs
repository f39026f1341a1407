// The order of the test files: what takes longest begins first, so that no worker is left alone with it at the end.
// jest itself knows durations only where it ran before, and takes large files for slow ones.
import { createRequire } from 'node:module';

/** @type {typeof import('@jest/test-sequencer')} */
const { default: TestSequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** Longest first, as measured. */
const longest = [
  'orm/truth',
  'live/verify',
  'live/end-to-end',
  'orm/edits-after',
  'orm/edits-after-django',
  'postgres/loop',
  'mysql/loop',
  'chaos/postgres',
  'orm/django',
  'orm/django-matrix',
  'orm/typeorm',
  'random/closed-loop',
  'codes/examples-orm',
  'tools/liquibase',
  'tools/alembic',
  'tools/typeorm',
  'tools/flyway',
  'tools/sequelize',
  'tools/sqitch',
  'tools/mikro-orm',
  'tools/rails',
  'tools/prisma',
];

export default class LongestFirst extends TestSequencer {
  /** @override @param {import('@jest/test-result').Test[]} tests */
  async sort(tests) {
    const place = (/** @type {import('@jest/test-result').Test} */ { path }) => {
      const at = longest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`));
      return at === -1 ? longest.length : at;
    };
    return [...(await super.sort(tests))].sort((a, b) => place(a) - place(b));
  }
}
