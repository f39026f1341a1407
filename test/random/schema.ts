// A drawing as a schema that an engine could hold: tables, keys and rows that keep them.
import { type ReferentialAction, referentialActions } from '../../src/core/model.ts';
import type { Engine } from '../support/database.ts';
import type { Drawing, DrawnColumn, DrawnKey, DrawnTable } from './arbitraries.ts';
import { namer } from './names.ts';
import { keepKeys } from './rows.ts';

export interface Column {
  readonly name: string;
  readonly family: 'number' | 'text';
  /** Which of the engine's types of that family. */
  readonly variety: number;
  readonly nullable: boolean;
  readonly default: string | null;
  /** Generated: a copy of another column. */
  readonly made: { readonly how: 'stored' | 'virtual'; readonly from: string } | null;
  readonly identity: boolean;
  /** The table has CHECK (column IS NOT NULL). */
  readonly check: boolean;
  /** Its type is a domain that refuses NULL (PostgreSQL). */
  readonly domain: boolean;
}

/** Values as text, whatever the type; the servers print them alike. */
export type Row = Record<string, string | null>;

export interface Table {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly primaryKey: readonly string[];
  /** UNIQUE lists besides the primary key; some are over its columns again. */
  readonly uniques: readonly (readonly string[])[];
  readonly partitioned: boolean;
  /** SQLite. */
  readonly kind: 'plain' | 'without rowid' | 'strict';
  /** A rule that replaces DELETE (PostgreSQL). */
  readonly rule: boolean;
  /** MySQL, MariaDB: makes an index of its own over the columns of its keys, and one column more. */
  readonly index: number;
  readonly rows: Row[];
}

export interface Key {
  readonly name: string | null;
  readonly child: Table;
  readonly columns: readonly string[];
  /** Null for a parent that is not there (SQLite). */
  readonly parent: Table | null;
  readonly parentColumns: readonly string[];
  readonly impliedColumns: boolean;
  readonly onDelete: ReferentialAction;
  readonly onDeleteColumns: readonly string[] | null;
  readonly onUpdate: ReferentialAction;
  readonly match: 'SIMPLE' | 'FULL';
  readonly deferrability: 'NOT DEFERRABLE' | 'INITIALLY IMMEDIATE' | 'INITIALLY DEFERRED';
  readonly validated: boolean;
  readonly enforced: boolean;
  readonly comment: string | null;
  readonly inColumn: boolean;
}

export interface Schema {
  readonly engine: Engine;
  readonly major: number;
  readonly schemas: readonly string[];
  readonly tables: readonly Table[];
  readonly keys: readonly Key[];
  /** The place of a table whose triggers are disabled at the end (PostgreSQL). */
  readonly disabled: number | null;
  readonly style: readonly number[];
}

export const missingParent = 'no where';

export interface Target {
  readonly engine: Engine;
  readonly major: number;
  /** Names of the schemas or databases to spread over. */
  readonly schemas: readonly string[];
}

export function schemaOf(drawn: Drawing, target: Target): Schema {
  const bare = tablesOf(drawn, target);
  const keys = keysOf(drawn, bare, target);
  const tables = bare.map((table, place) => ({ ...table, rows: rowsOf(table, drawn.tables[place]) }));
  const again = (table: Table): Table => tables[bare.indexOf(table)] ?? table;
  const own = keys.map((key) => ({
    ...key,
    child: again(key.child),
    parent: key.parent === null ? null : again(key.parent),
  }));
  keepKeys(tables, own, drawn, target.engine === 'sqlite' && drawn.dirty);
  return {
    engine: target.engine,
    major: target.major,
    schemas: target.schemas,
    tables,
    keys: own,
    disabled: target.engine === 'postgres' && drawn.disabled ? (drawn.style[0] ?? 0) % tables.length : null,
    style: drawn.style,
  };
}

function tablesOf(drawn: Drawing, target: Target): readonly Table[] {
  const name = namer(target.engine, target.engine === 'sqlite');
  return drawn.tables.map((table) => {
    const partitioned = target.engine === 'postgres' && table.kind === 9;
    const columnName = namer(target.engine, target.engine !== 'postgres');
    const named = table.columns.map((column) => ({ column, name: columnName(column.name) }));
    const width = table.wideKey ? 2 : 1;
    const columns = named.map((one, place) =>
      columnOf(one.column, one.name, named[place - 1]?.name ?? '', place, width, target.engine),
    );
    const plain = columns.map((column, place) => {
      const base = columns.find((other) => other.name === column.made?.from);
      if (column.made === null) return column;
      const isFit = base !== undefined && base.made === null && !base.identity && place > width;
      return isFit
        ? {
            ...column,
            family: base.family,
            variety: base.variety,
            nullable: true,
            domain: false,
            check: false,
          }
        : { ...column, made: null };
    });
    const primaryKey = plain.slice(0, width).map((column) => column.name);
    return {
      schema: target.schemas[table.schema % target.schemas.length] ?? '',
      name: name(table.name),
      columns: plain,
      primaryKey,
      uniques: uniquesOf(table, plain, primaryKey).filter(
        (unique) => !partitioned || unique.includes(primaryKey[0] ?? ''),
      ),
      partitioned,
      kind: table.kind === 8 ? 'without rowid' : table.kind === 7 ? 'strict' : 'plain',
      rule: target.engine === 'postgres' && table.rule && !partitioned,
      index: table.index,
      rows: [],
    };
  });
}

function columnOf(
  drawn: DrawnColumn,
  name: string,
  before: string,
  place: number,
  width: number,
  engine: Engine,
): Column {
  const inKey = place < width;
  const how = drawn.made === 11 ? 'stored' : drawn.made === 10 && engine !== 'postgres' ? 'virtual' : null;
  const identity = engine === 'postgres' && drawn.identity && !inKey && how === null && !drawn.isText;
  return {
    name,
    family: drawn.isText && place !== 0 ? 'text' : 'number',
    variety: drawn.variety,
    nullable: !inKey && !drawn.notNull && !identity,
    default:
      drawn.default > 2 && how === null && !identity
        ? valueOf(drawn.isText && place !== 0 ? 'text' : 'number', drawn.default - 2)
        : null,
    made: how === null || inKey ? null : { how, from: before },
    identity,
    check: drawn.check && !inKey && how === null,
    domain: engine === 'postgres' && drawn.domain && !inKey && how === null && !identity,
  };
}

/** Over the primary key again, over it in reverse, or over one more column. */
function uniquesOf(
  { unique }: DrawnTable,
  columns: readonly Column[],
  primaryKey: readonly string[],
): readonly (readonly string[])[] {
  const other = columns.find((column) => column.made === null && !primaryKey.includes(column.name));
  if (unique === 4) return [primaryKey];
  if (unique === 5) return [[...primaryKey].reverse()];
  if (unique >= 6 && other !== undefined) return [[other.name]];
  return [];
}

function keysOf(drawn: Drawing, tables: readonly Table[], target: Target): readonly Key[] {
  const keys: Key[] = [];
  const taken = new Map<string, (text: string) => string>();
  for (const one of drawn.keys) {
    const key = keyOf(one, tables, keys.at(-1), target);
    if (key === null) continue;
    // PostgreSQL: unique per table; MySQL: per schema, whatever the case
    const space = target.engine === 'postgres' ? `${key.child.schema}\0${key.child.name}` : key.child.schema;
    const name = taken.get(space) ?? namer(target.engine, true);
    taken.set(space, name);
    const own = target.engine !== 'sqlite' || one.named ? name(one.name) : null;
    keys.push({ ...key, name: own, comment: key.comment === null ? null : `${key.comment} ${own ?? ''}` });
  }
  return keys;
}

function keyOf(drawn: DrawnKey, tables: readonly Table[], last: Key | undefined, target: Target): Key | null {
  const { engine, major } = target;
  const child = drawn.same && last !== undefined ? last.child : tables[drawn.child % tables.length];
  const parent =
    drawn.same && last !== undefined
      ? last.parent
      : engine === 'sqlite' && drawn.missing
        ? null
        : drawn.self
          ? child
          : tables[drawn.parent % tables.length];
  if (child === undefined || parent === undefined) return null;
  const targets = parent === null ? [['id']] : [parent.primaryKey, ...parent.uniques];
  const parentColumns = targets[drawn.target % targets.length] ?? [];
  const columns =
    drawn.same && last !== undefined ? last.columns : columnsFor(drawn, child, parent, parentColumns);
  const parentOwn = drawn.same && last !== undefined ? last.parentColumns : parentColumns;
  if (columns === null) return null;
  const onDelete = referentialActions[drawn.onDelete] ?? 'NO ACTION';
  const hasLists = engine === 'postgres' && major >= 15 && /^SET/.test(onDelete);
  const onUpdate = referentialActions[drawn.onUpdate] ?? 'NO ACTION';
  const deferrable = engine === 'postgres' || engine === 'sqlite';
  return {
    name: null,
    child,
    columns,
    parent,
    parentColumns: parentOwn,
    impliedColumns: engine === 'sqlite' && parent !== null && parentOwn === parent.primaryKey && drawn.list,
    onDelete,
    onDeleteColumns: hasLists && drawn.list ? columns.slice(-1) : null,
    onUpdate: /mysql|mariadb/.test(engine) && onUpdate === 'SET DEFAULT' ? 'NO ACTION' : onUpdate,
    match: deferrable && drawn.full ? 'FULL' : 'SIMPLE',
    deferrability: !deferrable
      ? 'NOT DEFERRABLE'
      : drawn.deferral === 4
        ? 'INITIALLY DEFERRED'
        : drawn.deferral === 3
          ? 'INITIALLY IMMEDIATE'
          : 'NOT DEFERRABLE',
    validated: !(engine === 'postgres' && (drawn.notValid || (drawn.notEnforced && major >= 18))),
    enforced: !(engine === 'postgres' && major >= 18 && drawn.notEnforced),
    comment: engine === 'postgres' && drawn.comment ? `as "it's"` : null,
    inColumn: drawn.inColumn,
  };
}

/** Columns of the child of the families that the parent's columns have, in a drawn order; null where it has not enough. */
function columnsFor(
  drawn: DrawnKey,
  child: Table,
  parent: Table | null,
  parentColumns: readonly string[],
): readonly string[] | null {
  const shift = drawn.columns % child.columns.length;
  const order = [...child.columns.slice(shift), ...child.columns.slice(0, shift)];
  const chosen: string[] = [];
  for (const parentColumn of parentColumns) {
    const family = parent?.columns.find((column) => column.name === parentColumn)?.family ?? 'number';
    const found = order.find((column) => column.family === family && !chosen.includes(column.name));
    if (found === undefined) return null;
    chosen.push(found.name);
  }
  return child === parent && chosen.every((column, at) => column === parentColumns[at]) ? null : chosen;
}

function rowsOf(table: Table, drawn: DrawnTable | undefined): Row[] {
  return (drawn?.rows ?? []).map((values, place) => {
    const row: Row = {};
    for (const [at, column] of table.columns.entries()) {
      const value = values[at] ?? 0;
      const isNull = value === 0 && column.nullable && !column.check && !column.domain;
      row[column.name] = isNull ? null : valueOf(column.family, value % 5);
    }
    if (table.primaryKey.length === 1) row[table.primaryKey[0] ?? ''] = valueOf('number', place);
    return row;
  });
}

export function valueOf(family: Column['family'], value: number): string {
  return family === 'number' ? String(value) : `it's ${value}`;
}
