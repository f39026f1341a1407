/** SQLAlchemy 1.4 and 2.x: a probe in the application's own Python reads the mapped classes. */
import { OndeleteError } from '../../core/errors.ts';
import type { OrmAdapter } from '../adapter.ts';
import { readInPython } from '../run/python.ts';
import { sqlalchemyAdvice } from './choices.ts';
import { sqlalchemyFindings } from './rules.ts';
import { sqlalchemySource } from './source.ts';

export const sqlalchemy: OrmAdapter = {
  name: 'sqlalchemy',
  title: 'SQLAlchemy',
  deletes: {
    unloaded: 'session.delete, not loaded',
    loaded: 'session.delete, loaded',
    bulk: 'bulk delete, plain SQL',
  },
  async read(request) {
    const { models, alembic, flavor, stubEngine } = request;
    const sources = [...models, ...(alembic === null ? [] : [`env.py of ${alembic}`])];
    if (sources.length === 0) {
      const help = 'Name them with --models package.module (once for each), or --alembic alembic.ini.';
      throw new OndeleteError('USAGE', 'no models are named', help);
    }
    return readInPython(request, {
      files: [new URL('./probe.py', import.meta.url)],
      title: 'SQLAlchemy',
      source: sources.join(', '),
      question: { models, alembic, dialect: flavor, stubEngine },
      help: {
        missing:
          'Call it from the folder the application is started from, choose its Python with --python, or replace a missing driver with --stub-engine.',
        import:
          'If it opens its database while it is imported, try --stub-engine; variables of its environment can be given with --env-file FILE.',
        otherwise: 'Name the modules that define the models with --models.',
      },
    });
  },
  lint: sqlalchemyFindings,
  advise: sqlalchemyAdvice,
  source: sqlalchemySource,
};
