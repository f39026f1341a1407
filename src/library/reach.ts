/** `reach`: what deleting rows of a table does. */
import { tableNamed } from '../commands/shared/table-named.ts';
import { countRows } from '../commands/shared/count-rows.ts';
import { openSchema } from '../commands/shared/open-schema.ts';
import { reachFigures } from '../commands/shared/figures.ts';
import { reach as reachOf } from '../reach/index.ts';
import type { TableName } from '../core/model.ts';
import type { SchemaSource } from '../schema-source.ts';
import { type ReachData, reachData } from '../report/data.ts';
import { contextOf, type Database } from './open.ts';

export interface ReachOptions {
  /** `table` or `schema.table`, or its names. */
  readonly table: string | TableName;
  /**
   * An SQL expression that picks rows, such as `id = 42`: what a delete of them touches is counted, without deleting. It becomes part
   * of a query that can only read; build it from numbers and checked values, never from what a visitor typed.
   */
  readonly where?: string;
  /** With `where`: after so many seconds the count ends with what it has; else 30. */
  readonly seconds?: number;
}

/**
 * What deleting one row of a table touches, over every path: deleted and changed rows, keys that refuse.
 * Tables outside the configuration’s `schemas` are looked at too, because a delete does not mind them.
 * @throws OndeleteError `USAGE` for a table that no foreign key names, or `where` with a snapshot or that is no expression;
 * `QUERY_FAILED` where nothing could be counted in time
 */
export function reach(database: Database, options: ReachOptions): Promise<ReachData> {
  return database.inside.inTurn(() => reachOfDatabase(database, options));
}

async function reachOfDatabase(database: Database, options: ReachOptions): Promise<ReachData> {
  const { inside } = database;
  if (inside.config?.schemas == null) return reachIn(inside.source, options, database);
  const context = contextOf(inside);
  const whole = await openSchema(inside.options, context, { ...inside.config, schemas: null });
  try {
    return await reachIn(whole, options, database);
  } finally {
    await whole.close();
  }
}

async function reachIn(
  source: SchemaSource,
  { table, where, seconds = 30 }: ReachOptions,
  { inside }: Database,
): Promise<ReachData> {
  const start = tableNamed(typeof table === 'string' ? table : quoted(table), source);
  const counted =
    where === undefined ? null : await countRows(source, start, where, seconds, contextOf(inside));
  return reachData(reachOf(source.snapshot, start, source.engine, await reachFigures(source)), counted);
}

/** A name as a pattern that means nothing but itself. */
function quoted({ schema, name }: TableName): string {
  return [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
}
