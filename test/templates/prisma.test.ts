import { expect, test } from '@jest/globals';
import { prisma } from '../../migrations-templates/prisma.ts';
import { now, sample } from './sample.ts';

const lock = (provider: string): { readonly path: string; readonly content: string } => ({
  path: 'migration_lock.toml',
  content: `provider = "${provider}"\n`,
});

test('one folder per migration; the lock file is written where there is none', () => {
  const migration = sample('20261128093000_x', 'mariadb');
  const paths = prisma.render([migration], [], now, 'out').map(({ path }) => path);
  expect(paths).toEqual(['20261128093000_x/migration.sql', 'migration_lock.toml']);
  expect(prisma.render([migration], [lock('mysql')], now, 'out')).toHaveLength(1);
});

test('a folder of another engine is refused', () => {
  expect(() => prisma.render([sample('1_x', 'postgres')], [lock('mysql')], now, 'out')).toThrow(
    /is for mysql, and the database is postgresql/,
  );
});
