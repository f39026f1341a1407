/** MikroORM: a reader imports its configuration, and reads what its schema generator works from. */
import type { OrmAdapter } from '../adapter.ts';
import { modelsOr, readInNode } from '../run/node.ts';
import { mikroOrmFindings } from './findings.ts';
import { mikroOrmEditor } from './editor.ts';

/** Where MikroORM's own command line looks, TypeScript first. */
const usual = ['src/', '', 'dist/', 'build/'].flatMap((folder) =>
  ['ts', 'js'].map((ending) => `${folder}mikro-orm.config.${ending}`),
);
const help = 'Name the module that exports the configuration: --models src/mikro-orm.config.ts.';

export const mikroOrm: OrmAdapter = {
  name: 'mikro-orm',
  title: 'MikroORM',
  deletes: {
    unloaded: 'em.remove, not loaded',
    loaded: 'em.remove, loaded',
    bulk: 'em.nativeDelete, plain SQL',
  },
  async read(request) {
    return readInNode(request, {
      file: new URL('./read-models.mjs', import.meta.url),
      title: 'MikroORM',
      models: modelsOr(request, usual, help),
      help,
    });
  },
  lint: mikroOrmFindings,
  editor: mikroOrmEditor,
};
