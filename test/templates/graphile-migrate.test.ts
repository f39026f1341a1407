import { describe, expect, test } from '@jest/globals';
import { graphileMigrate } from '../../migrations-templates/graphile-migrate.ts';
import { now, sample } from './sample.ts';

const migration = sample('000003-x', 'postgres');

test('writes the pending file, and opts out in its first line', () => {
  const blank = { path: 'current.sql', content: '-- Enter migration here\n' };
  const [file] = graphileMigrate.render([migration], [blank], now, 'out');
  expect(file).toMatchObject({ path: 'current.sql', replaces: true });
  expect(file?.content).toMatch(/^--! no-transaction\n/);
  expect(graphileMigrate.render([migration], [], now, 'out')[0]?.replaces).toBe(false);
});

test('names it as commit will', () => {
  const request = { slug: 'x', parts: [''], existing: ['000001-a', '000002', 'current'], now };
  expect(graphileMigrate.names(request)).toEqual(['000003-x']);
  const target = { names: ['000003-x'], before: '000002', folder: 'migrations', setup: null };
  expect(graphileMigrate.commands('postgres', target).up).toBe('npx graphile-migrate commit --message x');
});

describe('refuses', () => {
  test('a pending file that is not empty', () => {
    const pending = { path: 'current.sql', content: '-- a\nSELECT 1;\n' };
    expect(() => graphileMigrate.render([migration], [pending], now, 'out')).toThrow(/not committed/);
  });

  test('a pending folder', () => {
    const pending = { path: 'current/001.sql', content: '' };
    expect(() => graphileMigrate.render([migration], [pending], now, 'out')).toThrow(/current\//);
  });
});

test('knows applied files by their number', () => {
  const existing = ['committed/000001-a.sql', 'committed/000002.sql', 'current.sql'].map((path) => ({
    path,
    content: '',
  }));
  expect(graphileMigrate.history?.names([{ filename: '000001.sql' }], existing)).toEqual(['000001-a']);
});
