// Which program reads the models: a configuration comes with the repository, and may name plain interpreters only.
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openProject, type Project } from '../support/project.ts';

let place: Project;
beforeEach(() => {
  place = openProject();
  place.sqlite('CREATE TABLE a (id INTEGER PRIMARY KEY)');
});
afterEach(() => place.remove());

/** A program that leaves its variables behind, and answers nothing. */
const program = (name: string): void => {
  place.write(name, '#!/bin/sh\nenv > ran.txt\n');
  chmodSync(join(place.folder, name), 0o755);
};
const configured = (orm: string): void =>
  place.write(
    'ondelete.config.yaml',
    `database: shop.db\norm: { models: [app], ${orm} }\npolicy: { from: sqlalchemy }\n`,
  );
const hasRun = (): boolean => existsSync(join(place.folder, 'ran.txt'));

test.each([
  ['a script', 'python: ./python3'],
  ['a command with words behind it', 'python: "sh python3"'],
  ['an interpreter that is told what to run', 'python: "python3 evil.py"'],
  ['a folder that only looks like a virtual environment', 'python: fake/bin/python'],
  ['another program on the PATH', 'python: sh'],
  ['a virtual environment elsewhere', 'python: ../venv/bin/python'],
  ['a Node.js of the repository', 'node: ./node'],
])('%s in a configuration is not started', async (_, orm) => {
  for (const name of ['python3', 'node', 'fake/bin/python']) program(name);
  configured(orm);
  const { code, stderr } = await place.run(['diff']);
  expect([code, hasRun()]).toEqual([2, false]);
  expect(stderr).toMatch(
    /names the program .* a configuration may name .* name it yourself: --(python|node) /,
  );
});

test.each([
  ['a virtual environment below the folder', 'python: venv/bin/python', []],
  ['the usual one, which nobody names', 'timeLimit: 20', []],
  ['what the command line names', 'python: ./python3', ['--python', './python3']],
])('%s is started', async (_, orm, words) => {
  for (const folder of ['venv', '.venv']) {
    place.write(`${folder}/pyvenv.cfg`, '');
    program(`${folder}/bin/python`);
  }
  program('python3');
  configured(orm);
  const { code, stderr } = await place.run(['diff', ...words], { env: { VIRTUAL_ENV: '' } });
  expect([code, hasRun()]).toEqual([2, true]);
  expect(stderr).toContain('this runs the application’s code');
});

test('a variable names the program, and a file of variables does not', async () => {
  program('python3');
  program('evil/bin/python');
  place.write('.env', 'VIRTUAL_ENV=evil\nSHOP=1\n');
  configured('python: ./python3, envFile: .env');
  await place.run(['diff'], { env: { ONDELETE_PYTHON: './python3' } });
  expect(readFileSync(join(place.folder, 'ran.txt'), 'utf8')).toMatch(/^SHOP=1$/m);
  configured('envFile: .env, timeLimit: 20');
  const { stderr } = await place.run(['diff'], { env: { VIRTUAL_ENV: '' } });
  expect(stderr).not.toContain('evil');
});

test.each([
  ['the configuration', 'passEnv: [SHOP_*]', []],
  ['the command line', 'passEnv: [DATABASE_PASSWORD]', ['--pass-env', 'SHOP_*']],
])('%s narrows what the application gets', async (_, orm, words) => {
  place.write('venv/pyvenv.cfg', '');
  program('venv/bin/python');
  configured(`python: venv/bin/python, ${orm}`);
  const env = { SHOP_MODE: 'x', DATABASE_PASSWORD: 'hunter22' };
  await place.run(['diff', ...words], { env });
  const seen = readFileSync(join(place.folder, 'ran.txt'), 'utf8');
  expect(seen).toMatch(/^SHOP_MODE=x$/m);
  expect(seen).toMatch(/^PATH=/m);
  expect(seen).not.toContain('hunter22');
});
