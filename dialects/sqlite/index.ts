/** SQLite, as any file that the driver can read, and the local files of Cloudflare D1, libSQL and Turso, which are such files. */
import type { EngineCore } from '../../src/core/contracts/engine.ts';
import { capabilities, names } from './checks/capabilities.ts';
import { cascading } from './checks/cascades.ts';
import { checkChange, findings, sameType } from './checks/index.ts';
import { connect } from './connection/index.ts';

export const sqlite: EngineCore = {
  flavor: 'sqlite',
  traits: {
    catalogTellsOrphans: false,
    filesStopAtOrphans: false,
    filesExpectNames: false,
    mostKeysLocked: null,
  },
  connect,
  capabilities,
  names: () => names,
  /** RESTRICT is checked at once even on a deferred key: https://sqlite.org/foreignkeys.html#fk_actions */
  sameAction: (a, b) => a === b,
  sameType,
  cascading,
  checkChange,
  findings,
};
