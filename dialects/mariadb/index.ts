/** MariaDB 10.11 and later: MySQL's folder, but for how statements are written and bounded. */
import type { EngineCore } from '../../src/core/contracts/engine.ts';
import { mysql } from '../mysql/index.ts';
import { connect } from './connection/index.ts';

export const mariadb: EngineCore = { ...mysql, flavor: 'mariadb', connect };
