// Keys whose names are longer than a name may be: MariaDB makes them when it renames a table, and for names of other letters.
import { expect, test } from '@jest/globals';
import { clause } from '../builders.ts';
import { schemaIndex } from '../../src/core/schema-index.ts';
import { describeServers } from '../servers/describe.ts';
import type { TestServer } from '../servers/index.ts';
import { lab } from './lab.ts';

describeServers('mariadb', suite);

const renamed = `${'t'.repeat(54)}_\`"'t`;
const foreign = 'é'.repeat(62);
const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

function suite(server: TestServer): void {
  test('are read with their whole names, and refused', async () => {
    const at = await lab(server);
    try {
      await at.make(`CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b), UNIQUE KEY u (b));
        CREATE TABLE c (id INT PRIMARY KEY, x INT, y INT, z INT, FOREIGN KEY (x, y) REFERENCES p (a, b) ON DELETE CASCADE ON UPDATE SET NULL,
          FOREIGN KEY (z) REFERENCES p (b) ON DELETE NO ACTION, CONSTRAINT short FOREIGN KEY (y) REFERENCES p (b));
        RENAME TABLE c TO ${quoted(renamed)};
        CREATE TABLE ${foreign} (id INT PRIMARY KEY, b INT, FOREIGN KEY (b) REFERENCES p (b))`);
      const snapshot = await at.snapshot();
      expect(
        snapshot.foreignKeys.map(({ columns, name, onDelete, onUpdate, parentColumns }) => [
          name,
          `${columns.join()} ${parentColumns.join()} ${onDelete} ${onUpdate}`,
        ]),
      ).toEqual([
        [`${renamed}_ibfk_1`, 'x,y a,b CASCADE SET NULL'],
        ['short', 'y b RESTRICT RESTRICT'],
        [`${renamed}_ibfk_2`, 'z b NO ACTION RESTRICT'],
        [`${foreign}_ibfk_1`, 'b b RESTRICT RESTRICT'],
      ]);
      const capabilities = at.dialect.capabilities(at.identity);
      const codes = snapshot.foreignKeys.map((key) =>
        at.dialect
          .checkChange(key, clause('SET NULL'), schemaIndex(snapshot), capabilities)
          .map((hazard) => hazard.code),
      );
      expect(codes).toEqual([['NOT_AVAILABLE_HERE'], [], ['NOT_AVAILABLE_HERE'], ['NOT_AVAILABLE_HERE']]);
    } finally {
      await at.close();
    }
  });
}
