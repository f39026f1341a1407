/** What MySQL and MariaDB can and cannot do, by version; each entry with the page or the test that says so. */
import type { Capabilities } from '../../../src/core/contracts/engine.ts';
import type { Server } from '../../../src/core/model.ts';

/** Whether the server is of this version or later. */
function atLeast(server: Server, ...wanted: readonly number[]): boolean {
  for (const [at, part] of wanted.entries()) {
    const actual = server.version[at] ?? 0;
    if (actual !== part) return actual > part;
  }
  return true;
}

/** The limits that decide whether a change can be made, and how. Pure. */
export function capabilities(server: Server): Capabilities {
  const mysql = server.flavor === 'mysql';
  const innodbEnforces =
    !mysql || !atLeast(server, 9, 6) || server.settings['innodb_native_foreign_keys'] === 'ON';
  const restricted = server.settings['restrict_fk_on_non_standard_key'];
  return {
    setDefault: {
      has: false,
      evidence:
        'InnoDB takes SET DEFAULT and acts like RESTRICT (measured on MySQL 9.7, MariaDB 10.11 and 11.8)',
    },
    setNullColumnList: {
      has: false,
      evidence: 'https://dev.mysql.com/doc/refman/9.7/en/create-table-foreign-keys.html',
    },
    deferrableKeys: {
      has: false,
      evidence: 'https://dev.mysql.com/doc/refman/9.7/en/ansi-diff-foreign-keys.html',
    },
    keepsNoAction: {
      has: true,
      evidence: 'RESTRICT and NO ACTION differ in the catalog and act alike (measured on all)',
    },
    keepsSetDefault: {
      has: mysql,
      evidence:
        'MySQL 9.7 keeps the word SET DEFAULT, MariaDB 10.11 and 11.8 turn it into RESTRICT (measured)',
    },
    anonymousBlocks: {
      has: !mysql,
      evidence:
        'https://mariadb.com/docs/server/reference/sql-statements/programmatic-compound-statements/begin-end',
    },
    setStatement: {
      has: !mysql,
      evidence:
        'https://mariadb.com/docs/server/reference/sql-statements/administrative-sql-statements/set-commands/set-statement',
    },
    nonUniqueParents: {
      has: !mysql || restricted === undefined || restricted === 'OFF',
      evidence:
        'error 6125 unless restrict_fk_on_non_standard_key=OFF, since MySQL 8.4 (measured on 9.7); MariaDB has no such limit',
    },
    cascadeTriggers: {
      has: false,
      evidence:
        'rows deleted or nulled by a key fire no triggers (measured; MySQL 9.6 and later only with enable_cascade_triggers)',
    },
    cascadesOverChains: {
      has: innodbEnforces,
      evidence:
        'rows stay behind without an error on MySQL 9.7.4 (measured; dialects/mysql/cascades.ts says when)',
    },
    cascadesOverBranches: {
      has: innodbEnforces,
      evidence:
        'error 6575 on MySQL 9.7 when a delete cascades over a self reference into two branches of two levels each; not with innodb_native_foreign_keys=ON, nor on MariaDB (measured)',
    },
    cascadesToSiblings: {
      has: innodbEnforces,
      evidence:
        'rows stay behind without an error on MySQL 9.7.4 where a self reference of several columns cascades (measured; dialects/mysql/cascades.ts says when)',
    },
    namesUniquePerTable: {
      has: !mysql && atLeast(server, 12, 1),
      evidence: 'https://jira.mariadb.org/browse/MDEV-28933',
    },
  };
}
