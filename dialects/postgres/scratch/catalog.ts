/** What made-up rows have to respect, and what is put aside for them, read from a scratch database. */
import { groupBy } from '../../../src/core/group-by.ts';
import { tableId } from '../../../src/core/names.ts';
import type { Server, TableName } from '../../../src/core/model.ts';
import { ddl } from '../key-sql.ts';
import type { Fragment } from '../../sql/ddl.ts';
import { type ColumnType, readTypes } from './column-types.ts';
import type { PostgresSession } from '../connection/connect.ts';
import { type FreeColumn, valuesIn } from '../../sql/acceptable-row.ts';
import type { TypeUse } from './values.ts';

export interface ScratchColumn {
  readonly name: string;
  readonly use: TypeUse;
  readonly generated: boolean;
  /** A row cannot go in, or not beside others, without a value of its own. */
  readonly required: boolean;
}

export interface ScratchCatalog {
  readonly types: ReadonlyMap<number, ColumnType>;
  columns(table: TableName): readonly ScratchColumn[];
  /** Statements that make room for made-up rows of these tables: no checks that a delete cannot break, a partition for every row. */
  room(tables: readonly TableName[]): readonly string[];
  /** The columns of the checks that stay, with the values that stand in these. */
  free(table: TableName): readonly FreeColumn[];
}

/** Of a table or of one of its partitions; `root` is the table into which rows are put. */
interface PlaceRow extends TableName {
  readonly rootSchema: string;
  readonly rootName: string;
}

interface ScratchRows {
  readonly columns: readonly ColumnRow[];
  readonly checks: readonly (PlaceRow & CheckRow)[];
  readonly partitioned: readonly (PlaceRow & { readonly oid: number })[];
  readonly domains: readonly (TableName & {
    readonly oid: number;
    readonly check: string;
    readonly text: string;
    readonly written: boolean;
    readonly defaulted: boolean;
  })[];
}

interface CheckRow {
  readonly check: string;
  readonly expression: string;
  readonly columns: readonly string[];
  /** A delete may write one of the columns. */
  readonly written: boolean;
  /** It may write a default. */
  readonly defaulted: boolean;
}

/** Four queries, and one for the types. */
export function readScratch(session: PostgresSession, server: Server): Promise<ScratchCatalog> {
  return session.consistently(async (read) => {
    const rows = await read<ScratchRows>({
      columns: columnsQuery,
      checks: checksQuery,
      partitioned: partitionedQuery,
      domains: domainsQuery,
    });
    const oids = [...new Set(rows.columns.map((row) => row.oid))];
    const types = await readTypes(read, oids, server.version[0] ?? 0);
    const columns = groupBy(rows.columns, tableId);
    const checks = groupBy(rows.checks, rootId);
    const partitioned = groupBy(rows.partitioned, rootId);
    const roomIn = (id: string): readonly string[] => [
      ...(checks.get(id) ?? []).flatMap((row) => setAside(row, columns.get(id) ?? [])),
      ...(partitioned.get(id) ?? []).map((row) => {
        const partition = { schema: row.schema, name: `ondelete_scratch_${row.oid}` };
        return ddl.text(ddl.sql`CREATE TABLE ${ddl.table(partition)} PARTITION OF ${ddl.table(row)} DEFAULT`);
      }),
    ];
    return {
      types,
      columns: (table) => (columns.get(tableId(table)) ?? []).map((row) => columnOf(row, types)),
      room: (tables) => {
        const ids = [...new Set(tables.map(tableId))];
        const used = new Set(
          ids.flatMap((id) => (columns.get(id) ?? []).flatMap((row) => domainsOf(row.oid, types))),
        );
        const domains = rows.domains.filter(({ oid }) => used.has(oid));
        return [
          ...ids.flatMap(roomIn),
          ...domains
            .filter(({ defaulted }) => !defaulted)
            .map((row) => {
              const drop = ddl.sql`ALTER DOMAIN ${ddl.table(row)} DROP CONSTRAINT IF EXISTS ${ddl.id(row.check)}`;
              return row.written
                ? ifHolds(ddl.sql`NULL::${ddl.raw(row.text)} IS NULL`, drop)
                : ddl.text(drop);
            }),
        ];
      },
      free: (table) => {
        const staying = (checks.get(tableId(table)) ?? []).filter((row) => row.written);
        const names = new Set(staying.flatMap((row) => row.columns));
        const { texts, numbers } = valuesIn(staying.map((row) => row.expression));
        const values = [...texts, 'true', 'false', ...numbers.map(String)].map((one) => ddl.literal(one));
        return (columns.get(tableId(table)) ?? [])
          .filter(({ column, generated }) => names.has(column) && !generated)
          .map(({ column, text }) => ({
            name: column,
            values: ['NULL', ...values.map((value) => ddl.text(ddl.sql`${value}::${ddl.raw(text)}`))],
          }));
      },
    };
  });
}

/**
 * A check goes if no delete can break it: none writes its columns, or it is about one column alone and holds for the NULL that a delete
 * may write, which the server is asked. The others stay, and the rows have to satisfy them.
 */
function setAside(row: PlaceRow & CheckRow, columns: readonly ColumnRow[]): readonly string[] {
  const drop = ddl.sql`ALTER TABLE ${ddl.table(row)} DROP CONSTRAINT IF EXISTS ${ddl.id(row.check)}`;
  if (!row.written) return [ddl.text(drop)];
  const [name, ...others] = row.defaulted ? [] : row.columns;
  const type = columns.find(({ column }) => column === name)?.text;
  if (name === undefined || type === undefined || others.length > 0) return [];
  const nulled = ddl.sql`SELECT NULL::${ddl.raw(type)} AS ${ddl.id(name)}`;
  return [
    ifHolds(ddl.sql`(SELECT (${ddl.raw(row.expression)}) IS NOT FALSE FROM (${nulled}) AS nulled)`, drop),
  ];
}

/** Runs the statement if the condition holds; one that fails does not. */
function ifHolds(condition: Fragment, statement: Fragment): string {
  const body = ddl.text(
    ddl.sql`BEGIN IF ${condition} THEN ${statement}; END IF; EXCEPTION WHEN OTHERS THEN NULL; END`,
  );
  return ddl.text(ddl.sql`DO ${ddl.literal(body)}`);
}

function rootId({ rootSchema, rootName }: PlaceRow): string {
  return tableId({ schema: rootSchema, name: rootName });
}

/** A domain and those it is made of. */
function domainsOf(oid: number, types: ReadonlyMap<number, ColumnType>): readonly number[] {
  const type = types.get(oid);
  return type?.kind === 'd' ? [oid, ...domainsOf(type.base.oid, types)] : [];
}

const own = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

interface ColumnRow extends TableName, TypeUse {
  readonly column: string;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  readonly identity: boolean;
  readonly generated: boolean;
  readonly unique: boolean;
}

const columnsQuery = `SELECT n.nspname AS schema, c.relname AS name, a.attname AS column, a.atttypid AS oid, a.atttypmod AS modifier, format_type(a.atttypid, a.atttypmod) AS text,
       a.attnotnull AS "notNull", a.atthasdef AS "hasDefault", a.attidentity <> '' AS identity, a.attgenerated <> '' AS generated,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey)) AS unique
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND ${own} JOIN pg_attribute a ON a.attrelid = c.oid
 WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.oid, a.attnum`;

function columnOf(row: ColumnRow, types: ReadonlyMap<number, ColumnType>): ScratchColumn {
  const domains = domainsOf(row.oid, types).map((domain) => types.get(domain));
  const needsValue = row.notNull || domains.some((domain) => domain?.notNull === true);
  const filled = row.hasDefault || row.identity || domains.some((domain) => domain?.typeDefault !== null);
  return {
    name: row.column,
    use: { oid: row.oid, modifier: row.modifier, text: row.text },
    generated: row.generated,
    // what a default gives may be what another row has been given
    required: !row.generated && (row.unique ? filled || needsValue : needsValue && !filled),
  };
}

/** Whether a delete may write a column: the keys of a table that set NULL or the default write these columns. */
const written = (actions: string, table: string, columns: string): string => `EXISTS (
    SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.confdeltype IN (${actions}) AND f.conrelid = ${table} AND f.conkey && ${columns})`;

const checksQuery = `SELECT rn.nspname AS "rootSchema", r.relname AS "rootName", n.nspname AS schema, c.relname AS name, k.conname AS check,
       pg_get_expr(k.conbin, k.conrelid) AS expression, ${written(`'n', 'd'`, 'k.conrelid', 'k.conkey')} AS written,
       ${written(`'d'`, 'k.conrelid', 'k.conkey')} AS defaulted,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) ORDER BY a.attnum) AS columns
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND ${own}
  JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
 WHERE k.contype = 'c' AND k.coninhcount = 0`;

/** Partitioned tables without a default partition. A hash has no default. */
const partitionedQuery = `SELECT rn.nspname AS "rootSchema", r.relname AS "rootName", n.nspname AS schema, c.relname AS name, c.oid
  FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid JOIN pg_namespace n ON n.oid = c.relnamespace AND ${own}
  JOIN pg_class r ON r.oid = pg_partition_root(c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
 WHERE p.partdefid = 0 AND p.partstrat <> 'h' ORDER BY c.oid`;

const domainWritten = (actions: string): string =>
  `EXISTS (SELECT FROM pg_attribute a WHERE a.atttypid = t.oid AND ${written(actions, 'a.attrelid', 'ARRAY[a.attnum]')})`;

/** Checks of domains; `written` where a column that a delete may write has the domain. */
const domainsQuery = `SELECT t.oid, n.nspname AS schema, t.typname AS name, k.conname AS check, format_type(t.oid, NULL) AS text, ${domainWritten(`'n', 'd'`)} AS written, ${domainWritten(`'d'`)} AS defaulted
  FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace AND ${own}
 WHERE k.contype = 'c'`;
