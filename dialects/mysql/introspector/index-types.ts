/**
 * Which tables MariaDB has to be asked for the types of their indexes. It opens a table to say INDEX_TYPE, 310 against 90 ms of its processor
 * for 5,000 tables (measured on 10.11), and of most indexes everything else says already that they are B-trees.
 */
import { tableId, type Index, type TableName } from '../../../src/core/model.ts';
import type { TableParts } from './queries.ts';
import type { TableColumns } from './columns.ts';
import { cellText } from './keys.ts';

/** Types that no FULLTEXT, SPATIAL or VECTOR index takes. */
const neverSpecial =
  /^(?:(?:tiny|small|medium|big)?int|decimal|float|double|bit|date|time|datetime|timestamp|year|enum|set)\b/;

/**
 * Tables that may hold an index that is no B-tree: any index of another engine than InnoDB; there a UNIQUE, which may be USING HASH,
 * and an index over strings, geometries or vectors alone (test/mysql/introspect.test.ts). A primary key of InnoDB is always a B-tree.
 */
export function tablesToAsk({
  columns,
  tables,
  indexes,
}: Pick<TableParts, 'columns' | 'tables' | 'indexes'>): readonly TableName[] {
  const types = new Map<string, boolean>();
  const isSpecial = (type: string): boolean => {
    const known = types.get(type) ?? !neverSpecial.test(type);
    types.set(type, known);
    return known;
  };
  return tables.flatMap(([schema, table, engine]) => {
    const named = { schema: cellText(schema), name: cellText(table) };
    const id = tableId(named);
    const isOther = engine !== null && engine !== 'InnoDB';
    const own = indexes.get(id) ?? [];
    return isOther || own.some((index) => isDoubtful(index, columns.get(id), isSpecial)) ? [named] : [];
  });
}

/** A prefix is one of a string. */
function isDoubtful(
  index: Index,
  columns: TableColumns | undefined,
  isSpecial: (type: string) => boolean,
): boolean {
  if (index.primary) return false;
  if (index.unique) return true;
  return index.columns.every((name) => {
    const column = name === null ? undefined : columns?.columns.find((each) => each.name === name);
    return column === undefined || isSpecial(column.type);
  });
}
