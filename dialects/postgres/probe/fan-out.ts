/** Children per parent by PostgreSQL's statistics: https://www.postgresql.org/docs/current/view-pg-stats.html */
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import type { Session } from '../../sql/session.ts';
import { tableId } from '../../../src/core/names.ts';
import type { KeyStatistics, TableStatistics } from '../../../src/core/model.ts';

interface ColumnStatistics {
  readonly median: number;
  readonly worst: number;
}

/**
 * Of a key over several columns the most selective one counts. A column that was never analysed, or that this user may not read, is unknown.
 */
export async function children(
  session: Session,
  { snapshot }: SchemaIndex,
  tables: readonly TableStatistics[],
): Promise<readonly KeyStatistics[]> {
  // Rows of a partitioned table with its partitions come last, and win.
  const found = await session.query(
    `SELECT schemaname AS schema, tablename AS name, attname AS column, null_frac::float8 AS nulls, n_distinct::float8 AS distinct_values,
            COALESCE((SELECT sum(f) FROM unnest(most_common_freqs) f), 0)::float8 AS common,
            COALESCE(cardinality(most_common_freqs), 0)::float8 AS listed, most_common_freqs[1]::float8 AS first
       FROM pg_catalog.pg_stats WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY inherited`,
  );
  const rows = new Map(tables.map((table) => [tableId(table), table.estimatedRows]));
  const columns = new Map<string, ColumnStatistics>();
  for (const row of found) {
    const table = tableId({ schema: String(row['schema']), name: String(row['name']) });
    const size = rows.get(table) ?? null;
    if (size !== null) columns.set(`${table}\0${String(row['column'])}`, perValue(row, size));
  }
  return snapshot.foreignKeys.flatMap((key): readonly KeyStatistics[] => {
    const known = key.columns.flatMap((column) => columns.get(`${tableId(key.child)}\0${column}`) ?? []);
    if (known.length === 0) return [];
    const { name, child, parent, parentColumns } = key;
    return [
      {
        ...{ name, child, columns: key.columns, parent, parentColumns },
        median: Math.min(...known.map((one) => one.median)),
        worst: Math.min(...known.map((one) => one.worst)),
      },
    ];
  });
}

/** Rows per value: of the most common one, and of those that are not listed as common. */
function perValue(row: Readonly<Record<string, unknown>>, size: number): ColumnStatistics {
  const number = (name: string): number => Number(row[name] ?? 0);
  const filled = size * (1 - number('nulls'));
  const values = number('distinct_values');
  // Negative: a share of the rows.
  const distinct = Math.max(1, values < 0 ? -values * size : values);
  const others = distinct - number('listed');
  const median = others >= 1 ? (filled - number('common') * size) / others : filled / distinct;
  const most = number('first') * size;
  return { median: Math.max(0, median), worst: Math.ceil(Math.max(most, median)) };
}
