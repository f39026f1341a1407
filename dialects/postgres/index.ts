/** PostgreSQL 12 to 18 and later. */
import type { EngineCore } from '../../src/core/contracts/engine.ts';
import { capabilities } from './checks/capabilities.ts';
import { cascading } from './checks/cascades.ts';
import { checkChange, findings, sameType } from './checks/index.ts';
import { connect } from './connection/index.ts';

export const postgres: EngineCore = {
  flavor: 'postgres',
  traits: {
    catalogTellsOrphans: true,
    filesStopAtOrphans: true,
    filesExpectNames: true,
    // A swap takes 5 to 10 ms inside a tool's transaction (measured on 14 and 18), so these keep everybody out for less than half a second.
    mostKeysLocked: 40,
  },
  connect,
  capabilities,
  names: () => ({ tablesIgnoreCase: false, columnsIgnoreCase: false }),
  sameAction: (a, b) => a === b,
  sameType,
  cascading,
  checkChange,
  findings,
};
