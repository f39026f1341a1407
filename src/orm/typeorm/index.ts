/** TypeORM: a reader imports the module that exports a DataSource, and reads what TypeORM makes of its entities. */
import type { OrmAdapter } from '../adapter.ts';
import { modelsOr, readInNode } from '../run/node.ts';
import { typeormFindings } from './findings.ts';
import { typeormEditor } from './editor.ts';

const help =
  'Name a module that exports a DataSource: --models src/data-source.ts, or src/data-source.ts:AppDataSource.';

export const typeorm: OrmAdapter = {
  name: 'typeorm',
  title: 'TypeORM',
  deletes: {
    unloaded: 'repository.remove, not loaded',
    loaded: 'repository.remove, loaded',
    bulk: 'repository.delete, plain SQL',
  },
  async read(request) {
    return readInNode(request, {
      file: new URL('./read-models.mjs', import.meta.url),
      title: 'TypeORM',
      models: modelsOr(request, [], help),
      help,
      special: [
        [
          /^Entity metadata for .* was not found/,
          'Name every entity in `entities`, or let its pattern match their files as they are here (.ts or .js); --models names another data source.',
        ],
      ],
    });
  },
  lint: typeormFindings,
  editor: typeormEditor,
};
