/** MySQL's questions, bounded as MariaDB bounds them. */
import type { Lint } from '../../src/dialect.ts';
import { ddlFor } from '../ddl.ts';
import { lintWith } from '../mysql/lint.ts';
import { mariadbBound } from './probe.ts';

export const lint: Lint = lintWith(ddlFor('mariadb'), mariadbBound);
