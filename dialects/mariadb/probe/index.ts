/** MariaDB bounds one SELECT by SET STATEMENT max_statement_time, in seconds. */
import { ddlFor } from '../../sql/ddl.ts';
import type { Probe } from '../../../src/core/contracts/engine.ts';
import { probeWith, type Bound } from '../../mysql/probe/index.ts';

const ddl = ddlFor('mariadb');

export const mariadbBound: Bound = (select, milliseconds) => {
  const seconds = Math.max(0.001, milliseconds / 1000).toFixed(3);
  return ddl.sql`SET STATEMENT max_statement_time = ${ddl.raw(seconds)}, max_recursive_iterations = 4294967295 FOR SELECT ${select}`;
};

export const probe: Omit<Probe, 'children'> = probeWith(ddl, 'mariadb', mariadbBound);
