/** What made-up rows have to respect, and what is put aside for them, read from a scratch database. */
import { tableId, type Server, type TableName } from '../../../src/core/model.ts';
import { ddl } from '../emitter/key-sql.ts';
import { readTypes, type ColumnType } from './column-types.ts';
import type { PostgresSession } from '../connection/connect.ts';
import type { TypeUse } from './values.ts';

export interface ScratchColumn {
  readonly name: string;
  readonly use: TypeUse;
  readonly generated: boolean;
  /** A row cannot go in, or not beside others, without a value of its own. */
  readonly required: boolean;
}

export interface ScratchCatalog {
  readonly types: ReadonlyMap<string, ColumnType>;
  columns(table: TableName): readonly ScratchColumn[];
  /** Statements that make room for made-up rows of these tables: no checks over columns that no key holds, a partition for every row. */
  room(tables: readonly TableName[]): readonly string[];
}

type Row = readonly (string | null)[];

/** Four queries, and one for the types. */
export function readScratch(session: PostgresSession, server: Server): Promise<ScratchCatalog> {
  return session.consistently(async (read) => {
    const [columnRows, checkRows, partitionRows, domains] = await read(
      columnsQuery,
      checksQuery,
      partitionsQuery,
      domainsQuery,
    );
    const types = await readTypes(
      read,
      [...new Set(columnRows.map((row) => row[3] ?? ''))],
      server.version[0] ?? 0,
    );
    const columns = byTable(columnRows, (row) => columnOf(row, types));
    const checks = byTable(checkRows, ([, , schema, name, check]) =>
      ddl.text(
        ddl.sql`ALTER TABLE ${ddl.table(named(schema, name))} DROP CONSTRAINT IF EXISTS ${ddl.id(check ?? '')}`,
      ),
    );
    const partitions = byTable(partitionRows, ([, , schema, name, oid]) => {
      const own = named(schema, `ondelete_scratch_${oid ?? ''}`);
      return ddl.text(
        ddl.sql`CREATE TABLE ${ddl.table(own)} PARTITION OF ${ddl.table(named(schema, name))} DEFAULT`,
      );
    });
    const roomIn = (table: TableName): readonly string[] => [
      ...(checks.get(tableId(table)) ?? []),
      ...(partitions.get(tableId(table)) ?? []),
    ];
    return {
      types,
      columns: (table) => columns.get(tableId(table)) ?? [],
      room: (tables) => {
        const used = new Set(
          tables.flatMap((table) =>
            (columns.get(tableId(table)) ?? []).flatMap((column) => domainsOf(column.use.oid, types)),
          ),
        );
        return [...new Map(tables.map((table) => [tableId(table), table])).values()]
          .flatMap(roomIn)
          .concat(domains.filter(([oid]) => used.has(oid ?? '')).map(dropDomainCheck));
      },
    };
  });
}

function named(schema: string | null | undefined, name: string | null | undefined): TableName {
  return { schema: schema ?? '', name: name ?? '' };
}

/** Rows begin with the table's schema and name. */
function byTable<T>(rows: readonly Row[], make: (row: Row) => T): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const id = tableId(named(row[0], row[1]));
    const group = groups.get(id) ?? [];
    groups.set(id, group);
    group.push(make(row));
  }
  return groups;
}

/** A domain and those it is made of. */
function domainsOf(oid: string, types: ReadonlyMap<string, ColumnType>): readonly string[] {
  const type = types.get(oid);
  return type?.kind === 'd' ? [oid, ...domainsOf(type.base.oid, types)] : [];
}

function dropDomainCheck([, schema, name, check]: Row): string {
  return ddl.text(
    ddl.sql`ALTER DOMAIN ${ddl.table(named(schema, name))} DROP CONSTRAINT IF EXISTS ${ddl.id(check ?? '')}`,
  );
}

const own = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

const columnsQuery = `SELECT n.nspname, c.relname, a.attname, a.atttypid, a.atttypmod, format_type(a.atttypid, a.atttypmod),
       a.attnotnull, a.atthasdef, a.attidentity <> '', a.attgenerated <> '',
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey))
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND ${own} JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.oid, a.attnum`;

function columnOf(row: Row, types: ReadonlyMap<string, ColumnType>): ScratchColumn {
  const [, , name, oid, modifier, text, ...bits] = row;
  const [notNull, hasDefault, identity, generated, unique] = bits.map((bit) => bit === 't');
  const domains = domainsOf(oid ?? '', types).map((domain) => types.get(domain));
  const needsValue = notNull === true || domains.some((domain) => domain?.notNull === true);
  const filled =
    hasDefault === true || identity === true || domains.some((domain) => domain?.typeDefault !== null);
  return {
    name: name ?? '',
    use: { oid: oid ?? '', modifier: Number(modifier), text: text ?? '' },
    generated: generated === true,
    // what a default gives may be what another row has been given
    required: generated !== true && (unique === true ? filled || needsValue : needsValue && !filled),
  };
}

/** Of a table or its partitions: the table in which rows are put, the one that has the check, over columns of no foreign key. */
const checksQuery = `SELECT rn.nspname, r.relname, n.nspname, c.relname, k.conname
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND ${own}
  JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
 WHERE k.contype = 'c' AND k.coninhcount = 0
   AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = k.conrelid AND f.conkey && k.conkey)`;

/** Partitioned tables without a default partition, with the table in which rows are put. A hash has no default. */
const partitionsQuery = `SELECT rn.nspname, r.relname, n.nspname, c.relname, c.oid
  FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND ${own}
  JOIN pg_class r ON r.oid = pg_partition_root(c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
 WHERE p.partdefid = 0 AND p.partstrat <> 'h' ORDER BY c.oid`;

/** Checks of domains that no column of a foreign key has. */
const domainsQuery = `SELECT t.oid, n.nspname, t.typname, k.conname
  FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace AND ${own}
 WHERE k.contype = 'c' AND NOT EXISTS (
   SELECT FROM pg_constraint f JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey) WHERE f.contype = 'f' AND a.atttypid = t.oid)`;
