/** MikroORM: a probe imports its configuration, and reads what its schema generator works from. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { OndeleteError } from '../../core/errors.ts';
import { clauseText } from '../../core/model.ts';
import type { Declaration, LintInput, OrmAdapter, OrmFinding, ReadRequest } from '../adapter.ts';
import { commonFindings } from '../common-rules.ts';
import { relationshipText } from '../facts.ts';
import { readInNode } from '../run/node.ts';
import { strayCascade } from '../stray-cascades.ts';
import { viewsOf } from '../key-views.ts';

/** Where MikroORM's own command line looks, TypeScript first. */
const usual = ['src', '.', 'dist', 'build'].flatMap((folder) =>
  ['ts', 'js'].map((ending) => join(folder, `mikro-orm.config.${ending}`)),
);

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
      probe: new URL('./probe.mjs', import.meta.url),
      title: 'MikroORM',
      models: modelsOf(request),
      help: 'Name the module that exports the configuration: --models src/mikro-orm.config.ts.',
    });
  },
  lint: findings,
};

function modelsOf({ models, cwd }: ReadRequest): readonly string[] {
  if (models.length > 0) return models;
  const found = usual.find((file) => existsSync(join(cwd, file)));
  if (found !== undefined) return [found];
  throw new OndeleteError(
    'USAGE',
    'no models are named',
    'There is no mikro-orm.config.ts; name the module that exports the configuration: --models src/orm.ts.',
  );
}

function findings(input: LintInput): readonly OrmFinding[] {
  return [
    ...commonFindings(input, declaration),
    ...viewsOf(input).relationships.flatMap((view) => {
      const { relationship } = view;
      const said = relationship.written['cascade'] ?? 'cascade';
      const name = relationshipText(relationship);
      return strayCascade(view, {
        said,
        deletes: 'em.remove()',
        which: 'if that is loaded',
        edit: {
          kind: 'model',
          target: name,
          place: relationship.place,
          set: {},
          remove: [said],
          text: `${name} without ${said}`,
        },
      });
    }),
  ];
}

/** The option of the side that holds the key; MikroORM has words for whole keys only. */
const declaration: Declaration = (_, target) => {
  const value = `'${target.onDelete.toLowerCase()}'`;
  if (clauseText(target) !== target.onDelete) return null;
  return { set: { deleteRule: value }, text: `\`deleteRule: ${value}\` in the options of the relation` };
};
