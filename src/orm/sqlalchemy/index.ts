/** SQLAlchemy 1.4 and 2.x: a reader in the application's own Python reads the mapped classes. */
import { OndeleteError } from '../../core/errors.ts';
import type { OrmAdapter } from '../adapter.ts';
import { readInPython } from '../run/python.ts';
import { sqlalchemyAdvice } from './choices.ts';
import { sqlalchemyFindings } from './findings.ts';
import { sqlalchemyEditor } from './editor.ts';

export const sqlalchemy: OrmAdapter = {
  name: 'sqlalchemy',
  title: 'SQLAlchemy',
  deletes: {
    unloaded: 'session.delete, not loaded',
    loaded: 'session.delete, loaded',
    bulk: 'bulk delete, plain SQL',
  },
  async read(request) {
    const { alembic, flavor, stubEngine } = request;
    const models = request.models.map(moduleName);
    const sources = [...models, ...(alembic === null ? [] : [`env.py of ${alembic}`])];
    if (sources.length === 0) {
      const help = 'Name them with --models package.module (once for each), or --alembic alembic.ini.';
      throw new OndeleteError('USAGE', 'no models are named', help);
    }
    return readInPython(request, {
      files: [new URL('./read-models.py', import.meta.url)],
      title: 'SQLAlchemy',
      label: sources.join(', '),
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
  editor: sqlalchemyEditor,
};

/**
 * `shop/models.py:Base` is `shop.models:Base`: modules are imported by name.
 * @throws OndeleteError USAGE for a file that has no name from here
 */
function moduleName(named: string): string {
  const [, path = '', , attribute = ''] = /^(.*?)(\.py)?(:[\w.]+)?$/s.exec(named) ?? [];
  if (!/[\\/]/.test(path) && !/\.py(:|$)/.test(named)) return named;
  const parts = path.split(/[\\/]/).filter((part) => part !== '.' && part !== '__init__' && part !== '');
  const module = parts.join('.');
  if (parts.length > 0 && !/^([\\/]|\w:)/.test(path) && parts.every((part) => /^[^\s.:]+$/.test(part)))
    return `${module}${attribute}`;
  throw new OndeleteError(
    'USAGE',
    `${JSON.stringify(named)} is a file that no module below this folder is called after`,
    'Call it from the folder that the application imports its modules from, and name the module: --models package.module.',
  );
}
