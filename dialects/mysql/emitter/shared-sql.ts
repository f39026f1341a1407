/** Pieces of SQL that MySQL and MariaDB share: names, the ALTER TABLE, the orphan count, the locks. */
import type { Ddl, Fragment } from '../../sql/ddl.ts';
import { keyText, sameTable } from '../../../src/core/names.ts';
import type {
  Change,
  ForeignKey,
  Index,
  Lock,
  ReferentialAction,
  Statement,
  TableName,
  Operation,
} from '../../../src/core/model.ts';
import type { EmitContext, Emitter } from '../../../src/core/contracts/engine.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import type { Alter, KeySql, KeySwap } from './key-swap.ts';
import { orphanCountPieces } from '../orphans.ts';

/** How one engine writes what the other writes differently. */
export interface SqlVariant {
  readonly ddl: Ddl;
  /** What stands in front of a row of VALUES. */
  readonly row: 'ROW' | '';
  /** `INPLACE` or `NOCOPY`: an error instead of a table copy that would block every writer. */
  readonly algorithm: 'INPLACE' | 'NOCOPY';
  /** Words that are left out where that is how the engine keeps the action. */
  readonly omittedActions: readonly ReferentialAction[];
}

/** How statements are written, and where they look for their tables. */
export interface SchemaContext extends SqlVariant {
  readonly schema: SchemaIndex;
  /** The one schema that statements leave out, so that the file runs on shop_dev and shop_prod alike; null: all are written. */
  readonly local: string | null;
  /** Whether whoever runs the file sees the rows that it prints: progress and orphans are for them alone. */
  readonly isSeen: boolean;
  /** Not on the way back, which somebody may be waiting for. */
  readonly countsOrphans: boolean;
  readonly withOperations: boolean;
}

export const countsOrphans: Emitter['countsOrphans'] = ({ plain, runner }) =>
  !plain && runner.commandLineClient;

/** Statements leave the schema out when the plan concerns the session's own database and no other child's. */
export function contextOf(
  variant: SqlVariant,
  changes: readonly Change[],
  emitContext: EmitContext,
): SchemaContext {
  const { schema, withOperations } = emitContext;
  const isSeen = countsOrphans(emitContext);
  const [only = null, ...others] = new Set(changes.map((change) => change.foreignKey.child.schema));
  const isOwn = others.length === 0 && only === schema.snapshot.server.settings['database'];
  return { ...variant, schema, local: isOwn ? only : null, isSeen, countsOrphans: isSeen, withOperations };
}

/** What a key joins, for both directions of its change. */
export function keySql(context: SchemaContext, key: ForeignKey): KeySql {
  const { ddl, local } = context;
  const tableSql = (table: TableName): Fragment =>
    table.schema === local ? ddl.id(table.name) : ddl.table(table);
  return {
    child: tableSql(key.child),
    columns: ddl.ids(key.columns),
    parent: tableSql(key.parent),
    parentColumns: ddl.ids(key.parentColumns),
    label: labelOf(context, key),
  };
}

/** The key as the file's reader knows it: without the schema where the file leaves it out. */
export function localText({ local }: SchemaContext, key: ForeignKey): string {
  const strip = (table: TableName): TableName =>
    table.schema === local ? { schema: 'main', name: table.name } : table;
  const { columns, parentColumns } = key;
  return oneLine(keyText({ columns, parentColumns, child: strip(key.child), parent: strip(key.parent) }));
}

/** The name of a lock that one file holds at a time in a database; NULL for no database is left out. */
export const turn = "CONCAT_WS(' ', 'ondelete', LEFT(DATABASE(), 50))";

function labelOf({ local }: SchemaContext, { child, columns }: ForeignKey): string {
  const table = child.schema === local ? child.name : `${child.schema}.${child.name}`;
  return oneLine(`${table}(${columns.join(', ')})`);
}

/** A comment or title: names may hold line ends, and a file's comments end there. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/** One step of a swap. It begins with a rename that clears the mark of an index made for the key. */
export function alterSql(context: SchemaContext, swap: KeySwap, alter: Alter): Fragment {
  const { ddl, algorithm, omittedActions } = context;
  const { key, sql } = swap;
  const clause = (event: string, action: ReferentialAction): string =>
    omittedActions.includes(action) ? '' : ` ON ${event} ${action}`;
  const index = indexMadeFor(context, key);
  const rename = index === null ? ddl.raw('') : ddl.sql`RENAME INDEX ${ddl.id(index)} TO ${ddl.id(index)}, `;
  const actions = ddl.raw(`${clause('DELETE', swap.to)}${clause('UPDATE', key.onUpdate)}`);
  return ddl.sql`ALTER TABLE ${sql.child} ${rename}DROP FOREIGN KEY ${ddl.id(alter.drop)}, ADD CONSTRAINT ${ddl.id(alter.add)}
  FOREIGN KEY (${sql.columns}) REFERENCES ${sql.parent} (${sql.parentColumns})${actions}, ALGORITHM=${ddl.raw(algorithm)}, LOCK=NONE`;
}

/**
 * The index that may have been made for the key: over exactly its columns, not unique. Null where there are several, because both servers
 * drop an index of their own making as soon as another one covers it (measured on 9.7, 10.11, 11.8).
 */
function indexMadeFor({ schema }: SchemaContext, key: ForeignKey): string | null {
  const columns = key.columns.map((column) => column.toLowerCase());
  const fits = ({ unique, columns: own }: Index): boolean =>
    !unique &&
    own.length === columns.length &&
    own.every((column, at) => column?.toLowerCase() === columns[at]);
  const [only = null, ...others] = (schema.table(key.child)?.indexes ?? []).filter(fits);
  return others.length === 0 ? (only?.name ?? null) : null;
}

/** Tells how far the file is, and on the way up counts rows that point to no parent. */
export function progressSql(context: SchemaContext, { key, sql }: KeySwap, label: string): Fragment {
  const { ddl, schema } = context;
  const what = ddl.sql`${ddl.literal(label)} AS ondelete`;
  if (!context.countsOrphans) return ddl.sql`SELECT ${what}`;
  const [parentColumn] = key.parentColumns;
  const nullable = schema.table(key.parent)?.columns.find(({ name }) => name === parentColumn)?.nullable;
  const tables = { child: sql.child, parent: sql.parent, parentNullable: nullable !== false };
  return oneOrTwoLines(context, ...orphanCountPieces(ddl, key, tables, what));
}

/** Lines of a file are at most 160 characters long where names let them, and MariaDB's stand in quotes. */
const longestLine = 145;

function oneOrTwoLines({ ddl }: SchemaContext, first: Fragment, second: Fragment): Fragment {
  const isShort = ddl.text(first).length + ddl.text(second).length <= longestLine;
  return ddl.sql`${first}${ddl.raw(isShort ? ' ' : '\n  ')}${second}`;
}

/** What is said only where somebody asks for it. */
export function describedOperations(
  { withOperations }: SchemaContext,
  describe: () => readonly Operation[],
): readonly Operation[] {
  return withOperations ? describe() : [];
}

/** What a swap does, for reports: the orphan count, with what any query locks for as long as it runs, and each ALTER. */
export function countOperation(
  context: SchemaContext,
  swap: KeySwap,
  progress: Fragment,
): readonly Operation[] {
  if (!context.countsOrphans) return [];
  const { child, parent } = swap.key;
  const tables = sameTable(child, parent) ? [child] : [child, parent];
  const locks = tables.map((table): Lock => ({
    mode: 'metadata SHARED_READ',
    table,
    blocks: 'schema changes',
    held: 'while rows are scanned',
  }));
  const comment = oneLine(`Count orphaned rows of ${child.name}; they are reported, not changed.`);
  return [{ sql: context.ddl.text(progress), comment, locks, scans: [child] }];
}

export function alterOperation(
  context: SchemaContext,
  swap: KeySwap,
  alter: Alter,
  locks: readonly Lock[],
): Operation {
  const comment = oneLine(`Metadata only: no row of ${swap.key.child.name} is read or copied.`);
  return { sql: context.ddl.text(alterSql(context, swap, alter)), comment, locks, scans: [] };
}

/** The ALTERs alone, for --plain. @param before what stands in front of each */
export function plainAlters(
  context: SchemaContext,
  swaps: readonly KeySwap[],
  locksOf: (swap: KeySwap) => readonly Lock[],
  before: Fragment = context.ddl.raw(''),
): readonly Statement[] {
  const { ddl } = context;
  return swaps.flatMap((swap) =>
    swap.alters.map((alter, at) => ({
      sql: ddl.text(ddl.sql`${before}${alterSql(context, swap, alter)}`),
      comment: at === 0 ? swap.sql.label : '',
      operations: describedOperations(context, () => [alterOperation(context, swap, alter, locksOf(swap))]),
    })),
  );
}

export function exclusive(table: TableName): Lock {
  return { mode: 'metadata EXCLUSIVE', table, blocks: 'reads and writes', held: 'for a moment' };
}
