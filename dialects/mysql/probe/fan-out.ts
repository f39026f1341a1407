/** Children per parent by the cardinality of the index behind each key; which parent has the most, InnoDB does not know. */
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import type { Session } from '../../sql/session.ts';
import { tableId } from '../../../src/core/names.ts';
import type { KeyStatistics, TableStatistics } from '../../../src/core/model.ts';

export async function children(
  session: Session,
  schema: SchemaIndex,
  tables: readonly TableStatistics[],
): Promise<readonly KeyStatistics[]> {
  const schemas = [...new Set(schema.snapshot.tables.map((table) => table.schema))];
  if (schemas.length === 0) return [];
  const found = await session.query(
    `SELECT TABLE_SCHEMA AS s, TABLE_NAME AS t, INDEX_NAME AS i, SEQ_IN_INDEX AS n, CARDINALITY AS c
       FROM information_schema.STATISTICS WHERE TABLE_SCHEMA IN (${schemas.map(() => '?').join(', ')})`,
    schemas,
  );
  const rows = new Map(tables.map((table) => [tableId(table), table.estimatedRows]));
  const distinct = new Map(
    found.map((row) => [
      `${tableId({ schema: String(row['s']), name: String(row['t']) })}\0${String(row['i'])}\0${Number(row['n'])}`,
      row['c'] === null ? null : Number(row['c']),
    ]),
  );
  return schema.snapshot.foreignKeys.flatMap((key): readonly KeyStatistics[] => {
    const size = rows.get(tableId(key.child)) ?? null;
    const index = schema.table(key.child)?.indexes.find((one) => {
      const first = one.columns.slice(0, key.columns.length);
      return first.length === key.columns.length && key.columns.every((column) => first.includes(column));
    });
    const values = distinct.get(`${tableId(key.child)}\0${index?.name ?? ''}\0${key.columns.length}`) ?? null;
    if (size === null || values === null || values === 0) return [];
    const { name, child, parent, parentColumns } = key;
    return [
      { ...{ name, child, columns: key.columns, parent, parentColumns }, median: size / values, worst: null },
    ];
  });
}
