/** Files of SQL as models. They are loaded by src/schema, which knows the engines; here are the rules over their facts. */
import { clauseText } from '../../core/model.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Declaration, OrmAdapter } from '../adapter.ts';
import { commonFindings } from '../common-rules.ts';

const declaration: Declaration = (key, target) => {
  const clause = `ON DELETE ${clauseText(target)}`;
  const text = `${clause} in the file, on ${key.child.name}(${key.columns.join(', ')})`;
  return { set: { 'ON DELETE': clauseText(target) }, text };
};

export const sql: OrmAdapter = {
  name: 'sql',
  title: 'SQL',
  deletes: { unloaded: 'DELETE', loaded: 'DELETE', bulk: 'DELETE' },
  read: () =>
    Promise.reject(
      new OndeleteError('USAGE', 'sql names no file', 'Name it as the source: --policy-from schema.sql.'),
    ),
  lint: (input) => commonFindings(input, declaration),
};
