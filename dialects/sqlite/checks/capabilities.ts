/** What SQLite can and cannot do about ON DELETE; the same for every version that can be read. */
import type { Capabilities, NameMatching } from '../../../src/core/contracts/engine.ts';

export const capabilities: Capabilities = {
  deleteColumnList: {
    has: false,
    evidence: 'https://sqlite.org/syntax/foreign-key-clause.html: SET NULL takes no column list',
  },
  setDefault: { has: true, evidence: 'https://sqlite.org/foreignkeys.html#fk_actions' },
  deferrable: { has: true, evidence: 'https://sqlite.org/foreignkeys.html#fk_deferred' },
  alterForeignKey: {
    has: false,
    evidence:
      'https://sqlite.org/lang_altertable.html: no ALTER TABLE changes a key, so the stored text is edited',
  },
};

/** ASCII letters compare without case in names of tables and columns: https://sqlite.org/datatype3.html#collation (NOCASE). */
export const names: NameMatching = { tablesIgnoreCase: true, columnsIgnoreCase: true };
