#!/usr/bin/env node
/**
 * From a model that leaves children behind to one that agrees with its database. Prints the walk-through, every line of
 * output real; README.md is what it prints. Wants python3 with SQLAlchemy, and sqlite3.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const cli = join(here, '../../dist/bundle/main.js');
const python = process.env.PYTHON ?? 'python3';
const folder = mkdtempSync(join(tmpdir(), 'ondelete-walk-'));
const show = (name) => readFileSync(join(folder, name), 'utf8').trimEnd();
const say = (text) => process.stdout.write(`${text}\n\n`);
const block = (language, text) => say(`\`\`\`${language}\n${text}\n\`\`\``);

/** Runs a command as it is shown; what differs from machine to machine is made the same. */
function run(shown, expected = 0) {
  const [program, ...words] = shown.split(' ');
  const command = program === 'ondelete' ? [process.execPath, cli, ...words] : [python, ...words];
  if (program === 'sqlite3') {
    const [file] = readdirSync(join(folder, 'migrations')).filter((name) => name.endsWith('.up.sql'));
    const input = readFileSync(join(folder, 'migrations', file));
    const done = spawnSync('sqlite3', ['shop.db'], { cwd: folder, input, encoding: 'utf8' });
    // what it says differs from version to version
    finish('sqlite3 shop.db < migrations/*.up.sql', { ...done, stdout: '' }, expected);
    return;
  }
  const env = { ...process.env, NO_COLOR: '1', COLUMNS: '80', DATABASE_URL: '', VIRTUAL_ENV: '' };
  const readsModels = program === 'ondelete' && ['lint', 'generate'].includes(words[0]);
  const more = readsModels ? ['--python', python] : [];
  finish(shown, spawnSync(command[0], [...command.slice(1), ...more], { cwd: folder, env, encoding: 'utf8' }), expected);
}

function finish(shown, { status, stdout, stderr }, expected) {
  if (status !== expected) {
    process.stderr.write(`${shown}: exit ${status}\n${stdout}\n${stderr}\n`);
    process.exit(1);
  }
  const output = `${stderr}${stdout}`
    .replaceAll(`with ${python}:`, 'with python3:')
    .replaceAll(`${folder}/`, '')
    .replaceAll(/\d{14}/g, 'STAMP')
    .replaceAll(/(SQLAlchemy|SQLite) \d[\d.]*/g, '$1')
    .trimEnd();
  block('console', [`$ ${shown}`, output, ...(expected === 0 ? [] : [`(exit ${expected})`])].filter((line) => line !== '').join('\n'));
}

try {
  for (const name of ['delete.py', 'ondelete.config.yaml']) copyFileSync(join(here, name), join(folder, name));
  copyFileSync(join(here, 'models_first.py'), join(folder, 'models.py'));

  say('# Models that agree with the database');
  say('<!-- Printed by walk.mjs; a test runs it again and compares. -->');
  say('An author has books. The cascade was meant for them, and stands where many put it first: on the side that holds the key.');
  block('python', show('models.py'));
  say('Delete an author in each of the three ways:');
  run('python3 delete.py');
  say('The books stay behind, and a bulk delete fails. What the lens says of it, and what to do in which order:');
  run('ondelete lint --orm sqlalchemy', 1);
  say(
    'Without a policy it prints both ends to choose from, deleting the books or keeping them, with what each costs; it recommends deleting, because a cascade is written, if on the wrong side. Here the policy says what is wanted:',
  );
  block('yaml', show('ondelete.config.yaml'));
  say('## The database first');
  run('ondelete diff', 1);
  run('ondelete generate books');
  run('sqlite3 shop.db');
  say('Now the database cascades, and the model has not heard of it. This is the worst moment to stop: the ORM still sets the key to NULL first, so the cascade never comes to it.');
  run('python3 delete.py');
  run('ondelete lint --orm sqlalchemy', 1);
  say('## Then the model');
  say('The three edits that the report names: the cascade leaves the child’s side, `ondelete="CASCADE"` goes on the key, and `cascade="all, delete", passive_deletes=True` on the collection.');
  copyFileSync(join(here, 'models_last.py'), join(folder, 'models.py'));
  block('python', show('models.py').slice(show('models.py').indexOf('class Author')));
  run('ondelete lint --orm sqlalchemy');
  run('python3 delete.py');
  process.stdout.write('All three agree, and the database alone would do the same for every other client.\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
