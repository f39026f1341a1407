/** MySQL 8.0 and later. MariaDB's folder takes over what is the same there. */
import type { EngineCore, NameMatching } from '../../src/core/contracts/engine.ts';
import { isRefusing } from '../../src/core/referential-actions.ts';
import type { Server } from '../../src/core/model.ts';
import { capabilities } from './checks/capabilities.ts';
import { cascading } from './checks/cascades.ts';
import { checkChange, checkChanges, findings, sameType } from './checks/index.ts';
import { tablesIgnoreCase } from './connection/identify.ts';
import { connect } from './connection/index.ts';

export const mysql: EngineCore = {
  flavor: 'mysql',
  traits: {
    catalogTellsOrphans: false,
    filesStopAtOrphans: false,
    filesExpectNames: true,
    mostKeysLocked: null,
  },
  connect,
  capabilities,
  names,
  /** InnoDB checks at once in both cases; SET DEFAULT acts like them too, but says something else. */
  sameAction: (a, b) => a === b || (isRefusing(a) && isRefusing(b)),
  sameType,
  cascading,
  checkChange,
  checkChanges,
  findings,
};

/** Tables as lower_case_table_names says, columns never by case. */
function names(server: Server): NameMatching {
  return { tablesIgnoreCase: tablesIgnoreCase(server), columnsIgnoreCase: true };
}
