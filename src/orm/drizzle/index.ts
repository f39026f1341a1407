/**
 * Drizzle: a reader imports the modules that hold the tables, or drizzle-kit's snapshot is read without running any code.
 * Drizzle deletes nothing itself: `relations()` serves queries alone, so only the database's action counts.
 */
import type { OrmAdapter, WriteAction } from '../adapter.ts';
import { commonFindings } from '../lint/common-findings.ts';
import { modelsOr, readInNode } from '../run/node.ts';
import { drizzleSnapshot, snapshotFile } from './snapshot.ts';
import { drizzleEditor } from './editor.ts';

const usual = ['ts', 'js', 'mts', 'mjs', 'cts', 'cjs', 'json'].map((ending) => `drizzle.config.${ending}`);
const help =
  'Name the modules that export the tables, drizzle.config.ts, or a snapshot: --models src/db/schema.ts.';

export const drizzle: OrmAdapter = {
  name: 'drizzle',
  title: 'Drizzle',
  deletes: { unloaded: 'db.delete, plain SQL', loaded: 'db.delete, plain SQL', bulk: 'db.delete, plain SQL' },
  async read(request) {
    const models = modelsOr(request, usual, help);
    const [first = '', ...others] = models;
    const snapshot = others.length === 0 ? await snapshotFile(request.cwd, first) : null;
    if (snapshot !== null) return drizzleSnapshot(request.cwd, snapshot);
    const file = new URL('./read-models.mjs', import.meta.url);
    return readInNode(request, { file, title: 'Drizzle', models, help });
  },
  lint: (views) => commonFindings(views, drizzleAction),
  editor: drizzleEditor,
};

/** Drizzle has words for whole keys only. */
const drizzleAction: WriteAction = ({ columns }, { onDelete, onDeleteColumns }) => {
  if (onDeleteColumns !== null) return null;
  const value = `'${onDelete.toLowerCase()}'`;
  return {
    set: { onDelete: value },
    text:
      columns.length === 1
        ? `\`references(…, { onDelete: ${value} })\``
        : `\`foreignKey(…).onDelete(${value})\``,
  };
};
