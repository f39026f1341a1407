/** Files of SQL as models. They are loaded by load.ts, which knows the engines; here are the rules over their facts. */
import { OndeleteError } from '../../core/errors.ts';
import { clauseText } from '../../core/names.ts';
import type { OrmAdapter, WriteAction } from '../adapter.ts';
import { commonFindings } from '../lint/common-findings.ts';

export const sql: OrmAdapter = {
  name: 'sql',
  title: 'SQL',
  deletes: { unloaded: 'DELETE', loaded: 'DELETE', bulk: 'DELETE' },
  read: () =>
    Promise.reject(
      new OndeleteError('USAGE', 'no file of SQL is named', 'Name it instead: --policy-from schema.sql.'),
    ),
  lint: (views) => commonFindings(views, sqlAction),
  // the file is edited by whoever dumps it
  editor: null,
};

const sqlAction: WriteAction = ({ child, columns }, target) => {
  const clause = clauseText(target);
  const text = `ON DELETE ${clause} in the file, on ${child.name}(${columns.join(', ')})`;
  return { set: { 'ON DELETE': clause }, text };
};
