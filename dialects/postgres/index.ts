/** PostgreSQL 12 to 18 and later. */
import type { EngineCore } from '../../src/core/contracts/engine.ts';
import { capabilities } from './checks/capabilities.ts';
import { cascading } from './checks/cascades.ts';
import { checkChange, findings, sameType } from './checks/index.ts';
import { connect } from './connection/index.ts';

export const postgres: EngineCore = {
  flavor: 'postgres',
  connect,
  capabilities,
  names: () => ({ tablesIgnoreCase: false, columnsIgnoreCase: false }),
  sameAction: (a, b) => a === b,
  sameType,
  cascading,
  checkChange,
  findings,
};
