/** Children per parent by sqlite_stat1: rows, then rows per value of each prefix of the index (https://sqlite.org/fileformat2.html#stat1tab). */
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import type { Session } from '../../sql/session.ts';
import type { KeyStatistics } from '../../../src/core/model.ts';

/** The most of one parent is not known: sqlite_stat4 is left out of most builds. */
export async function children(session: Session, schema: SchemaIndex): Promise<readonly KeyStatistics[]> {
  const analyzed = await session.query("SELECT 1 FROM main.sqlite_master WHERE name = 'sqlite_stat1'");
  if (analyzed.length === 0) return [];
  const found = await session.query('SELECT tbl, idx, stat FROM main.sqlite_stat1 WHERE idx IS NOT NULL');
  const stats = new Map(
    found.map((row) => [
      `${String(row['tbl'])}\0${String(row['idx'])}`,
      String(row['stat']).split(' ').map(Number),
    ]),
  );
  return schema.snapshot.foreignKeys.flatMap((key): readonly KeyStatistics[] => {
    const table = schema.table(key.child);
    const known = (table?.indexes ?? []).flatMap((index) => {
      const first = index.columns.slice(0, key.columns.length);
      const fits =
        first.length === key.columns.length && key.columns.every((column) => first.includes(column));
      const median = stats.get(`${key.child.name}\0${index.name}`)?.[key.columns.length];
      return fits && median !== undefined && Number.isFinite(median) ? [median] : [];
    });
    const [median] = known;
    if (median === undefined) return [];
    const { name, child, parent, parentColumns } = key;
    return [{ ...{ name, child, columns: key.columns, parent, parentColumns }, median, worst: null }];
  });
}
