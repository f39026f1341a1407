import { describe, expect, test } from '@jest/globals';
import { knex } from '../../migrations-templates/knex.ts';
import { mikroOrm } from '../../migrations-templates/mikro-orm.ts';
import { nodePgMigrate } from '../../migrations-templates/node-pg-migrate.ts';
import { typeorm } from '../../migrations-templates/typeorm.ts';
import type { EngineName } from '../../src/core/model.ts';
import { contentOf, now, sample } from './sample.ts';

describe('a script is written like the newest of its folder', () => {
  const render = (path: string, content: string): string => {
    const files = knex.render([sample('20261128093000_x', 'mysql')], [{ path, content }], now, 'out');
    return contentOf(files, `20261128093000_x.${path.split('.').at(-1) ?? ''}`);
  };

  test('as CommonJS', () => {
    expect(render('1_a.js', 'exports.up = 1;')).toContain('exports.up = (knex) =>');
    expect(render('1_a.cjs', 'exports.up = 1;')).toContain('exports.config = { transaction: false };');
  });

  test('as a module', () => {
    expect(render('1_a.js', 'export const up = 1;')).toContain('export const up = (knex) =>');
    expect(render('1_a.mjs', 'export async function up() {}')).toContain('export const config =');
  });

  test('as TypeScript', () => {
    const text = render('1_a.ts', 'export async function up() {}');
    expect(text).toContain("import type { Knex } from 'knex';");
    expect(text).toContain('export const up = (knex: Knex) =>');
  });
});

test('Knex reads a question mark as a placeholder for PostgreSQL, and takes no escape of it elsewhere', () => {
  const written = (flavor: EngineName): string =>
    knex.render([sample('1_x', flavor)], [], now, 'out')[0]?.content ?? '';
  expect(written('postgres')).toContain(`'SELECT \\'up\\\\?\\''`);
  for (const flavor of ['mysql', 'sqlite'] as const) expect(written(flavor)).toContain(`'SELECT \\'up?\\''`);
});

test('what puts the session back runs after an error too, inside the tool’s transaction without one of our own', () => {
  const [own] = knex.render([sample('1_x', 'sqlite')], [], now, 'out');
  expect(own?.content).toMatch(
    /try {\n {4}await run\('BEGIN'\);[^}]*COMMIT[^}]*} catch \(error\) {\n {4}await run\('ROLLBACK'\)[^}]*} finally {\n {4}await run\('SET back'\)/,
  );
  const [wrapped] = typeorm.render([sample('1700000000000-X', 'sqlite')], [], now, 'out');
  expect(wrapped?.content).not.toContain('BEGIN');
  expect(wrapped?.content).toMatch(
    /} finally {\n {8}await queryRunner.query\('SET back'\);\n {6}}\n {4}} finally {\n {6}connection.unsafeMode\?\.\(false\);/,
  );
});

test('node-pg-migrate collects the statements, so the session is put back by the last', () => {
  const [file] = nodePgMigrate.render([sample('1700000000000_x', 'postgres')], [], now, 'out');
  expect(file?.content).toMatch(
    /pgm.noTransaction\(\);\n {2}pgm.sql\('BEGIN'\);[^}]*pgm.sql\('SET back'\);\n};/,
  );
});

describe('TypeORM', () => {
  test('gives each file a number of its own, above all that are there', () => {
    const existing = ['9999999999998-Late'];
    const request = { slug: 'on_delete', parts: ['swap', 'validate'], existing, now };
    expect(typeorm.names(request)).toEqual(['9999999999999-OnDeleteSwap', '10000000000000-OnDeleteValidate']);
    expect(typeorm.names({ ...request, existing: [], parts: [''] })).toEqual(['1795858200000-OnDelete']);
  });

  test('ends the class in the number of the file, in JavaScript too', () => {
    const migration = sample('1700000000000-OnDelete', 'postgres');
    const [typed] = typeorm.render([migration], [], now, 'out');
    expect(typed?.path).toBe('1700000000000-OnDelete.ts');
    expect(typed?.content).toContain('export class OnDelete1700000000000 implements MigrationInterface {');
    const [plain] = typeorm.render(
      [migration],
      [{ path: '1-A.js', content: 'module.exports = class A1 {}' }],
      now,
      'out',
    );
    expect(plain?.content).toContain(
      'module.exports = class OnDelete1700000000000 {\n  async up(queryRunner) {',
    );
  });

  test('knows applied files by their class', () => {
    const existing = [
      { path: '1700000000000-A.ts', content: 'export class A1700000000000 implements MigrationInterface {' },
      { path: '1700000000001-B.ts', content: "export class B { name = 'B1700000000001' }" },
      { path: '1700000000002-C.ts', content: 'export class C1700000000002 {' },
    ];
    const rows = [{ name: 'A1700000000000' }, { name: 'B1700000000001' }];
    expect(typeorm.history?.names(rows, existing)).toEqual(['1700000000000-A', '1700000000001-B']);
  });
});

describe('MikroORM', () => {
  test('names the class like the file, after the last', () => {
    const request = { slug: 'x', parts: [''], existing: ['Migration20261128093000_x'], now };
    expect(mikroOrm.names(request)).toEqual(['Migration20261128093001_x']);
    const [file] = mikroOrm.render([sample('Migration1_x', 'postgres')], [], now, 'out');
    expect(file?.content).toContain('export class Migration1_x extends Migration {');
  });

  test('holds one connection where every ALTER commits by itself', () => {
    const [file] = mikroOrm.render([sample('Migration1_x', 'mysql')], [], now, 'out');
    expect(file?.content).toContain('override isTransactional(): boolean {');
    expect(file?.content).toContain('await this.onOneConnection(async (run) => {');
  });
});
