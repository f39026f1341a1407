/** Whatever columns are made with: extensions, collations, types, sequences. */
import type { CopyStatement } from '../../../src/core/contracts/connection.ts';
import { sameTable } from '../../../src/core/names.ts';
import type { Fragment } from '../../sql/ddl.ts';
import type { BlueprintCatalog, CollationRow } from './schema-catalog.ts';
import { ddl } from '../key-sql.ts';
import { type ColumnType, inOrder } from './column-types.ts';

/** A column cannot do without an extension that brings its type; a default or an index can. */
export function extensionStatements({ extensions, types }: BlueprintCatalog): readonly CopyStatement[] {
  const bringTypes = new Set([...types.values()].map((type) => type.extension));
  return extensions.map(({ schema, name }) =>
    statement(
      ddl.sql`CREATE EXTENSION IF NOT EXISTS ${ddl.id(name)} SCHEMA ${ddl.id(schema)} CASCADE`,
      bringTypes.has(name) ? null : `extension ${name}`,
    ),
  );
}

/** Collations, then types in the order in which they are made of each other, each domain with its checks. */
export function typeStatements(catalog: BlueprintCatalog): readonly CopyStatement[] {
  const own = inOrder(catalog.types).filter(
    (type) =>
      type.schema !== 'pg_catalog' &&
      type.schema !== 'information_schema' &&
      type.extension === null &&
      // a table that is made brings its row type
      !catalog.tables.some((table) => sameTable(table, type)),
  );
  return [
    ...catalog.collations.map(collation),
    ...own.flatMap((type) => {
      const create = createType(type);
      return create === null ? [] : [statement(create, null), ...domainParts(type, catalog)];
    }),
  ];
}

export function sequenceStatements({ sequences }: BlueprintCatalog): readonly CopyStatement[] {
  return sequences.map((sequence) =>
    statement(
      ddl.sql`CREATE SEQUENCE IF NOT EXISTS ${ddl.table(sequence)} AS ${ddl.raw(sequence.type)}`,
      null,
    ),
  );
}

/** What the operating system brings, another server may lack. */
function collation(row: CollationRow): CopyStatement {
  const provider = { c: 'libc', i: 'icu', b: 'builtin' }[row.provider] ?? 'libc';
  const locale =
    row.provider === 'c'
      ? ddl.sql`LC_COLLATE = ${ddl.literal(row.collate ?? 'C')}, LC_CTYPE = ${ddl.literal(row.ctype ?? 'C')}`
      : ddl.sql`LOCALE = ${ddl.literal(row.collate ?? '')}, DETERMINISTIC = ${ddl.raw(String(row.deterministic))}`;
  const sql = ddl.sql`CREATE COLLATION ${ddl.table(row)} (PROVIDER = ${ddl.raw(provider)}, ${locale})`;
  return statement(sql, row.provider === 'c' ? `collation ${row.name}` : null);
}

/** Arrays and multiranges come with what they are made of. The row type of a table stands in as a composite type of its name. */
function createType(type: ColumnType): Fragment | null {
  const name = ddl.table(type);
  switch (type.kind) {
    case 'e':
      return ddl.sql`CREATE TYPE ${name} AS ENUM (${ddl.join(type.labels.map((label) => ddl.literal(label)))})`;
    case 'c':
      return ddl.sql`CREATE TYPE ${name} AS (${ddl.join(
        type.attributes.map((attribute) => ddl.sql`${ddl.id(attribute.name)} ${ddl.raw(attribute.text)}`),
      )})`;
    case 'd':
      return ddl.sql`CREATE DOMAIN ${name} AS ${ddl.raw(type.base.text)}${ddl.raw(
        (type.collation === null ? '' : ` COLLATE ${type.collation}`) + (type.notNull ? ' NOT NULL' : ''),
      )}`;
    case 'r':
      return ddl.sql`CREATE TYPE ${name} AS RANGE (SUBTYPE = ${ddl.raw(type.subtypeText)}${multirangeName(type)})`;
    default:
      return null;
  }
}

function multirangeName({ multirange }: ColumnType): Fragment {
  const [schema, name] = multirange ?? [];
  if (schema === undefined || name === undefined) return ddl.raw('');
  return ddl.sql`, MULTIRANGE_TYPE_NAME = ${ddl.table({ schema, name })}`;
}

function domainParts(type: ColumnType, { checks }: BlueprintCatalog): readonly CopyStatement[] {
  if (type.kind !== 'd') return [];
  const alter = ddl.sql`ALTER DOMAIN ${ddl.table(type)} `;
  const fallback =
    type.typeDefault === null
      ? []
      : [
          statement(
            ddl.sql`${alter}SET DEFAULT ${ddl.raw(type.typeDefault)}`,
            `default of domain ${type.name}`,
          ),
        ];
  const conditions = checks
    .filter((check) => check.domain === type.oid)
    .map((check) =>
      statement(
        ddl.sql`${alter}ADD CONSTRAINT ${ddl.id(check.name)} ${ddl.raw(check.definition)}`,
        `check ${check.name} of domain ${type.name}`,
      ),
    );
  return [...fallback, ...conditions];
}

function statement(sql: Fragment, without: string | null): CopyStatement {
  return { sql: ddl.text(sql), without };
}
