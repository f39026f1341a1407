// The example of every code about models, as `explain` prints it: the real ORM reads the models, and lint shows the code.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { modelExamples, wayOf } from '../../src/core/codes/examples/models.ts';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';
import { djangoProject, djangos } from '../orm/django.ts';
import { nodeProject } from '../orm/node-project.ts';
import { environmentOf, python, sqlalchemies } from '../orm/sqlalchemy.ts';

const newest = sqlalchemies.slice(-1);

describe.each(newest)('$name', (version) => {
  let env: Readonly<Record<string, string>>;
  let place: Project;
  beforeAll(async () => {
    env = await environmentOf(version);
  }, 240_000);
  beforeEach(() => {
    place = openProject(ondelete);
  });
  afterEach(() => place.remove());

  test.each(Object.entries(modelExamples).filter(([, { orm }]) => orm === 'sqlalchemy'))(
    '%s is shown',
    async (code, { schema, models }) => {
      place.sqlite(schema);
      place.write('app.py', `${models}\n`);
      // What the models say is only weighed against each other where it is the policy.
      const policy =
        code === 'ORM_MODELS_DISAGREE' ? 'policy: { from: sqlalchemy }' : 'policy: { default: keep }';
      place.write('ondelete.config.yaml', `database: shop.db\n${policy}\n`);
      const words = [
        'lint',
        '--orm',
        'sqlalchemy',
        '--python',
        python(),
        '--models',
        'app',
        '--format',
        'json',
      ];
      const { stdout, stderr } = await place.run(words, { env });
      expect(`${stdout}${stderr}`).toContain(`"${code}"`);
    },
  );
});

test.each(Object.entries(modelExamples).filter(([, { orm }]) => orm === 'typeorm'))(
  '%s is shown by TypeORM',
  async (code, example) => {
    const project = await nodeProject('typeorm', null);
    try {
      const { file, command } = wayOf(example);
      project.write(file, `${example.models}\n`);
      const database = new Database(join(project.folder, 'shop.db'));
      database.exec(example.schema);
      database.close();
      const { stdout, stderr } = await project.run([
        ...command.split(' '),
        '-d',
        'shop.db',
        '--format',
        'json',
      ]);
      expect(`${stdout}${stderr}`).toContain(`"${code}"`);
    } finally {
      project.remove();
    }
  },
  240_000,
);

test.each(Object.entries(modelExamples).filter(([, { orm }]) => orm === 'django'))(
  '%s is shown by Django',
  async (code, example) => {
    const [, version] = djangos;
    if (version === undefined) throw new Error('no Django');
    const project = await djangoProject(version, null);
    try {
      const { file, command } = wayOf(example);
      project.write(
        'settings.py',
        'INSTALLED_APPS = ["shop"]\nDATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}\n',
      );
      project.write('shop/__init__.py', '');
      project.write(file, `${example.models}\n`);
      const database = new Database(join(project.folder, 'shop.db'));
      database.exec(example.schema);
      database.close();
      const words = [...command.split(' '), '--python', python(), '-d', 'shop.db', '--format', 'json'];
      const { stdout, stderr } = await project.run(words);
      expect(`${stdout}${stderr}`).toContain(`"${code}"`);
    } finally {
      project.remove();
    }
  },
  240_000,
);
