/**
 * Drizzle: a probe imports the modules that hold the tables, or drizzle-kit's snapshot is read without running any code.
 * Drizzle deletes nothing itself: `relations()` serves queries alone, so the database's action is all there is.
 */
import { readdirSync } from 'node:fs';
import { OndeleteError } from '../../core/errors.ts';
import { clauseText } from '../../core/model.ts';
import type { Declaration, OrmAdapter, ReadRequest } from '../adapter.ts';
import { commonFindings } from '../common-rules.ts';
import { drizzleSnapshot, snapshotFile } from './snapshot.ts';
import { readInNode } from '../run/node.ts';

export const drizzle: OrmAdapter = {
  name: 'drizzle',
  title: 'Drizzle',
  deletes: { unloaded: 'db.delete, plain SQL', loaded: 'db.delete, plain SQL', bulk: 'db.delete, plain SQL' },
  async read(request) {
    const models = modelsOf(request);
    const [first = ''] = models;
    const snapshot = models.length === 1 ? await snapshotFile(request.cwd, first) : null;
    if (snapshot !== null) return drizzleSnapshot(request.cwd, snapshot);
    return readInNode(request, {
      probe: new URL('./probe.mjs', import.meta.url),
      title: 'Drizzle',
      models,
      help: 'Name the modules that export the tables, drizzle.config.ts, or a snapshot: --models src/db/schema.ts.',
    });
  },
  lint: (input) => commonFindings(input, declaration),
};

function modelsOf({ models, cwd }: ReadRequest): readonly string[] {
  if (models.length > 0) return models;
  const [config] = readdirSync(cwd).filter((name) => /^drizzle\.config\.([cm]?[jt]s|json)$/.test(name));
  if (config !== undefined) return [config];
  throw new OndeleteError(
    'USAGE',
    'no models are named',
    'There is no drizzle.config.ts; name the modules that export the tables: --models src/db/schema.ts.',
  );
}

const declaration: Declaration = (key, target) => {
  const value = clauseText(target).toLowerCase();
  // Drizzle has words for whole keys only
  if (value !== target.onDelete.toLowerCase()) return null;
  return {
    set: { onDelete: `'${value}'` },
    text:
      key.columns.length === 1
        ? `\`references(…, { onDelete: '${value}' })\``
        : `\`foreignKey(…).onDelete('${value}')\``,
  };
};
