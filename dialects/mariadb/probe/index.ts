/** MariaDB bounds one SELECT by SET STATEMENT max_statement_time, in seconds. */
import type { Bound } from '../../mysql/probe/bounds.ts';
import { probeWith } from '../../mysql/probe/index.ts';
import { ddlFor } from '../../sql/ddl.ts';

const ddl = ddlFor('mariadb');

const bound: Bound = (select, milliseconds) => {
  const seconds = Math.max(0.001, milliseconds / 1000).toFixed(3);
  return ddl.sql`SET STATEMENT max_statement_time = ${ddl.raw(seconds)}, max_recursive_iterations = 4294967295 FOR SELECT ${select}`;
};

export const probeOf = probeWith(ddl, 'mariadb', bound);
