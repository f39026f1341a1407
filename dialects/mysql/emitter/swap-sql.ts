/** Pieces of SQL that MySQL and MariaDB share: the swap itself, the guard's questions, the orphan count. */
import type { Ddl, Fragment } from '../../sql/ddl.ts';
import type { Emit } from '../../../src/core/contracts/engine.ts';
import { keyText, sameTable } from '../../../src/core/names.ts';
import type {
  Change,
  ForeignKey,
  Lock,
  ReferentialAction,
  Server,
  Side,
  Statement,
  Table,
  TableName,
} from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { actionNow, type AlterStep, type SwapPlan, swapPlans } from './swap-plan.ts';

/** How one engine writes what the other writes differently. */
export interface SqlVariant {
  readonly ddl: Ddl;
  /** `INPLACE` or `NOCOPY`: an error instead of a table copy that would block every writer. */
  readonly algorithm: 'INPLACE' | 'NOCOPY';
  /** ` ON DELETE CASCADE`, or nothing where that is how the engine keeps this action. */
  readonly clause: (event: 'DELETE' | 'UPDATE', action: ReferentialAction) => string;
  /** Whether tables that differ in case alone are told apart by the server but not by its information_schema. */
  readonly exactTables: boolean;
}

/** How statements are written, and where they look for their tables. */
export interface SchemaContext extends SqlVariant {
  readonly schema: SchemaIndex;
  /** The one schema that statements leave out, so that the file runs on shop_dev and shop_prod alike; null: all are written. */
  readonly local: string | null;
}

export interface WrittenStep extends AlterStep {
  readonly alter: Fragment;
}

/** Statements leave the schema out when the plan concerns the session's own database and no other child's. */
function localSchema(changes: readonly Change[], schema: SchemaIndex): string | null {
  const schemas = new Set(changes.map((change) => change.foreignKey.child.schema));
  const [only] = schemas;
  return schemas.size === 1 && only === schema.snapshot.server.settings['database'] ? (only ?? null) : null;
}

/** The steps of a plan, one for each change. @param sideOf writes one direction of it */
export function emitWith(
  variantFor: (server: Server) => SqlVariant,
  sideOf: (context: SchemaContext, plan: SwapPlan) => Side,
): Emit {
  return (changes, { schema }) => {
    const context = { ...variantFor(schema.snapshot.server), schema, local: localSchema(changes, schema) };
    return changes.map((change) => {
      const text = oneLine(localText(context, change.foreignKey));
      const to = change.to.onDelete;
      const isFinish = change.kind === 'finish';
      const { up, down } = swapPlans(change);
      return {
        slug: isFinish ? 'finish' : 'swap',
        title: isFinish
          ? `${text}: finish ON DELETE ${to}`
          : `${text}: ON DELETE ${actionNow(change)} becomes ${to}`,
        keys: [change.foreignKey],
        transaction: null,
        alone: false,
        up: sideOf(context, up),
        down: sideOf(context, down),
      };
    });
  };
}

function tableSql({ ddl, local }: SchemaContext, table: TableName): Fragment {
  return table.schema === local ? ddl.id(table.name) : ddl.table(table);
}

function schemaSql({ ddl, local }: SchemaContext, schema: string): Fragment {
  return schema === local ? ddl.raw('DATABASE()') : ddl.literal(schema);
}

/** The key as the file's reader knows it: without the schema where the file leaves it out. */
export function localText({ local }: SchemaContext, key: ForeignKey): string {
  const strip = (table: TableName): TableName =>
    table.schema === local ? { schema: 'main', name: table.name } : table;
  const { columns, parentColumns } = key;
  return keyText({ columns, parentColumns, child: strip(key.child), parent: strip(key.parent) });
}

/** A comment or title: names may hold line ends, and a file's comments end there. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

/**
 * The steps with the text of their ALTER TABLE. In the first one, renaming an index to its own name clears MySQL's mark "made for this key"; with the mark the
 * swap would drop the index and build it anew, and on MariaDB rename it (measured on 9.7, 10.11, 11.8).
 */
export function alterSteps(context: SchemaContext, plan: SwapPlan): readonly WrittenStep[] {
  const { ddl, algorithm, clause, schema } = context;
  const { key } = plan;
  const indexes = indexesMadeFor(key, schema.table(key.child));
  const renames = indexes.map((name) => ddl.sql`RENAME INDEX ${ddl.id(name)} TO ${ddl.id(name)}`);
  return plan.steps.map((step, at) => {
    const actions = ddl.raw(`${clause('DELETE', step.action)}${clause('UPDATE', key.onUpdate)}`);
    const parts = [
      ...(at === 0 ? renames : []),
      ddl.sql`DROP FOREIGN KEY ${ddl.id(step.drop)}`,
      ddl.sql`ADD CONSTRAINT ${ddl.id(step.add)} FOREIGN KEY (${ddl.ids(key.columns)}) REFERENCES ${tableSql(context, key.parent)} (${ddl.ids(key.parentColumns)})${actions}`,
      ddl.raw(`ALGORITHM=${algorithm}, LOCK=NONE`),
    ];
    return { ...step, alter: ddl.sql`ALTER TABLE ${tableSql(context, key.child)} ${ddl.join(parts)}` };
  });
}

/** The indexes that may have been made for the key: over exactly its columns, not unique. */
function indexesMadeFor(key: ForeignKey, child: Table | null): readonly string[] {
  const columns = key.columns.map((column) => column.toLowerCase());
  const fits = (own: readonly (string | null)[]): boolean =>
    own.length === columns.length && own.every((column, at) => column?.toLowerCase() === columns[at]);
  return (child?.indexes ?? [])
    .filter((index) => !index.unique && fits(index.columns))
    .map((index) => index.name);
}

/** A scalar subquery: the name of a key over these columns in this database, first those that the plan knows; NULL for none. */
export function currentNameSql(context: SchemaContext, plan: SwapPlan): Fragment {
  const { ddl } = context;
  const { key } = plan;
  const parentSchema = schemaSql(context, key.parent.schema);
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
  const parentName = ddl.raw(
    context.exactTables ? 'BINARY k.REFERENCED_TABLE_NAME' : 'k.REFERENCED_TABLE_NAME',
  );
  const known = [...new Set(plan.states.map(({ name }) => name))];
  const order = known.map((name) => ddl.sql`k.CONSTRAINT_NAME = ${ddl.literal(name)} DESC`);
  return ddl.sql`(SELECT k.CONSTRAINT_NAME FROM information_schema.KEY_COLUMN_USAGE AS k
  WHERE k.TABLE_SCHEMA = ${schemaSql(context, key.child.schema)} AND k.TABLE_NAME = ${ddl.literal(key.child.name)} AND k.REFERENCED_TABLE_NAME IS NOT NULL
  GROUP BY k.CONSTRAINT_NAME
  HAVING COUNT(*) = ${count} AND SUM((k.ORDINAL_POSITION, k.COLUMN_NAME, k.REFERENCED_TABLE_SCHEMA, ${parentName}, k.REFERENCED_COLUMN_NAME)
    IN (${ddl.join(tuples)})) = ${count}
  ORDER BY ${ddl.join(order)} LIMIT 1)`;
}

/**
 * A scalar subquery: both actions of the key whose name `variable` holds. Two views of one server may differ in collation, so one is named on
 * both sides (error 1267 on MariaDB 11.8 and MySQL 9.7).
 */
export function currentRuleSql(context: SchemaContext, key: ForeignKey, variable: string): Fragment {
  const { ddl } = context;
  return ddl.sql`(SELECT CONCAT('ON DELETE ', r.DELETE_RULE, ' ON UPDATE ', r.UPDATE_RULE) FROM information_schema.REFERENTIAL_CONSTRAINTS AS r
  WHERE r.CONSTRAINT_SCHEMA = ${schemaSql(context, key.child.schema)} AND r.TABLE_NAME = ${ddl.literal(key.child.name)} AND CONVERT(r.CONSTRAINT_NAME USING utf8mb4) COLLATE utf8mb4_general_ci = CONVERT(${ddl.raw(variable)} USING utf8mb4) COLLATE utf8mb4_general_ci)`;
}

/** An expression over two variables: `old`, `half`, `new` or `other`. */
export function stateSql({ ddl }: SchemaContext, plan: SwapPlan, name: string, rule: string): Fragment {
  const branches = plan.states.map((state) => {
    const rules = state.actions.map((action) =>
      ddl.raw(`'ON DELETE ${action} ON UPDATE ${plan.key.onUpdate}'`),
    );
    return ddl.sql`WHEN ${ddl.raw(name)} = ${ddl.literal(state.name)} AND ${ddl.raw(rule)} IN (${ddl.join(rules)}) THEN ${ddl.raw(`'${state.state}'`)}`;
  });
  return ddl.sql`CASE ${ddl.join(branches, ' ')} ELSE 'other' END`;
}

/** An expression: the message for a key in an unexpected state. The servers cut messages at 128 characters, so what was found comes first. */
export function messageSql(name: string, rule: string): string {
  return `CONCAT('ondelete changed nothing; this key is here: ', COALESCE(CONCAT(${name}, ' ', ${rule}), 'missing'))`;
}

/** Counts rows that point to no parent; by MATCH SIMPLE a row with any NULL is no orphan. @param before what stands in front of the SELECT */
export function orphanCount(context: SchemaContext, key: ForeignKey, before: string): Statement {
  const { ddl } = context;
  const label = `orphans: ${oneLine(localText(context, key))}`.slice(0, 250).trimEnd();
  const pairs = key.columns.map(
    (column, at) => [ddl.id(column), ddl.id(key.parentColumns[at] ?? '')] as const,
  );
  const on = pairs.map(([child, parent]) => ddl.sql`parent_row.${parent} = child_row.${child}`);
  const set = pairs.map(([child]) => ddl.sql`child_row.${child} IS NOT NULL`);
  const [first] = pairs;
  const missing = first === undefined ? ddl.raw('FALSE') : ddl.sql`parent_row.${first[1]} IS NULL`;
  const comment = oneLine(`Count orphaned rows of ${key.child.name}; they are reported, not changed.`);
  const sql =
    ddl.text(ddl.sql`${ddl.raw(before)}SELECT COUNT(*) AS ${ddl.id(label)} FROM ${tableSql(context, key.child)} AS child_row
LEFT JOIN ${tableSql(context, key.parent)} AS parent_row ON ${ddl.join(on, ' AND ')}
WHERE ${ddl.join([...set, missing], ' AND ')}`);
  // What any query takes, for as long as it runs.
  const locks = (sameTable(key.child, key.parent) ? [key.child] : [key.child, key.parent]).map(
    (table): Lock => ({
      mode: 'metadata SHARED_READ',
      table,
      blocks: 'schema changes',
      held: 'while rows are scanned',
    }),
  );
  return { sql, comment, work: [{ sql, comment, locks, scans: [key.child] }] };
}

export function exclusive(table: TableName): Lock {
  return { mode: 'metadata EXCLUSIVE', table, blocks: 'reads and writes', held: 'for a moment' };
}
