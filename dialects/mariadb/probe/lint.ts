/** MySQL's questions, bounded as MariaDB bounds them. */
import type { Lint } from '../../../src/core/contracts/engine.ts';
import { ddlFor } from '../../sql/ddl.ts';
import { lintWith } from '../../mysql/probe/lint.ts';
import { mariadbBound } from './index.ts';

export const lint: Lint = lintWith(ddlFor('mariadb'), mariadbBound);
