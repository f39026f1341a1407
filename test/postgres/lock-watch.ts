// Runs one direction of a plan statement by statement and tells, after each, the locks that PostgreSQL says the transaction holds,
// beside those that the statements so far declare.
import { tableId } from '../../src/core/names.ts';
import type { Lock, Statement, Step, TableName } from '../../src/core/model.ts';
import type { Session } from '../servers/index.ts';
import { type Direction, inOrder, type Lab } from './lab.ts';

/** The engine's modes, weakest first: https://www.postgresql.org/docs/current/explicit-locking.html */
const modes = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
];

/** What stood after one statement; the lines are sorted. */
interface Seen {
  readonly statement: string;
  /** `shop.items: ACCESS EXCLUSIVE`, the strongest mode of each table. */
  readonly locks: readonly string[];
  /** Tables whose rows were read by this statement. */
  readonly read: readonly string[];
}

export interface Watched {
  readonly declared: readonly Seen[];
  readonly observed: readonly Seen[];
}

export interface Watch {
  run(steps: readonly Step[], direction: Direction): Promise<Watched>;
  /** What the modes met so far let another session do, and what they declare: `MODE: blocks …`, sorted. */
  blocks(): { readonly declared: readonly string[]; readonly observed: readonly string[] };
}

/** @param role who runs the plan; the superuser unless told */
export async function openWatch(lab: Lab, role = 'NONE'): Promise<Watch> {
  const worker = await lab.session();
  const observer = await lab.session();
  await worker.query(`SET ROLE ${role}`);
  // Whoever looks must not come to wait for what is looked at.
  await observer.query("SET lock_timeout = '1s'");
  const [{ pid } = {}] = await worker.query('SELECT pg_backend_pid() AS pid');
  const declaredBlocks = new Set<string>();
  const observedBlocks = new Map<string, Lock['blocks']>();

  /** The relations that a declared lock names; from the catalog alone, because pg_partition_tree would wait for their locks. */
  async function relationsOf({ table, partitions }: Lock): Promise<readonly TableName[]> {
    if (table === null) return [];
    if (partitions === undefined) return [table];
    const rows = await observer.query(
      `WITH RECURSIVE tree AS (
         SELECT format('%I.%I', $1::text, $2::text)::regclass::oid AS id, 0 AS level
         UNION ALL SELECT inhrelid, level + 1 FROM pg_inherits JOIN tree ON inhparent = id)
       SELECT n.nspname AS schema, c.relname AS name FROM tree JOIN pg_class c ON c.oid = id JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE $3 = 'too' OR ($3 = 'only' AND level > 0) OR ($3 = 'leaves' AND c.relkind <> 'p')`,
      [table.schema, table.name, partitions],
    );
    return rows.map(tableOf);
  }

  /** The strongest mode that the worker holds on each table. */
  async function held(): Promise<ReadonlyMap<string, string>> {
    const rows = await observer.query(
      `SELECT n.nspname AS schema, c.relname AS name, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE l.pid = $1 AND l.locktype = 'relation' AND l.granted AND c.relkind IN ('r', 'p')
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND nspname !~ '^pg_' AND nspname <> 'information_schema'`,
      [pid],
    );
    const strongest = new Map<string, string>();
    for (const row of rows) add(strongest, tableOf(row), modeOf(String(row['mode'])));
    return strongest;
  }

  /** How many rows the worker's transaction has read of each table; PostgreSQL counts them for the session itself alone. */
  async function reads(): Promise<ReadonlyMap<string, number>> {
    const rows = await worker.query(
      'SELECT schemaname AS schema, relname AS name, seq_tup_read + coalesce(idx_tup_fetch, 0) AS tuples FROM pg_stat_xact_user_tables',
    );
    return new Map(rows.map((row) => [tableId(tableOf(row)), Number(row['tuples'])]));
  }

  async function tryBlocks(lock: Lock, relation: TableName): Promise<void> {
    declaredBlocks.add(`${lock.mode}: blocks ${lock.blocks}`);
    if (!observedBlocks.has(lock.mode)) observedBlocks.set(lock.mode, await blockedBy(observer, relation));
  }

  async function runStep(step: Step, statements: readonly Statement[]): Promise<Watched> {
    const declared: Seen[] = [];
    const observed: Seen[] = [];
    const expected = new Map<string, string>();
    await worker.query(step.transaction?.begin ?? 'BEGIN');
    for (const statement of statements) {
      const before = await reads();
      await worker.query(statement.sql);
      const after = await reads();
      const locks: { readonly lock: Lock; readonly relations: readonly TableName[] }[] = [];
      for (const lock of statement.operations.flatMap((work) => work.locks))
        locks.push({ lock, relations: await relationsOf(lock) });
      for (const { lock, relations } of locks) for (const table of relations) add(expected, table, lock.mode);
      const holds = await held();
      for (const { lock, relations } of locks) {
        const own = relations.find((table) => holds.get(tableId(table)) === lock.mode);
        if (own !== undefined) await tryBlocks(lock, own);
      }
      const scanned = locks.filter(({ lock }) => lock.held === 'while rows are scanned');
      const heads = await headsOf(observer);
      const named = `${step.slug}: ${statement.comment}`;
      declared.push({
        statement: named,
        locks: lines(expected),
        read: unique(scanned.flatMap(({ lock }) => (lock.table === null ? [] : [text(lock.table)]))),
      });
      const moved = [...after].filter(([id, tuples]) => tuples > (before.get(id) ?? 0));
      observed.push({
        statement: named,
        locks: lines(holds),
        read: unique(moved.map(([id]) => heads.get(id) ?? textOfId(id))),
      });
    }
    await worker.query(step.transaction?.commit ?? 'COMMIT');
    return { declared, observed };
  }

  return {
    async run(steps, direction) {
      const all: Watched[] = [];
      for (const { step, side } of inOrder(steps, direction))
        if (side.kind === 'run') all.push(await runStep(step, [...side.statements, ...side.always]));
      return {
        declared: all.flatMap(({ declared }) => declared),
        observed: all.flatMap(({ observed }) => observed),
      };
    },
    blocks: () => ({
      declared: [...declaredBlocks].sort(),
      observed: [...observedBlocks].map(([mode, blocks]) => `${mode}: blocks ${blocks}`).sort(),
    }),
  };
}

/** What somebody else cannot do meanwhile, by trial. */
async function blockedBy(other: Session, { schema, name }: TableName): Promise<Lock['blocks']> {
  const table = `${quote(schema)}.${quote(name)}`;
  if (await waits(other, `SELECT FROM ${table} LIMIT 1`)) return 'reads and writes';
  if (await waits(other, `INSERT INTO ${table} SELECT * FROM ${table} WHERE false`)) return 'writes';
  const changes = await waits(other, `ALTER TABLE ${table} ADD COLUMN one_more int`);
  return changes ? 'schema changes' : 'nothing';
}

async function waits(other: Session, sql: string): Promise<boolean> {
  await other.query("BEGIN; SET LOCAL lock_timeout = '40ms'");
  try {
    await other.query(sql);
    return false;
  } catch (error) {
    if ((error as { code?: string }).code !== '55P03') throw error;
    return true;
  } finally {
    await other.query('ROLLBACK');
  }
}

/** The topmost table of each partition, by the partition: rows of a partitioned table stand in its leaves. */
async function headsOf(observer: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await observer.query(
    `SELECT n.nspname AS schema, c.relname AS name, pn.nspname AS top_schema, p.relname AS top_name
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_class p JOIN pg_namespace pn ON pn.oid = p.relnamespace
      WHERE c.relispartition AND p.oid = pg_partition_root(c.oid)`,
  );
  return new Map(
    rows.map((row) => [tableId(tableOf(row)), `${String(row['top_schema'])}.${String(row['top_name'])}`]),
  );
}

function add(strongest: Map<string, string>, table: TableName, mode: string): void {
  const known = strongest.get(tableId(table));
  if (known === undefined || modes.indexOf(known) < modes.indexOf(mode)) strongest.set(tableId(table), mode);
}

/** `AccessExclusiveLock` → `ACCESS EXCLUSIVE`. */
function modeOf(lock: string): string {
  const mode = lock
    .replace(/Lock$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
  if (!modes.includes(mode)) throw new Error(`a mode of pg_locks that is not known: ${lock}`);
  return mode;
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const text = ({ schema, name }: TableName): string => `${schema}.${name}`;
const textOfId = (id: string): string => id.replace('\0', '.');
const tableOf = (row: Readonly<Record<string, unknown>>): TableName => ({
  schema: String(row['schema']),
  name: String(row['name']),
});
const lines = (strongest: ReadonlyMap<string, string>): readonly string[] =>
  [...strongest].map(([id, mode]) => `${textOfId(id)}: ${mode}`).sort();
const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
