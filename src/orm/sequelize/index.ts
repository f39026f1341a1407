/** Sequelize 6: a reader imports the module that holds the models, and reads what Sequelize's own DDL is made from. */
import type { OrmAdapter } from '../adapter.ts';
import { modelsOr, readInNode } from '../run/node.ts';
import { sequelizeFindings } from './findings.ts';
import { sequelizeEditor } from './editor.ts';

const help =
  'Name a module that exports the Sequelize instance after all models are defined: --models src/db.js:sequelize.';

export const sequelize: OrmAdapter = {
  name: 'sequelize',
  title: 'Sequelize',
  // what is loaded makes no difference to destroy()
  deletes: { unloaded: 'instance.destroy', loaded: 'instance.destroy', bulk: 'Model.destroy, plain SQL' },
  async read(request) {
    return readInNode(request, {
      file: new URL('./read-models.mjs', import.meta.url),
      title: 'Sequelize',
      // what `sequelize init` makes
      models: modelsOr(request, ['models/index.js'], help),
      help,
    });
  },
  lint: sequelizeFindings,
  editor: sequelizeEditor,
};
