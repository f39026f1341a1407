/** Pieces of SQL that MySQL and MariaDB share: the swap itself, the guard's questions, the orphan count. */
import type { Ddl, Fragment } from '../../sql/ddl.ts';
import {
  keyText,
  sameTable,
  type Change,
  type ForeignKey,
  type Lock,
  type ReferentialAction,
  type Side,
  type Snapshot,
  type Step,
  type Table,
  type TableName,
} from '../../../src/core/model.ts';
import { actionNow, swapPlans, type AlterStep, type SwapPlan } from './swap-plan.ts';

/** How one engine writes what the other writes differently. */
export interface SqlVariant {
  readonly ddl: Ddl;
  /** `INPLACE` or `NOCOPY`: an error instead of a table copy that would block every writer. */
  readonly algorithm: 'INPLACE' | 'NOCOPY';
  /** ` ON DELETE CASCADE`, or nothing where that is how the engine keeps this action. */
  clause(event: 'DELETE' | 'UPDATE', action: ReferentialAction): string;
  /** Whether tables that differ in case alone are told apart by the server but not by its information_schema. */
  readonly exactTables: boolean;
}

/** Where statements look for their tables. */
export interface SchemaContext {
  /** The one schema that statements leave out, so that the file runs on shop_dev and shop_prod alike; null: all are written. */
  readonly local: string | null;
}

/** Statements leave the schema out when the plan concerns the session's own database and no other child's. */
export function schemaContext(changes: readonly Change[], snapshot: Snapshot): SchemaContext {
  const schemas = new Set(changes.map((change) => change.foreignKey.child.schema));
  const [only] = schemas;
  return {
    local: schemas.size === 1 && only === snapshot.server.settings['database'] ? (only ?? null) : null,
  };
}

export function tableSql(ddl: Ddl, table: TableName, place: SchemaContext): Fragment {
  return table.schema === place.local ? ddl.id(table.name) : ddl.table(table);
}

function schemaSql(ddl: Ddl, schema: string, place: SchemaContext): Fragment {
  return schema === place.local ? ddl.raw('DATABASE()') : ddl.literal(schema);
}

/** The key as the file's reader knows it: without the schema where the file leaves it out. */
export function localText(key: ForeignKey, place: SchemaContext): string {
  const strip = (table: TableName): TableName =>
    table.schema === place.local ? { schema: 'main', name: table.name } : table;
  const { columns, parentColumns } = key;
  return keyText({ columns, parentColumns, child: strip(key.child), parent: strip(key.parent) });
}

/**
 * The step of a change.
 * @param side one direction of it; its route is found when it is asked for, which is when the statements are read
 */
export function stepOf(change: Change, place: SchemaContext, side: (route: () => SwapPlan) => Side): Step {
  const text = oneLine(localText(change.foreignKey, place));
  const to = change.to.onDelete;
  return {
    slug: change.kind === 'finish' ? 'finish' : 'swap',
    title:
      change.kind === 'finish'
        ? `${text}: finish ON DELETE ${to}`
        : `${text}: ON DELETE ${actionNow(change)} becomes ${to}`,
    keys: [change.foreignKey],
    transaction: null,
    alone: false,
    up: side(() => swapPlans(change).up),
    down: side(() => swapPlans(change).down),
  };
}

/** A comment or title: names may hold line ends, and a file's comments end there. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/**
 * One hop. Renaming an index to its own name clears MySQL's mark "made for this key"; with the mark the swap would drop the index and
 * build it anew, and on MariaDB rename it (measured on 9.7, 10.11, 11.8).
 */
export function alterSql(
  dress: SqlVariant,
  route: SwapPlan,
  hop: AlterStep,
  place: SchemaContext,
  indexes: readonly string[],
): Fragment {
  const { ddl } = dress;
  const { key } = route;
  const renames = indexes.map((name) => ddl.sql`RENAME INDEX ${ddl.id(name)} TO ${ddl.id(name)}`);
  const actions = `${dress.clause('DELETE', hop.action)}${dress.clause('UPDATE', key.onUpdate)}`;
  const add = ddl.sql`ADD CONSTRAINT ${ddl.id(hop.add)} FOREIGN KEY (${ddl.ids(key.columns)}) REFERENCES ${tableSql(ddl, key.parent, place)} (${ddl.ids(key.parentColumns)})${ddl.raw(actions)}`;
  const parts = [
    ...renames,
    ddl.sql`DROP FOREIGN KEY ${ddl.id(hop.drop)}`,
    add,
    ddl.raw(`ALGORITHM=${dress.algorithm}, LOCK=NONE`),
  ];
  return ddl.sql`ALTER TABLE ${tableSql(ddl, key.child, place)} ${ddl.join(parts)}`;
}

/** The indexes that may have been made for the key: over exactly its columns, not unique. */
export function madeFor(key: ForeignKey, child: Table | null): readonly string[] {
  const columns = key.columns.map((column) => column.toLowerCase());
  const fits = (own: readonly (string | null)[]): boolean =>
    own.length === columns.length && own.every((column, at) => column?.toLowerCase() === columns[at]);
  return (child?.indexes ?? [])
    .filter((index) => !index.unique && fits(index.columns))
    .map((index) => index.name);
}

/** A scalar subquery: the name under which a key over these columns stands here, first those the route knows; NULL for none. */
export function nameHereSql(dress: SqlVariant, route: SwapPlan, place: SchemaContext): Fragment {
  const { ddl, exactTables } = dress;
  const { key } = route;
  const parentSchema = schemaSql(ddl, key.parent.schema, place);
  const count = ddl.raw(String(key.columns.length));
  const tuples = key.columns.map((column, at) => {
    const values = [
      ddl.literal(column),
      parentSchema,
      ddl.literal(key.parent.name),
      ddl.literal(key.parentColumns[at] ?? ''),
    ];
    return ddl.sql`(${ddl.raw(String(at + 1))}, ${ddl.join(values)})`;
  });
  const parentName = ddl.raw(exactTables ? 'BINARY k.REFERENCED_TABLE_NAME' : 'k.REFERENCED_TABLE_NAME');
  const known = [...new Set(route.standings.map((standing) => standing.name))];
  const order = known.map((name) => ddl.sql`k.CONSTRAINT_NAME = ${ddl.literal(name)} DESC`);
  return ddl.sql`(SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = ${schemaSql(ddl, key.child.schema, place)} AND k.TABLE_NAME = ${ddl.literal(key.child.name)} AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = ${count} AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, ${parentName}, k.REFERENCED_COLUMN_NAME)
    IN (${ddl.join(tuples)})) = ${count}
  ORDER BY ${ddl.join(order)} LIMIT 1)`;
}

/** A scalar subquery: both actions of the key whose name `variable` holds. Two views of one server may differ in collation, so one is said on both sides (error 1267 on MariaDB 11.8 and MySQL 9.7). */
export function ruleHereSql(ddl: Ddl, key: ForeignKey, place: SchemaContext, variable: string): Fragment {
  return ddl.sql`(SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = ${schemaSql(ddl, key.child.schema, place)} AND r.TABLE_NAME = ${ddl.literal(key.child.name)} AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(${ddl.raw(variable)} USING utf8mb4) COLLATE utf8mb4_general_ci)`;
}

/** An expression over two variables: `old`, `half`, `new` or `other`. */
export function stateSql(ddl: Ddl, route: SwapPlan, name: string, rule: string): Fragment {
  const branches = route.standings.map((standing) => {
    const rules = standing.actions.map((action) =>
      ddl.raw(`'ON DELETE ${action} ON UPDATE ${route.key.onUpdate}'`),
    );
    return ddl.sql`WHEN ${ddl.raw(name)} = ${ddl.literal(standing.name)} AND ${ddl.raw(rule)} IN (${ddl.join(rules)}) THEN ${ddl.raw(`'${standing.state}'`)}`;
  });
  return ddl.sql`CASE ${ddl.join(branches, ' ')} ELSE 'other' END`;
}

/** An expression: what to say when the key is in none of the known states. The servers cut messages at 128 characters, so what was found comes first. */
export function messageSql(name: string, rule: string): string {
  return `CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(${name}, ' ', ${rule}), 'missing'))`;
}

/** Counts rows that point to no parent: MATCH SIMPLE, so a row with any NULL points nowhere by right. */
export function orphanCountSql(ddl: Ddl, key: ForeignKey, place: SchemaContext): Fragment {
  const label = `orphans: ${oneLine(localText(key, place))}`.slice(0, 250).trimEnd();
  const pairs = key.columns.map(
    (column, at) => [ddl.id(column), ddl.id(key.parentColumns[at] ?? '')] as const,
  );
  const on = pairs.map(([child, parent]) => ddl.sql`parent_row.${parent} = child_row.${child}`);
  const set = pairs.map(([child]) => ddl.sql`child_row.${child} IS NOT NULL`);
  const [first] = pairs;
  const missing = first === undefined ? ddl.raw('FALSE') : ddl.sql`parent_row.${first[1]} IS NULL`;
  return ddl.sql`SELECT COUNT(*) AS ${ddl.id(label)} FROM ${tableSql(ddl, key.child, place)} AS child_row
LEFT JOIN ${tableSql(ddl, key.parent, place)} AS parent_row ON ${ddl.join(on, ' AND ')}
WHERE ${ddl.join([...set, missing], ' AND ')}`;
}

export function exclusive(table: TableName): Lock {
  return { mode: 'metadata EXCLUSIVE', table, blocks: 'reads and writes', held: 'for a moment' };
}

/** Counting orphans: what any query takes, for as long as it runs. */
export function countLocks({ child, parent }: ForeignKey): readonly Lock[] {
  return (sameTable(child, parent) ? [child] : [child, parent]).map((table) => ({
    mode: 'metadata SHARED_READ',
    table,
    blocks: 'schema changes',
    held: 'while rows are scanned',
  }));
}
