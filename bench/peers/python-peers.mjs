// Alembic compares its models with the database; Django compares its models with its own migrations.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { all, cascades, copyModel, describeSchema, python } from './peer.mjs';
import { prepared } from './process.mjs';

/** @typedef {import('./peer.mjs').Peer} Peer */

/** @returns {Peer} */
export function alembic() {
  const version = '1.20.1';
  let program = '';
  return {
    name: 'Alembic check',
    label: 'Alembic',
    kind: 'peer',
    engines: all,
    async install() {
      program = await python(`alembic==${version}`, 'SQLAlchemy==2.1.9');
      return { version };
    },
    async prepare(project) {
      describeSchema(project);
      await prepared({ program, args: ['-m', 'alembic', 'init', 'migrations'] }, project.folder, 60);
      copyModel(project, 'alembic-env.py', 'migrations/env.py');
      return { program, args: ['-m', 'alembic', 'check'] };
    },
    isGood: (code) => code === 0 || code === 255,
    notices: cascades,
  };
}

/** @returns {Peer} */
export function django() {
  const version = '5.2.19';
  let program = '';
  return {
    name: 'Django makemigrations --check',
    label: 'Django',
    kind: 'blind',
    engines: all,
    async install() {
      program = await python(`Django==${version}`);
      return { version };
    },
    async prepare(project) {
      const { engine, folder, url } = project;
      const { hostname, password, pathname, port, username } = new URL(
        engine === 'sqlite' ? 'file:///' : url,
      );
      const backend = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite3' }[engine];
      const database = {
        ENGINE: `django.db.backends.${backend}`,
        ...(engine === 'sqlite'
          ? { NAME: url }
          : { NAME: pathname.slice(1), HOST: hostname, PORT: port, USER: username, PASSWORD: password }),
      };
      copyModel(project, 'django-models.py', 'shop/models.py');
      copyModel(project, 'django-migration.py', 'shop/migrations/0001_initial.py');
      for (const name of ['shop', 'shop/migrations']) writeFileSync(join(folder, name, '__init__.py'), '');
      writeFileSync(
        join(folder, 'settings.py'),
        `import pymysql\npymysql.install_as_MySQLdb()\nSECRET_KEY = "for measuring"\nINSTALLED_APPS = ["shop"]\nDATABASES = {"default": ${JSON.stringify(database)}}\n`,
      );
      const words = ['-m', 'django', 'makemigrations', 'shop'];
      const env = { DJANGO_SETTINGS_MODULE: 'settings', PYTHONPATH: folder };
      describeSchema(project);
      return { program, args: [...words, '--check', '--dry-run', '--verbosity', '3'], env };
    },
    isGood: (code) => code === 0 || code === 1,
    notices: cascades,
  };
}
