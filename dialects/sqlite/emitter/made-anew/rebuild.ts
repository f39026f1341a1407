/**
 * Cloudflare D1 runs a migration as one transaction in which keys cannot be switched off, and dropping a table deletes its rows first,
 * which cascades. So the child is made anew together with every table below it:
 *  1. keys are looked at when the transaction ends, and RESTRICT counts as NO ACTION until then (PRAGMA defer_foreign_keys);
 *  2. the rows of all these tables are kept aside, in tables without keys, with their rowids and the numbers of AUTOINCREMENT;
 *  3. their triggers are dropped, and where keys go round in a circle the columns that lead round are emptied (loops.ts), because the rows
 *     that a DROP TABLE deletes act on rows that point to them, which fires triggers;
 *  4. the tables are dropped, children first, and each is made again at once, under its own name and from its own text, with the unique
 *     indexes that keys may rest on: nothing is renamed, so no view or trigger elsewhere notices, and the actions that DROP TABLE prepares
 *     find every table ("no such table" otherwise, where tables go round in a circle and one of them references itself);
 *  5. the rows come back, then the other indexes and the triggers: no trigger fires;
 *  6. what the database says of the tables must be what it said before, but for the actions, and no table may have more or fewer rows.
 * Any failure leaves the database as it was (measured on workerd 1.20260426, with circles, self references, views and triggers).
 * Turso can switch keys off: there the child alone is made anew, in a transaction of the file's own, and the rows of the tables below are
 * counted (measured on 0.7.2).
 */
import type { Ddl, Fragment } from '../../../sql/ddl.ts';
import { guard } from '../../../sql/guard.ts';
import type { ForeignKey, Statement, StoredText, Table } from '../../../../src/core/model.ts';
import { rowidOf } from '../../checks/chain.ts';
import { textLiteral } from '../../text/literals.ts';
import type { KeyEdit } from '../key-table.ts';
import { opened } from './loops.ts';
import { known, same, tidy } from './guards.ts';
import { type Copy, group, wholeDatabase } from './statements.ts';

/** A table of the chain, and its definition after the change. */
export interface Rebuilt {
  readonly table: Table;
  readonly before: string;
  readonly after: string;
}

export interface RebuildContext {
  readonly plain: boolean;
  readonly withOperations: boolean;
  /** The most rows that all tables of the chain may have together; null for no bound. */
  readonly mostRows: number | null;
  readonly keysOff: boolean;
  /** The tables that could lose rows. */
  readonly counted: readonly Table[];
  /** Keys that act while the tables are dropped; none where keys are off. */
  readonly loops: readonly ForeignKey[];
}

const deferred = guard(
  'PRAGMA defer_foreign_keys = ON',
  'one transaction of D1; keys are looked at when it ends, and dropping a table cascades into none that is not kept aside',
);
const beginWithKeysOff: readonly Statement[] = group(
  'keys are off in this connection until the end, so that dropping a table cascades into none; after an error, close it',
  ['PRAGMA foreign_keys = OFF', 'BEGIN IMMEDIATE'],
);
const commitWithKeysOn: readonly Statement[] = group('', ['COMMIT', 'PRAGMA foreign_keys = ON']);

/** @param chain parents first */
export function rebuildStatements(
  ddl: Ddl,
  chain: readonly Rebuilt[],
  edits: readonly KeyEdit[],
  context: RebuildContext,
): readonly Statement[] {
  const { keysOff } = context;
  const tables = chain.map((one, at) => ({
    one,
    ...copyOf(ddl, one.table, at + 1),
    ...storedOf(one.table),
  }));
  const sequence = sequenceStatements(ddl, chain);
  const guarded = context.plain ? { before: [], after: [], tidy: [] } : guards(ddl, tables, edits, context);
  return [
    ...(keysOff ? beginWithKeysOff : [deferred]),
    ...guarded.before,
    ...group('the rows, aside', [...tables.map(({ aside }) => aside), ...sequence.aside]),
    ...(keysOff ? [] : group('no trigger may fire meanwhile', triggersOf(ddl, chain))),
    ...group(
      'where keys go round in a circle, a row that is deleted with its table must find none that points to it',
      opened(
        ddl,
        context.loops,
        chain.map(({ table }) => table),
      ),
    ),
    ...tables
      .toReversed()
      .flatMap(({ drop, early, one }, at) => [
        guard(drop, at === 0 ? 'children first, and each is there again at once, empty' : ''),
        made(ddl, one, chain, context.withOperations),
        ...group('', early),
      ]),
    ...group('the rows come back', [...tables.map(({ restore }) => restore), ...sequence.restore]),
    ...group(
      'indexes and triggers again',
      tables.flatMap(({ late }) => late),
    ),
    ...guarded.after,
    ...group('', [...tables.map(({ forget }) => forget), ...sequence.forget, ...guarded.tidy]),
    ...(keysOff ? commitWithKeysOn : []),
  ];
}

function guards(
  ddl: Ddl,
  tables: readonly Copy[],
  edits: readonly KeyEdit[],
  { counted, keysOff, mostRows }: RebuildContext,
): {
  readonly before: readonly Statement[];
  readonly after: readonly Statement[];
  readonly tidy: readonly string[];
} {
  const names = counted.map(({ name }) => ({
    literal: textLiteral(ddl, name),
    quoted: ddl.text(ddl.id(name)),
  }));
  const guarded = { tables, counted: names, mostRows, keysOff };
  return {
    before: known(ddl, guarded, edits),
    after: same(guarded),
    tidy,
  };
}

function copyOf(ddl: Ddl, table: Table, number: number): Copy {
  const name = ddl.id(table.name);
  const rows = ddl.id(`ondelete_rows_${number}`);
  const columns = ddl.ids(
    table.columns.filter(({ generated }) => generated === null).map((column) => column.name),
  );
  const rowid = rowidOf(table);
  const [from, to]: readonly [Fragment, Fragment] =
    rowid === null
      ? [columns, columns]
      : [ddl.sql`${ddl.raw(rowid)} AS ondelete_rowid, ${columns}`, ddl.sql`${ddl.raw(rowid)}, ${columns}`];
  const back = rowid === null ? columns : ddl.sql`ondelete_rowid, ${columns}`;
  return {
    literal: textLiteral(ddl, table.name),
    quoted: ddl.text(name),
    aside: ddl.text(ddl.sql`CREATE TABLE ${rows} AS SELECT ${from} FROM ${name}`),
    drop: ddl.text(ddl.sql`DROP TABLE ${name}`),
    restore: ddl.text(ddl.sql`INSERT INTO ${name} (${to}) SELECT ${back} FROM ${rows}`),
    forget: ddl.text(ddl.sql`DROP TABLE ${rows}`),
  };
}

/**
 * A key may rest on a unique index that has a text of its own, as Prisma and Drizzle write it: without it no row of the child can be put
 * back ("foreign key mismatch", measured on workerd 1.20260426). All indexes of such a table come early, so that their order stays.
 */
function storedOf({ indexes, stored = [] }: Table): {
  readonly early: readonly string[];
  readonly late: readonly string[];
} {
  const mayBearKeys = stored.some(({ name }) => indexes.some((index) => index.unique && index.name === name));
  const isEarly = ({ kind }: StoredText): boolean => mayBearKeys && kind === 'index';
  return {
    early: stored.filter(isEarly).map(({ sql }) => sql),
    late: stored.filter((one) => !isEarly(one)).map(({ sql }) => sql),
  };
}

/** One that is gone is found by the last look, which says so. */
function triggersOf(ddl: Ddl, chain: readonly Rebuilt[]): readonly string[] {
  const stored = chain.flatMap(({ table }) => table.stored ?? []);
  return stored
    .filter(({ kind }) => kind === 'trigger')
    .map(({ name }) => ddl.text(ddl.sql`DROP TRIGGER IF EXISTS ${ddl.id(name)}`));
}

/** The last numbers of AUTOINCREMENT, which go with the table when it is dropped. */
function sequenceStatements(
  ddl: Ddl,
  chain: readonly Rebuilt[],
): {
  readonly aside: readonly string[];
  readonly restore: readonly string[];
  readonly forget: readonly string[];
} {
  const counted = chain.filter(({ table }) => table.options.includes('autoincrement'));
  if (counted.length === 0) return { aside: [], restore: [], forget: [] };
  const names = counted.map(({ table }) => textLiteral(ddl, table.name)).join(', ');
  return {
    aside: [
      `CREATE TABLE ondelete_sequence AS SELECT name, seq FROM sqlite_sequence WHERE name IN (${names})`,
    ],
    restore: [
      `DELETE FROM sqlite_sequence WHERE name IN (${names})`,
      'INSERT INTO sqlite_sequence (name, seq) SELECT name, seq FROM ondelete_sequence',
    ],
    forget: ['DROP TABLE ondelete_sequence'],
  };
}

/** The table again; of a changed one the preview shows it. */
function made(
  ddl: Ddl,
  { after, before, table }: Rebuilt,
  chain: readonly Rebuilt[],
  withOperations: boolean,
): Statement {
  const sql = `CREATE TABLE ${ddl.text(ddl.id(table.name))}${after}`;
  const comment = after === before ? '' : `${table.name} with its new ON DELETE`;
  const names = chain.map((one) => one.table.name).join(', ');
  const purpose = `makes ${table.name} anew with its new ON DELETE, after the rows of ${names} were kept aside`;
  const operations =
    withOperations && after !== before
      ? [{ sql, comment: purpose, locks: [wholeDatabase], scans: chain.map((one) => one.table) }]
      : [];
  return { sql, comment, operations };
}
