/** TypeORM: a probe imports the module that exports a DataSource, and reads what TypeORM makes of its entities. */
import { clauseText, type DeleteClause } from '../../core/model.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Declaration, OrmAdapter } from '../adapter.ts';
import { readInNode } from '../run/node.ts';
import { typeormFindings } from './rules.ts';

export const typeorm: OrmAdapter = {
  name: 'typeorm',
  title: 'TypeORM',
  deletes: {
    unloaded: 'repository.remove, not loaded',
    loaded: 'repository.remove, loaded',
    bulk: 'repository.delete, plain SQL',
  },
  async read(request) {
    if (request.models.length === 0) {
      throw new OndeleteError(
        'USAGE',
        'no models are named',
        'Name the module that exports the DataSource: --models src/data-source.ts, or src/data-source.ts:AppDataSource.',
      );
    }
    return readInNode(request, {
      probe: new URL('./probe.mjs', import.meta.url),
      title: 'TypeORM',
      models: request.models,
      help: 'Name a module that exports a DataSource: --models src/data-source.ts:AppDataSource.',
    });
  },
  lint: (input) => typeormFindings(input, declaration),
};

/** The options of the side that holds the key; TypeORM has words for whole keys only, and none for SET DEFAULT. */
const declaration: Declaration = (_, target) => {
  if (!isSayable(target)) return null;
  const value = `'${target.onDelete}'`;
  return { set: { onDelete: value }, text: `\`onDelete: ${value}\` in the options of the relation` };
};

const isSayable = (target: DeleteClause): boolean =>
  target.onDelete !== 'SET DEFAULT' && clauseText(target) === target.onDelete;
