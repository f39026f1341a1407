/**
 * For all keys of a file: in which state is each, and which ALTERs does it still need? The keys are the rows of its first
 * table; a reviewer who has read them has read all that is particular to the change.
 */
import { sameTable } from '../../../src/core/names.ts';
import type { Ddl, Fragment } from '../../sql/ddl.ts';
import type { KeySwap } from './key-swap.ts';
import type { SchemaContext } from './shared-sql.ts';
import { digitsOf, temporaryNameSql } from '../temporary-name.ts';

interface KeyStatesOptions {
  /** How many keys stand in questions before this one. */
  readonly offset?: number;
  /** One more column of the rows. */
  readonly more?: { readonly name: string; readonly value: (at: number) => Fragment };
  /** Whether `steps` has a column `is_hidden`: the user may not read the rows that a key joins. */
  readonly asksSelect?: boolean;
  /** Of which rights a lack is trouble. */
  readonly needed?: Needed;
}

/** What is asked for before any key is changed. */
export interface Needed {
  /** ALTER on each child. */
  readonly alter: boolean;
  /** REFERENCES on each parent. */
  readonly references: boolean;
}

/** A right that is lacking on a file's only child or parent stops it at its first ALTER TABLE, with nothing changed. */
export function neededFor(swaps: readonly KeySwap[]): Needed {
  const [first] = swaps;
  const several = (end: 'child' | 'parent'): boolean =>
    first !== undefined && swaps.some(({ key }) => !sameTable(key[end], first.key[end]));
  return { alter: several('child'), references: several('parent') };
}

const noneNeeded: Needed = { alter: false, references: false };

/**
 * What a key joins, for comparing. Columns count in any case, tables as the server takes them, which MariaDB's information_schema does not.
 * A hash has the collation of the connection, whatever the catalog's views have (error 1267 on MariaDB 11.8 and MySQL 9.7), and is short
 * enough for an index.
 */
const joins = `SHA2(CONCAT_WS(' ', LOWER(CONCAT_WS(' ', child, cols, parent, parent_cols)), IF(@@lower_case_table_names, '', CONCAT(child, parent))), 256)`;

/** Names of constraints count in any case. */
const nameHash = (name: string): string => `SHA2(LOWER(${name}), 256)`;

/** Constraints have unique names in a schema, on MariaDB 12.1 and later in a table, as indexes have. */
const idOf = (schema: string, name = 'CONSTRAINT_NAME'): string =>
  `SHA2(CONCAT_WS('/', ${schema}, TABLE_NAME, ${name}), 256)`;

/** A table and columns of it, both as the catalog spells them. */
const place = (child: string, cols: string): string => `SHA2(CONCAT_WS('/', ${child}, LOWER(${cols})), 256)`;

/**
 * Common table expressions that end in `steps (n, first_step, last_step, trouble)`. `old`: nothing done yet; `half`: only the last step
 * is missing; `new`: nothing left to do; `other`: none of these, and `trouble` says what was found.
 */
export function keyStates(
  context: SchemaContext,
  swaps: readonly KeySwap[],
  options: KeyStatesOptions = {},
): Fragment {
  const { ddl } = context;
  const { asksSelect = false, needed = noneNeeded } = options;
  const columns = columnsFor(ddl, swaps);
  const rows = keyRows(context, swaps, columns, options);
  const quoted = quotingFor(ddl.text(rows));
  const has = (name: string): boolean => columns.some((column) => column.name === name);
  const onUpdate = has('on_update')
    ? `' ON UPDATE ', on_update`
    : `' ON UPDATE ${swaps[0]?.key.onUpdate ?? ''}'`;
  const expressions = [
    namedSql(quoted, onUpdate),
    ...(asksSelect ? [hiddenSql] : []),
    ...(needed.references ? [referableSql] : []),
    foundSql(quoted, namesHere(context, swaps, quoted), { asksSelect, needed }),
    ...(needed.alter ? [alterableSql] : []),
    statesSql(definitionSql(context), has('ends_as'), { asksSelect, needed }),
    stepsSql(has('ends_as'), needed),
  ];
  const names = [
    'n',
    ...columns.map(({ name }) => name),
    ...(options.more === undefined ? [] : [options.more.name]),
  ];
  return ddl.sql`WITH listed (${ddl.raw(names.join(', '))}) AS (VALUES
${rows}
), ${ddl.raw(expressions.join('\n), '))}
)`;
}

function namedSql(quoted: Quote, onUpdate: string): string {
  return `named AS ( -- the listed keys with the names and actions on their way
  SELECT listed.*, CONCAT(${quoted('own_name')}) AS name, CONCAT(${quoted(temporaryNameSql('own_name', 'digits'))}) AS temporary,
    ${joins} AS joins,
    CONCAT(' ON DELETE ', was, ${onUpdate}) AS old, CONCAT(' ON DELETE ', becomes, ${onUpdate}) AS new FROM listed`;
}

const columnHash = (prefix: string): string =>
  `SHA2(CONCAT_WS('/', ${prefix}TABLE_SCHEMA, ${prefix}TABLE_NAME, ${prefix}COLUMN_NAME), 256)`;

/** PRIVILEGES knows rights on single columns, active roles and partial revokes (measured on MySQL 9.7). */
const hiddenSql = `hidden AS ( -- columns that this user may not read
  SELECT DISTINCT ${columnHash('')} FROM information_schema.COLUMNS WHERE NOT FIND_IN_SET('select', PRIVILEGES)`;

const isHiddenSql = `
      MAX(${columnHash('')} IN (SELECT * FROM hidden) OR
        ${columnHash('REFERENCED_')} IN (SELECT * FROM hidden)) AS is_hidden,`;

const tableHash = (prefix: string): string =>
  `SHA2(LOWER(CONCAT_WS('/', ${prefix}TABLE_SCHEMA, ${prefix}TABLE_NAME)), 256)`;

/** PRIVILEGES knows roles and partial revokes. MySQL demands the right on the whole table (error 1142, measured on 9.7); here one column is enough. */
const referableSql = `referable AS (SELECT ${tableHash('')} FROM information_schema.COLUMNS WHERE PRIVILEGES LIKE '%references%'`;

const mayReferSql = `
      MAX(${tableHash('REFERENCED_')} IN (SELECT * FROM referable)) AS may_refer,`;

/**
 * Tables that this user may alter; an empty text is every table. No view shows what a role may, or has taken partial revokes off (measured on
 * MySQL 9.7), so a user with a role, or with the right in some database, is believed. NOT IN would take the NULL of a common table
 * expression for a value (measured on 9.7).
 */
const alterableSql = `alterable AS (SELECT '' AS name_hash FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'ALTER' UNION SELECT ''
  FROM information_schema.SCHEMA_PRIVILEGES WHERE PRIVILEGE_TYPE = 'ALTER' UNION SELECT '' FROM DUAL WHERE CURRENT_ROLE() <> 'NONE'
  UNION SELECT ${nameHash("REPLACE(TABLE_NAME, '`', '')")} FROM information_schema.TABLE_PRIVILEGES WHERE PRIVILEGE_TYPE = 'ALTER'`;

const barredSql = `
    NOT EXISTS (SELECT 1 FROM alterable WHERE name_hash IN ('', ${nameHash("REPLACE(SUBSTRING_INDEX(child, '`.', -1), '`', '')")})) AS barred,`;

/**
 * `DISTINCT` where a table is joined: merged into its surroundings, what a hash is made of is no longer NULL behind a LEFT JOIN (in a cursor
 * on MariaDB 10.11), and hashes have no index.
 */
function foundSql(quoted: Quote, names: NamesHere, { asksSelect, needed }: AskedRights): string {
  const { here, child, parent } = names;
  const list = (column: string): string => listSql(quoted, column, 'ORDINAL_POSITION');
  return `found AS ( -- every foreign key that is here, and the indexes over its columns
  SELECT DISTINCT name, actions, renames, ${asksSelect ? 'is_hidden, ' : ''}${needed.references ? 'may_refer, ' : ''}${nameHash('name')} AS name_hash,
    ${joins} AS joins
  FROM (SELECT ${idOf('TABLE_SCHEMA')} AS constraint_id,
      CONCAT(${quoted('MAX(CONSTRAINT_NAME)')}) AS name, MAX(${child}) AS child,${asksSelect ? isHiddenSql : ''}${needed.references ? mayReferSql : ''}
      ${list('COLUMN_NAME')} AS cols,
      MAX(${parent}) AS parent,
      ${list('REFERENCED_COLUMN_NAME')} AS parent_cols
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA ${here} AND REFERENCED_TABLE_NAME IS NOT NULL GROUP BY constraint_id) AS k
  LEFT JOIN (SELECT DISTINCT ${idOf('CONSTRAINT_SCHEMA')} AS constraint_id,
      CONVERT(CONCAT(' ON DELETE ', DELETE_RULE, ' ON UPDATE ', UPDATE_RULE) USING ascii) AS actions
    FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA ${here}) AS r USING (constraint_id)
  LEFT JOIN (${renamesSql(quoted, names)}) AS i
    ON place = ${place('k.child', 'k.cols')}`;
}

function listSql(quoted: Quote, column: string, position: string): string {
  return `GROUP_CONCAT(${quoted(column)} ORDER BY ${position} SEPARATOR ', ')`;
}

/**
 * Renaming an index to its own name clears MySQL's mark "made for this key"; with the mark the swap would drop the index and build it
 * anew, and on MariaDB rename it (measured on 9.7, 10.11, 11.8). The file asks for its name, which differs from one environment to the
 * next: people rename it, and both servers drop an index of their own making as soon as another one covers it.
 */
function renamesSql(quoted: Quote, { here, child }: NamesHere): string {
  return `SELECT ${place('child', 'cols')} AS place, GROUP_CONCAT(' RENAME INDEX ', name, ' TO ', name, ',' SEPARATOR '') AS renames
    FROM (SELECT CONCAT('\`', REPLACE(MAX(INDEX_NAME), '\`', '\`\`'), '\`') AS name, MAX(${child}) AS child,
        ${listSql(quoted, 'COLUMN_NAME', 'SEQ_IN_INDEX')} AS cols FROM information_schema.STATISTICS
      WHERE TABLE_SCHEMA ${here} AND NON_UNIQUE = 1 GROUP BY ${idOf('TABLE_SCHEMA', 'INDEX_NAME')}) AS s GROUP BY place`;
}

interface AskedRights {
  readonly asksSelect: boolean;
  readonly needed: Needed;
}

/**
 * @param endsHalf whether a key may have to end half done
 */
function statesSql(definition: string, endsHalf: boolean, { asksSelect, needed }: AskedRights): string {
  const halfActions = endsHalf ? `new, IF(ends_as = 'new', old, new)` : 'new, old';
  return `states AS ( -- how far each listed key is; renamed to its own name, an index is not dropped with it
  SELECT named.*, CASE WHEN half.name IS NULL AND own.actions = new${ifEndsNew(endsHalf)} THEN 'new' WHEN half.name IS NULL AND own.actions = old THEN 'old'
      WHEN own.name IS NULL AND half.actions IN (${halfActions}) THEN 'half' ELSE 'other' END AS state,${asksSelect ? ' COALESCE(own.is_hidden, half.is_hidden) AS is_hidden,' : ''}${needed.alter ? barredSql : ''}
    CONCAT('ALTER TABLE ', child, COALESCE(own.renames, half.renames, ''), ' DROP FOREIGN KEY ') AS start,${needed.references ? ' COALESCE(own.may_refer, half.may_refer) AS may_refer,' : ''}
    CONCAT(${definition}) AS definition
  FROM named LEFT JOIN found AS own ON own.joins = named.joins AND own.name_hash = ${nameHash('named.name')}
  LEFT JOIN found AS half ON half.joins = named.joins AND half.name_hash = ${nameHash('temporary')}`;
}

const ifEndsNew = (endsHalf: boolean): string => (endsHalf ? ` AND ends_as = 'new'` : '');

/** What stands behind the key's name in ADD CONSTRAINT, as arguments of CONCAT. */
function definitionSql({ algorithm, omittedActions }: SchemaContext): string {
  const clauses = omittedActions.reduce(
    (sql, action) => `REPLACE(REPLACE(${sql}, ' ON DELETE ${action}', ''), ' ON UPDATE ${action}', '')`,
    'new',
  );
  return `' FOREIGN KEY (', cols, ') REFERENCES ', parent, ' (', parent_cols, ')',${omittedActions.length === 0 ? ' ' : '\n      '}${clauses}, ', ALGORITHM=${algorithm}, LOCK=NONE'`;
}

function stepsSql(endsHalf: boolean, needed: Needed): string {
  const lacks = [
    ...(needed.alter ? ["WHEN state <> 'new' AND barred THEN CONCAT('ALTER denied on ', child)"] : []),
    ...(needed.references
      ? ["WHEN state <> 'new' AND NOT may_refer THEN CONCAT('REFERENCES denied on ', parent)"]
      : []),
  ];
  return `steps AS ( -- what it still needs
  SELECT states.*, IF(state = 'old', CONCAT(start, name, ', ADD CONSTRAINT ', temporary, definition), 'DO 0') AS first_step,
    IF(state IN ('old', 'half')${ifEndsNew(endsHalf)}, CONCAT(start, temporary, ', ADD CONSTRAINT ', name, definition), 'DO 0') AS last_step,
    CASE WHEN state = 'other' THEN CONCAT('key ', n, ' of ', child, ' is ', COALESCE((SELECT GROUP_CONCAT(found.name, actions SEPARATOR ' and ')
      FROM found WHERE found.joins = states.joins), 'missing'))${lacks.map((line) => ` ${line}`).join('\n     ')} END AS trouble FROM states`;
}

interface Column {
  readonly name: string;
  readonly value: (swap: KeySwap) => string;
}

/** The columns of the rows; ON UPDATE and the state to end in only where they are not the same for all keys. */
function columnsFor(ddl: Ddl, swaps: readonly KeySwap[]): readonly Column[] {
  const onUpdates = new Set(swaps.map(({ key }) => key.onUpdate));
  return [
    { name: 'child', value: ({ sql }) => ddl.text(sql.child) },
    { name: 'cols', value: ({ sql }) => ddl.text(sql.columns) },
    { name: 'parent', value: ({ sql }) => ddl.text(sql.parent) },
    { name: 'parent_cols', value: ({ sql }) => ddl.text(sql.parentColumns) },
    { name: 'own_name', value: ({ name }) => name },
    { name: 'digits', value: ({ temporary }) => digitsOf(temporary) },
    { name: 'was', value: ({ from }) => from },
    { name: 'becomes', value: ({ to }) => to },
    ...(onUpdates.size === 1 ? [] : [{ name: 'on_update', value: ({ key }: KeySwap) => key.onUpdate }]),
    ...(swaps.every(({ endsAs }) => endsAs === 'new')
      ? []
      : [{ name: 'ends_as', value: ({ endsAs }: KeySwap) => endsAs }]),
  ];
}

/** One line for each key, two where its names are long. */
function keyRows(
  { ddl, row }: SchemaContext,
  swaps: readonly KeySwap[],
  columns: readonly Column[],
  { offset = 0, more }: KeyStatesOptions,
): Fragment {
  const rows = swaps.map((swap, at) => {
    const values = columns.map(({ value }) => ddl.text(ddl.literal(value(swap))));
    const isLong = values.join(', ').length > 140;
    const all = isLong
      ? `${values.slice(0, 4).join(', ')},\n    ${values.slice(4).join(', ')}`
      : values.join(', ');
    const last = more === undefined ? '' : `,\n    ${ddl.text(more.value(at))}`;
    return ddl.raw(`  ${row}(${offset + at + 1}, ${all}${last})`);
  });
  return ddl.join(rows, ',\n');
}

type Quote = (name: string) => string;

/** A name of the catalog as it stands in a statement, as arguments of CONCAT. Backticks in names are doubled where the keys have such. */
function quotingFor(rows: string): Quote {
  const hasBackticks = rows.includes('``') || /X'/.test(rows);
  return (name) => (hasBackticks ? `'\`', REPLACE(${name}, '\`', '\`\`'), '\`'` : `'\`', ${name}, '\`'`);
}

interface NamesHere {
  readonly here: string;
  readonly child: string;
  readonly parent: string;
}

/** Where the catalog is asked, and how its tables are called in the rows: without the schema where the file leaves it out. */
function namesHere({ ddl, local }: SchemaContext, swaps: readonly KeySwap[], quoted: Quote): NamesHere {
  const full = (schema: string, table: string): string => `CONCAT(${quoted(schema)}, '.', ${quoted(table)})`;
  const [schema, table] = ['REFERENCED_TABLE_SCHEMA', 'REFERENCED_TABLE_NAME'];
  if (local === null) {
    const schemas = [...new Set(swaps.map((swap) => swap.key.child.schema))].map((schema) =>
      ddl.literal(schema),
    );
    return {
      here: ddl.text(ddl.sql`IN (${ddl.join(schemas)})`),
      child: full('TABLE_SCHEMA', 'TABLE_NAME'),
      parent: full(schema, table),
    };
  }
  return {
    here: '= DATABASE()',
    child: `CONCAT(${quoted('TABLE_NAME')})`,
    parent: `CONCAT(IF(${schema} = DATABASE(), '', CONCAT(${quoted(schema)}, '.')), ${quoted(table)})`,
  };
}
