// What SQL promises of one DELETE: a small model of the actions over plain rows. Where engines are free to differ (in which
// order two keys act on one row), it says so instead of guessing.
import type { ForeignKey } from '../../src/core/model.ts';
import { fillMade, takesNull } from './rows.ts';
import type { Row, Schema, Table } from './schema.ts';

export type Contents = ReadonlyMap<Table, readonly Row[]>;

export type Promised =
  | { readonly kind: 'refused' }
  | { readonly kind: 'rows'; readonly rows: Contents }
  | { readonly kind: 'uncertain'; readonly why: string };

interface Touch {
  readonly key: ForeignKey;
  readonly row: Row;
}

const uncertain = (why: string): Promised => ({ kind: 'uncertain', why });

/** InnoDB stops at 15 levels. */
const deepest = 12;

/** @param forgetful keys over which the server leaves rows behind */
export function promiseOf(
  schema: Schema,
  keys: readonly ForeignKey[],
  forgetful: ReadonlySet<ForeignKey>,
  table: Table,
  start: Row,
): Promised {
  const world = worldOf(schema, keys);
  const deleted = closure(world, table, start);
  if (deleted.depth > deepest) return uncertain('deep');
  const touches = [...deleted.rows].flatMap(([row, of]) => touchesOf(world, of, row));
  const hit = new Map<Row, Touch[]>();
  for (const touch of touches) hit.set(touch.row, [...(hit.get(touch.row) ?? []), touch]);
  const reached = tablesReached(world, table);
  const isReached = (name: ForeignKey['child']): boolean => reached.has(world.tableOf(name));
  if (world.keys.some((key) => isBroken(world, key) && (isReached(key.child) || isReached(key.parent))))
    return uncertain('a key without a parent key');
  if (world.keys.some((key) => writesMade(world, key) && isReached(key.parent)))
    return uncertain('a column that cannot be written: some engines refuse even without children');
  if (keys.some((key) => key.triggers.length > 0 && isReached(key.child)))
    return uncertain('triggers are disabled');
  if ([...reached].some((one) => one?.rule === true)) return uncertain('a rule of the user replaces deletes');

  if (world.keys.some((key) => forgetful.has(key) && isReached(key.child)))
    return uncertain('this server leaves orphans here');
  // SQLite counts violations: an orphan that goes makes up for one that comes.
  if ([...deleted.rows.keys(), ...hit.keys()].some((row) => isOrphan(world, row)))
    return uncertain('a row that was an orphan before');

  let refused = false;
  const writes = new Map<Row, Row>();
  for (const [row, own] of hit) {
    const actions = new Set(own.map((touch) => actionOf(schema, touch.key)));
    if (deleted.rows.has(row)) {
      if (actions.size > 1 || !actions.has('CASCADE'))
        return uncertain('a deleted row that another key minds');
      continue;
    }
    const columns = own.flatMap((touch) => touch.key.columns);
    if (new Set(columns).size < columns.length && actions.size > 1)
      return uncertain('two keys with other actions over one column');
    for (const { key } of own) {
      const outcome = writeOf(world, key, row, deleted.rows);
      if (outcome === 'refused') refused = true;
      else if (typeof outcome === 'string') return uncertain(outcome);
      else writes.set(row, { ...(writes.get(row) ?? row), ...outcome });
    }
  }
  if (refused) return { kind: 'refused' };
  const rows = new Map(
    schema.tables.map((one) => [
      one,
      one.rows
        .filter((row) => !deleted.rows.has(row))
        .map((row) => {
          const now = { ...(writes.get(row) ?? row) };
          fillMade(one, now);
          return now;
        }),
    ]),
  );
  return { kind: 'rows', rows };
}

interface World {
  readonly schema: Schema;
  readonly keys: readonly ForeignKey[];
  tableOf(name: { readonly schema: string; readonly name: string }): Table | undefined;
}

function worldOf(schema: Schema, keys: readonly ForeignKey[]): World {
  const tables = new Map(
    schema.tables.map((table) => [
      `${schema.engine === 'sqlite' ? 'main' : table.schema}\0${table.name}`,
      table,
    ]),
  );
  return {
    schema,
    keys: keys.filter((key) => key.enforced),
    tableOf: (name) => tables.get(`${name.schema}\0${name.name}`),
  };
}

/** InnoDB keeps the words of SET DEFAULT and refuses. */
function actionOf(schema: Schema, key: ForeignKey): string {
  if (key.onDelete === 'SET DEFAULT' && schema.engine !== 'postgres' && schema.engine !== 'sqlite')
    return 'RESTRICT';
  return key.onDelete;
}

function closure(
  world: World,
  table: Table,
  start: Row,
): { readonly rows: ReadonlyMap<Row, Table>; readonly depth: number } {
  const rows = new Map([[start, table]]);
  let depth = 0;
  let level: readonly Row[] = [start];
  while (level.length > 0) {
    const next: Row[] = [];
    for (const row of level) {
      const of = rows.get(row);
      if (of === undefined) continue;
      for (const touch of touchesOf(world, of, row)) {
        const child = world.tableOf(touch.key.child);
        if (touch.key.onDelete !== 'CASCADE' || child === undefined || rows.has(touch.row)) continue;
        rows.set(touch.row, child);
        next.push(touch.row);
      }
    }
    depth++;
    level = next;
  }
  return { rows, depth };
}

/** The children of one row, by each of the keys that point to it. */
function touchesOf(world: World, table: Table, parent: Row): readonly Touch[] {
  return world.keys
    .filter((key) => world.tableOf(key.parent) === table)
    .flatMap((key) =>
      (world.tableOf(key.child)?.rows ?? [])
        .filter((row) => pointsTo(key, row, parent))
        .map((row) => ({ key, row })),
    );
}

export function pointsTo(key: ForeignKey, row: Row, parent: Row): boolean {
  return (
    key.parentColumns.length > 0 &&
    key.columns.every((column, at) => {
      const value = row[column] ?? null;
      return value !== null && value === parent[key.parentColumns[at] ?? ''];
    })
  );
}

/** By any key, whatever its rows: an engine may compile all of it before it looks at a row. */
function tablesReached(world: World, start: Table): ReadonlySet<Table | undefined> {
  const reached = new Set<Table | undefined>([start]);
  for (const table of reached)
    for (const key of world.keys)
      if (world.tableOf(key.parent) === table) reached.add(world.tableOf(key.child));
  return reached;
}

function isBroken(world: World, key: ForeignKey): boolean {
  return world.tableOf(key.parent) === undefined || key.parentColumns.length === 0;
}

function isOrphan(world: World, row: Row): boolean {
  return world.keys.some((key) => {
    const isOwn = world.tableOf(key.child)?.rows.includes(row) === true;
    const isSet = key.columns.every((column) => (row[column] ?? null) !== null);
    return isOwn && isSet && world.tableOf(key.parent)?.rows.some((one) => pointsTo(key, row, one)) !== true;
  });
}

function writesMade(world: World, key: ForeignKey): boolean {
  const columns =
    world.tableOf(key.child)?.columns.filter((column) => key.columns.includes(column.name)) ?? [];
  const writes = /^SET/.test(key.onDelete) || !/^(NO ACTION|RESTRICT)$/.test(key.onUpdate);
  return writes && columns.some((column) => column.made !== null || column.identity);
}

/** What one key does to a row that stays: the new values, `refused`, or why that is not certain. */
function writeOf(world: World, key: ForeignKey, row: Row, deleted: ReadonlyMap<Row, Table>): Row | string {
  const action = actionOf(world.schema, key);
  if (action === 'NO ACTION' || action === 'RESTRICT') return 'refused';
  const table = world.tableOf(key.child);
  if (table === undefined) return 'no child';
  const written = key.onDeleteColumns ?? key.columns;
  const columns = table.columns.filter((column) => written.includes(column.name));
  const values: Row = {};
  for (const column of columns) values[column.name] = action === 'SET NULL' ? null : column.default;
  if (columns.some((column) => values[column.name] === null && !takesNull(table, column.name)))
    return 'refused';
  const now = { ...row, ...values };
  const pointed = key.columns.map((column) => now[column] ?? null);
  const nulls = pointed.filter((value) => value === null).length;
  if (key.match === 'FULL' && nulls > 0 && nulls < pointed.length && world.schema.engine === 'postgres')
    return 'refused';
  const others = world.keys.filter((other) => other !== key);
  const depends = (names: readonly string[]): boolean => names.some((name) => written.includes(name));
  const isChild = (other: ForeignKey): boolean =>
    world.tableOf(other.child) === table && depends(other.columns);
  const isParent = (other: ForeignKey): boolean =>
    world.tableOf(other.parent) === table && depends(other.parentColumns);
  if (others.some(isChild) || world.keys.some(isParent)) return 'another key over the written columns';
  if (table.columns.some((column) => column.made !== null && written.includes(column.made.from)))
    return 'a generated column follows';
  const parent = world.tableOf(key.parent);
  const there = parent?.rows.some((one) => pointsTo(key, now, one) && !deleted.has(one)) ?? false;
  if (nulls === 0 && !there) return 'refused';
  const unique = action === 'SET DEFAULT' && depends([table.primaryKey, ...table.uniques].flat());
  return unique ? 'a unique column is written' : values;
}
