/** SQLAlchemy 1.4 and 2.x: a probe in the application's own Python reads the mapped classes; the rules run here. */
import { OndeleteError } from '../../core/errors.ts';
import type { OrmAdapter, ReadRequest } from '../adapter.ts';
import type { Facts } from '../facts.ts';
import { readInPython } from '../run/python.ts';
import { sqlalchemyFindings } from './rules.ts';

export const sqlalchemy: OrmAdapter = {
  name: 'sqlalchemy',
  title: 'SQLAlchemy',
  deletes: {
    unloaded: 'session.delete, not loaded',
    loaded: 'session.delete, loaded',
    bulk: 'bulk delete, plain SQL',
  },
  read,
  lint: sqlalchemyFindings,
};

async function read(request: ReadRequest): Promise<Facts> {
  const { models, alembic, flavor, stubEngine } = request;
  if (models.length === 0 && alembic === null) {
    throw new OndeleteError(
      'USAGE',
      'no models are named',
      'Name them with --models package.module (once for each), or --alembic alembic.ini.',
    );
  }
  return readInPython(request, {
    files: [new URL('./probe.py', import.meta.url)],
    title: 'SQLAlchemy',
    what: [...models, ...(alembic === null ? [] : [`env.py of ${alembic}`])].join(', '),
    request: { models, alembic, dialect: flavor, stubEngine },
    help: {
      missing:
        'Call it from the folder the application is started from, choose its Python with --python, or replace a missing driver with --stub-engine.',
      import:
        'If it opens its database while it is imported, try --stub-engine; variables of its environment can be given with --env-file FILE.',
      otherwise: 'Name the modules that define the models with --models.',
    },
  });
}
