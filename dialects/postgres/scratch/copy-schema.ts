/**
 * How the tables of a Snapshot are made again, empty, on another database. Whatever stands in the way of one statement does not
 * stand in the way of the rest: what a copy can do without is a statement of its own.
 */
import type { CopyStatement } from '../../../src/core/contracts/connection.ts';
import { tableId, tableText } from '../../../src/core/names.ts';
import type { ForeignKey, Snapshot, TableName } from '../../../src/core/model.ts';
import { schemaIndex, type SchemaIndex } from '../../../src/core/schema-index.ts';
import type { Fragment } from '../../sql/ddl.ts';
import {
  type BlueprintCatalog,
  type ForeignKeyRow,
  type IndexRow,
  readBlueprint,
  type TableRow,
} from './schema-catalog.ts';
import { extensionStatements, sequenceStatements, typeStatements } from './copy-types.ts';
import { addedKey, ddl, doText, restsOnPrimaryKey } from '../key-sql.ts';
import type { PostgresSession } from '../connection/connect.ts';
import { readComment } from '../half-done-mark.ts';
import { columnStatements, createTable } from './copy-tables.ts';

/**
 * Tables with their partitions and with those they are partitions of, the types, sequences and extensions they are made with,
 * and the keys of `part`. Triggers, rules, row security, privileges, owners, storage and inheritance are not copied.
 */
export async function copySchema(
  session: PostgresSession,
  part: Snapshot,
): Promise<readonly CopyStatement[]> {
  if (part.tables.length === 0) return [];
  const catalog = await session.consistently((read) =>
    readBlueprint(read, part.tables, part.server.version[0] ?? 0),
  );
  const tables = new Map(catalog.tables.map((table) => [table.oid, table]));
  return [
    ...schemas(catalog).map((name) => needed(ddl.sql`CREATE SCHEMA IF NOT EXISTS ${ddl.id(name)}`)),
    ...extensionStatements(catalog),
    ...typeStatements(catalog),
    ...sequenceStatements(catalog),
    ...catalog.tables.map((table) => createTable(table, catalog)),
    ...catalog.tables.flatMap((table) => attach(table, tables)),
    ...columnStatements(catalog),
    ...checks(catalog, tables),
    ...indexes(catalog.indexes, tables),
    ...keys(catalog.keys, tables, schemaIndex(part)),
  ];
}

/** A statement without which the keys would not be what they are. */
function needed(sql: Fragment): CopyStatement {
  return { sql: ddl.text(sql), without: null };
}

function schemas({ tables, types, extensions, collations, sequences }: BlueprintCatalog): readonly string[] {
  const own = [...types.values()].filter((type) => type.extension === null);
  const places = [...tables, ...own, ...extensions, ...collations, ...sequences];
  return [...new Set(places.map((place) => place.schema))].filter((schema) => schema !== 'pg_catalog').sort();
}

/** Catalogs list tables from the top of a tree downwards. */
function attach(table: TableRow, tables: ReadonlyMap<number, TableRow>): readonly CopyStatement[] {
  const above = tables.get(table.partitionOf ?? 0);
  if (above === undefined || table.bound === null) return [];
  return [
    needed(
      ddl.sql`ALTER TABLE ${ddl.table(above)} ATTACH PARTITION ${ddl.table(table)} ${ddl.raw(table.bound)}`,
    ),
  ];
}

function checks(catalog: BlueprintCatalog, tables: ReadonlyMap<number, TableRow>): readonly CopyStatement[] {
  return catalog.checks.flatMap((check) => {
    const table = tables.get(check.table);
    if (table === undefined) return [];
    return [
      {
        sql: ddl.text(
          ddl.sql`ALTER TABLE ${ddl.table(table)} ADD CONSTRAINT ${ddl.id(check.name)} ${ddl.raw(check.definition)}`,
        ),
        without: `check ${check.name} of ${tableText(table)}`,
      },
    ];
  });
}

/**
 * Partitions first, so that the index of the table above takes theirs with the names they have; else in the order in which they were
 * made, because a key rests on the oldest.
 */
function indexes(rows: readonly IndexRow[], tables: ReadonlyMap<number, TableRow>): readonly CopyStatement[] {
  const depth = (row: IndexRow): number => tables.get(row.table)?.depth ?? 0;
  return rows
    .toSorted((a, b) => depth(b) - depth(a))
    .flatMap((row) => {
      const table = tables.get(row.table);
      if (table === undefined) return [];
      const sql =
        row.constraint === null
          ? createIndex(row)
          : ddl.text(
              ddl.sql`ALTER TABLE ${ddl.table(table)} ADD CONSTRAINT ${ddl.id(row.name)} ${ddl.raw(row.constraint)}`,
            );
      const what = row.exclusion ? 'exclusion constraint' : 'index';
      return [{ sql, without: row.referable ? null : `${what} ${row.name} of ${tableText(table)}` }];
    });
}

/** The server prints `ON ONLY` for a partitioned table, which would leave the partitions' indexes alone. */
function createIndex({ name, definition }: IndexRow): string {
  for (const unique of ['', 'UNIQUE ']) {
    for (const quotedName of [ddl.text(ddl.id(name)), name]) {
      const start = `CREATE ${unique}INDEX ${quotedName} ON ONLY `;
      if (definition.startsWith(start))
        return ddl.text(
          ddl.sql`CREATE ${ddl.raw(unique)}INDEX ${ddl.id(name)} ON ${ddl.raw(definition.slice(start.length))}`,
        );
    }
  }
  return ddl.text(ddl.sql`${ddl.raw(definition)}`);
}

function keys(
  rows: readonly ForeignKeyRow[],
  tables: ReadonlyMap<number, TableRow>,
  schema: SchemaIndex,
): readonly CopyStatement[] {
  const wanted = new Map(schema.snapshot.foreignKeys.map((key) => [keyId(key.child, key.name), key]));
  return rows.flatMap((row) => {
    const table = tables.get(row.table);
    if (table === undefined) return [];
    const key = wanted.get(keyId(table, row.name));
    // the twins of a half-done key are no keys by themselves, and the part does not list them
    if (key === undefined && typeof readComment(row.comment).mark?.secondOf !== 'string') return [];
    const place = ddl.table(table);
    const name = ddl.id(row.name);
    const definition = key === undefined ? row.definition : definitionOf(key, row, schema);
    const comment = row.comment === null ? [] : [row.comment];
    return [
      needed(ddl.sql`ALTER TABLE ${place} ADD CONSTRAINT ${name} ${ddl.raw(definition)}`),
      ...comment.map((text) =>
        needed(ddl.sql`COMMENT ON CONSTRAINT ${name} ON ${place} IS ${ddl.literal(text)}`),
      ),
      ...(key === undefined || key.triggers.length === 0 ? [] : [triggerStates(key, row.name)]),
    ];
  });
}

function keyId(child: TableName, name: string | null): string {
  return `${tableId(child)}\0${name ?? ''}`;
}

/** The server's own text names the parent's columns, and then takes the oldest unique index over them even where that is not the primary key. */
function definitionOf(key: ForeignKey, row: ForeignKeyRow, schema: SchemaIndex): string {
  const parent = schema.table(key.parent);
  if (key.period || !restsOnPrimaryKey(key, parent)) return row.definition;
  return addedKey(key, key, parent) + (key.validated || !key.enforced ? '' : ' NOT VALID');
}

const verbs = {
  origin: 'ENABLE',
  disabled: 'DISABLE',
  replica: 'ENABLE REPLICA',
  always: 'ENABLE ALWAYS',
} as const;

/** The names of the triggers hold oids, so they are found by what they do; those of the copies on partitions count as the key's. */
function triggerStates(key: ForeignKey, name: string): CopyStatement {
  const states = key.triggers.map(({ on, event, enabled }) =>
    ddl.raw(`WHEN '${on} ${event.slice(0, 3)}' THEN '${verbs[enabled]}'`),
  );
  const sql = doText(ddl.sql`DECLARE
  one record;
BEGIN
  FOR one IN
    WITH RECURSIVE family AS (
      SELECT oid FROM pg_constraint WHERE conrelid = ${ddl.literal(ddl.text(ddl.table(key.child)))}::regclass AND contype = 'f' AND conname = ${ddl.literal(name)}
      UNION ALL
      SELECT k.oid FROM pg_constraint k JOIN family ON k.conparentid = family.oid)
    SELECT t.tgrelid::regclass AS relation, t.tgname,
           CASE CASE WHEN p.proname LIKE 'RI_FKey_check%' THEN 'child ' ELSE 'parent ' END || right(p.proname, 3) ${ddl.join(states, ' ')} END AS verb
      FROM family JOIN pg_trigger t ON t.tgconstraint = family.oid JOIN pg_proc p ON p.oid = t.tgfoid AND p.proname LIKE 'RI_FKey%'
  LOOP
    IF one.verb IS NOT NULL THEN
      EXECUTE format('ALTER TABLE ONLY %s %s TRIGGER %I', one.relation, one.verb, one.tgname);
    END IF;
  END LOOP;
END`);
  return { sql, without: `trigger states of ${name} on ${tableText(key.child)}` };
}
