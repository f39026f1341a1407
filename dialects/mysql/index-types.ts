/**
 * Which tables MariaDB has to be asked for the types of their indexes. It opens a table to say INDEX_TYPE, 310 against 90 ms of its processor
 * for 5,000 tables (measured on 10.11), and of most indexes everything else says already that they are B-trees.
 */
import type { Cells } from './connect.ts';
import { cellText } from './keys.ts';

interface Rows {
  readonly columns: readonly Cells[];
  readonly tables: readonly Cells[];
  readonly indexParts: readonly Cells[];
}

/** Types that no FULLTEXT, SPATIAL or VECTOR index takes. */
const neverSpecial =
  /^(?:(?:tiny|small|medium|big)?int|decimal|float|double|bit|date|time|datetime|timestamp|year|enum|set)\b/;

/**
 * Names of tables that may hold an index that is no B-tree: any index of another engine than InnoDB; there a UNIQUE, which may be USING HASH,
 * and an index over strings, geometries or vectors alone (test/mysql/introspect.test.ts). A primary key of InnoDB is always a B-tree.
 */
export function tablesToAsk({ columns, tables, indexParts }: Rows): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const row of tables) if (row[2] !== null && row[2] !== 'InnoDB') asked.add(cellText(row[1]));
  const special = new Set<string>();
  for (const row of columns) if (!neverSpecial.test(cellText(row[4]))) special.add(columnId(row, row[3]));
  const doubtful = new Map<string, string>();
  const plain = new Set<string>();
  for (const row of indexParts) {
    if (row[3] === 'PRIMARY') continue;
    const mayBeHash = Number(row[6]) === 0;
    if (!mayBeHash && !special.has(columnId(row, row[4]))) plain.add(columnId(row, row[3]));
    else doubtful.set(columnId(row, row[3]), cellText(row[1]));
  }
  for (const [index, table] of doubtful) if (!plain.has(index)) asked.add(table);
  return asked;
}

/** Of a column or an index of the row's table. */
function columnId(row: Cells, name: unknown): string {
  return `${cellText(row[0])}\0${cellText(row[1])}\0${cellText(name)}`;
}
