/** Sequelize 6: a probe imports the module that holds the models, and reads what Sequelize's own DDL is made from. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OndeleteError } from '../../core/errors.ts';
import { clauseText } from '../../core/model.ts';
import type { Declaration, OrmAdapter, ReadRequest } from '../adapter.ts';
import { readInNode } from '../run/node.ts';
import { sequelizeFindings } from './rules.ts';

/** What `sequelize init` makes. */
const usual = 'models/index.js';

export const sequelize: OrmAdapter = {
  name: 'sequelize',
  title: 'Sequelize',
  // what is loaded makes no difference to destroy()
  deletes: { unloaded: 'instance.destroy', loaded: 'instance.destroy', bulk: 'Model.destroy, plain SQL' },
  async read(request) {
    return readInNode(request, {
      probe: new URL('./probe.mjs', import.meta.url),
      title: 'Sequelize',
      models: modelsOf(request),
      help: 'Name a module that exports the Sequelize instance after all models are defined: --models models/index.js:sequelize.',
    });
  },
  lint: (input) => sequelizeFindings(input, declaration),
};

function modelsOf({ models, cwd }: ReadRequest): readonly string[] {
  if (models.length > 0) return models;
  if (existsSync(join(cwd, usual))) return [usual];
  throw new OndeleteError(
    'USAGE',
    'no models are named',
    `There is no ${usual}; name the module that exports the Sequelize instance: --models src/db.js:sequelize.`,
  );
}

/** The options of every association over the key, because the first one that Sequelize meets decides. */
const declaration: Declaration = (_, target) => {
  const value = clauseText(target);
  if (value !== target.onDelete) return null;
  return {
    set: { onDelete: `'${value}'` },
    text: `\`onDelete: '${value}'\` in the options of both belongsTo and hasMany, hasOne`,
  };
};
