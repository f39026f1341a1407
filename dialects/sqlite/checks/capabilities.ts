/** What SQLite can and cannot do about ON DELETE; the same for every version that can be read, and less where Cloudflare D1 or Turso keeps the file. */
import type { Capabilities, NameMatching } from '../../../src/core/contracts/engine.ts';
import type { Server } from '../../../src/core/model.ts';

const ofEvery: Capabilities = {
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

/** Measured on workerd 1.20260426 (test/tools/d1.test.ts). */
const onD1 = (has: boolean, evidence: string): Capabilities[string] => ({
  has,
  evidence: `test/tools/d1.test.ts: ${evidence}`,
});

/** Measured on @tursodatabase/database 0.7.2. */
const onTurso = (has: boolean, evidence: string): Capabilities[string] => ({
  has,
  evidence: `test/tools/turso.test.ts: ${evidence}`,
});

export function capabilities({ settings }: Server): Capabilities {
  if (settings['service'] === 'd1')
    return {
      ...ofEvery,
      schemaEdit: onD1(false, 'writable_schema is not authorised'),
      pragmaOff: onD1(false, 'foreign_keys = OFF is accepted and has no effect'),
      tempTables: onD1(false, 'they are not authorised'),
      atomicFile: onD1(true, 'wrangler runs a migration as one transaction'),
    };
  if (settings['service'] === 'turso')
    return {
      ...ofEvery,
      schemaEdit: onTurso(false, 'sqlite_schema may not be modified'),
      pragmaOff: onTurso(true, 'foreign_keys = OFF takes effect'),
      alterColumnTo: onTurso(false, 'open connections go on with the old action'),
    };
  return {
    ...ofEvery,
    schemaEdit: { has: true, evidence: 'https://sqlite.org/pragma.html#pragma_writable_schema' },
    alterColumnTo: { has: settings['service'] === 'libsql', evidence: 'test/tools/libsql.test.ts' },
  };
}

/** ASCII letters compare without case in names of tables and columns: https://sqlite.org/datatype3.html#collation (NOCASE). */
export const names: NameMatching = { tablesIgnoreCase: true, columnsIgnoreCase: true };
