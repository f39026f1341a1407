/** What a made-up row may hold beyond what a trial asks for, so that it satisfies the CHECKs of its table. Pure. */
import { sameTable, tableId } from '../core/names.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import type { ForeignKey, TableName } from '../core/model.ts';

/** Rows of a table of which the same columns are asked for. */
export interface RowKind {
  readonly table: TableName;
  readonly asked: readonly string[];
}

/** Keys to fill although they may be NULL, and columns of unique indexes to leave NULL although they would get a value. */
interface Variation {
  readonly fill: readonly ForeignKey[];
  readonly leave: readonly string[];
}

/** How many variations of a kind of row the CHECKs refused so far. */
export type Refused = Map<string, number>;

/** More of a kind are not tried. */
const mostVariations = 40;

/** First nothing more than what is asked for, then one difference, then two; null after the last. */
export function variationOf(kind: RowKind, schema: SchemaIndex, refused: Refused): Variation | null {
  const number = refused.get(idOf(kind)) ?? 0;
  return number === 0 ? nothing : (variations(kind, schema)[number - 1] ?? null);
}

export function refuse(kind: RowKind, refused: Refused): void {
  refused.set(idOf(kind), (refused.get(idOf(kind)) ?? 0) + 1);
}

const nothing: Variation = { fill: [], leave: [] };

function idOf({ table, asked }: RowKind): string {
  return JSON.stringify([tableId(table), asked]);
}

function variations({ table, asked }: RowKind, schema: SchemaIndex): readonly Variation[] {
  const found = schema.table(table);
  const nullable = new Set(found?.columns.filter((one) => one.nullable).map((one) => one.name));
  const referenced = schema.snapshot.foreignKeys.filter((key) => sameTable(key.parent, table));
  const inKeys = new Set([
    ...schema.keysOn(table).flatMap((key) => key.columns),
    ...referenced.flatMap((key) => key.parentColumns),
  ]);
  const unique = (found?.indexes ?? []).filter((index) => index.unique).flatMap((index) => index.columns);
  const single: readonly Variation[] = [
    ...schema
      .keysOn(table)
      .filter((key) => key.enforced && key.columns.some((one) => nullable.has(one) && !asked.includes(one)))
      .map((key) => ({ fill: [key], leave: [] })),
    ...[...new Set(unique)].flatMap((column) =>
      column !== null && nullable.has(column) && !inKeys.has(column) ? [{ fill: [], leave: [column] }] : [],
    ),
  ];
  const double = single.flatMap((one, at) =>
    single
      .slice(at + 1)
      .map((other) => ({ fill: [...one.fill, ...other.fill], leave: [...one.leave, ...other.leave] })),
  );
  return [...single, ...double].slice(0, mostVariations);
}
