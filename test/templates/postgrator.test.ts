import { expect, test } from '@jest/globals';
import { postgrator } from '../../migrations-templates/postgrator.ts';
import { now, sample } from './sample.ts';

test('numbers are compared as numbers', () => {
  const existing = ['9.do.a.sql', '010.do.b.sql'].map((path) => postgrator.migrationName(path) ?? '');
  expect([...existing].sort()).toEqual(existing);
  const [name = ''] = postgrator.names({ slug: 'x', parts: [''], existing, now });
  const files = postgrator.render([sample(name, 'mysql')], [], now, 'out');
  expect(files.map(({ path }) => path)).toEqual(['011.do.x.sql', '011.undo.x.sql']);
  expect(files.map(({ path }) => postgrator.migrationName(path))).toEqual([name, name]);
  const target = { names: [name], before: existing.at(-1) ?? null, folder: '', setup: null };
  expect(postgrator.commands('mysql', target).down).toBe('await postgrator.migrate("10")');
});
