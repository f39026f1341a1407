// Part of migrations for connections that may not edit stored texts: it imports nothing and is copied into the file as it stands.

type RebuildRow = Readonly<Record<string, unknown>>;
type RebuildExecute = (statement: string) => Promise<readonly RebuildRow[]>;

interface RebuildArgument {
  /** Tables with more rows are refused; -1 for no bound. */
  readonly maximumRows: number;
  /** Statements that find the keys, stop unless each is as it was or as it shall be, and leave the new texts in temp.ondelete_text. */
  readonly find: readonly string[];
}

interface RebuildTable {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Changes ON DELETE by building each table anew: its rows are kept aside, the table is dropped and made again under its own
 * name from its own text with the clauses changed, and the rows come back. With foreign_keys off nothing cascades; where they
 * cannot be switched off, in a transaction, nothing is begun. Each table is one transaction.
 */
export async function rebuildTables(execute: RebuildExecute, argument: RebuildArgument, cause: unknown): Promise<void> {
  await execute('PRAGMA writable_schema = OFF');
  try {
    for (const statement of argument.find) await execute(statement);
    await rebuildChanged(execute, argument.maximumRows, cause);
  } finally {
    await execute('DROP VIEW IF EXISTS temp.ondelete_fact');
    for (const name of ['text', 'expected', 'key']) await execute(`DROP TABLE IF EXISTS temp.ondelete_${name}`);
  }
}

/** Rebuilds the tables whose text has to change, if none of them is too large. */
async function rebuildChanged(execute: RebuildExecute, maximumRows: number, cause: unknown): Promise<void> {
  const changed = await execute(
    'SELECT name, m.sql AS before, made.sql AS after FROM temp.ondelete_text AS made JOIN main.sqlite_master AS m ON m.rowid = made.stored WHERE made.sql <> m.sql ORDER BY made.number',
  );
  const tables = changed.map((row): RebuildTable => ({ name: String(row['name']), before: String(row['before']), after: String(row['after']) }));
  for (const { name } of tables) await rebuildCheckSize(execute, name, maximumRows, cause);
  if (tables.length === 0) return;
  const settings = ['foreign_keys', 'ignore_check_constraints'];
  const found: (readonly [string, unknown])[] = [];
  for (const setting of settings) found.push([setting, await rebuildPragma(execute, setting)]);
  try {
    await execute('PRAGMA foreign_keys = OFF');
    if (Number(await rebuildPragma(execute, 'foreign_keys')) !== 0) {
      throw new Error('ondelete: nothing was changed, because foreign_keys cannot be switched off here: run this migration outside a transaction');
    }
    // Rows are moved, not judged: one that a CHECK would refuse today was there before and stays.
    await execute('PRAGMA ignore_check_constraints = ON');
    for (const table of tables) await rebuildInTransaction(execute, table);
  } finally {
    for (const [setting, value] of found) await execute(`PRAGMA ${setting} = ${Number(value) === 0 ? 'OFF' : 'ON'}`);
  }
}

async function rebuildInTransaction(execute: RebuildExecute, table: RebuildTable): Promise<void> {
  // Fails in an open transaction, before anything is changed.
  await execute('BEGIN IMMEDIATE');
  try {
    await rebuildTable(execute, table);
    await execute('COMMIT');
  } catch (error) {
    await execute('ROLLBACK').catch(() => []);
    throw error;
  }
}

async function rebuildTable(execute: RebuildExecute, { name, before, after }: RebuildTable): Promise<void> {
  const isNamed = `tbl_name = ${rebuildText(name)} COLLATE NOCASE`;
  const [stored] = await execute(`SELECT sql FROM main.sqlite_master WHERE type = 'table' AND ${isNamed}`);
  if (stored?.['sql'] !== before) throw new Error(`ondelete: ${name} was not changed, because somebody else has just changed it: run this again`);
  const [shadow] = await execute(`SELECT name FROM temp.sqlite_master WHERE name = ${rebuildText(name)} COLLATE NOCASE OR ${isNamed}`);
  if (shadow !== undefined) throw new Error(`ondelete: nothing was changed, because a temporary object hides ${name} or belongs to it`);
  const around = await execute(
    `SELECT type, sql FROM main.sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND ${isNamed} ORDER BY type, rowid`,
  );
  const orphans = await rebuildOrphans(execute, name);
  const columns = await rebuildColumns(execute, name);
  const places = columns.map((_, index) => `c${index}`).join(', ');
  await execute(`CREATE TABLE temp.ondelete_rows (${places})`);
  await execute(`INSERT INTO temp.ondelete_rows SELECT ${columns.join(', ')} FROM main.${rebuildName(name)}`);
  const restore = await rebuildKeepAside(execute, name);
  await execute(`DROP TABLE main.${rebuildName(name)}`);
  await execute(after);
  await execute(`INSERT INTO main.${rebuildName(name)} (${columns.join(', ')}) SELECT ${places} FROM temp.ondelete_rows ORDER BY rowid`);
  await rebuildExpect(execute, `(SELECT count(*) FROM temp.ondelete_rows) = (SELECT count(*) FROM main.${rebuildName(name)})`, name);
  for (const object of around) await execute(String(object['sql']));
  for (const statement of restore) await execute(statement);
  await execute('DROP TABLE temp.ondelete_rows');
  const isOwn = `WHERE child = ${rebuildText(name)} COLLATE NOCASE`;
  const [expected, now] = [`SELECT * FROM temp.ondelete_expected ${isOwn}`, `SELECT * FROM temp.ondelete_fact ${isOwn}`];
  await rebuildExpect(execute, `NOT EXISTS (${expected} EXCEPT ${now}) AND NOT EXISTS (${now} EXCEPT ${expected})`, name);
  await rebuildExpect(execute, `${rebuildText(orphans)} = ${rebuildText(await rebuildOrphans(execute, name))}`, name);
}

async function rebuildCheckSize(execute: RebuildExecute, table: string, maximumRows: number, cause: unknown): Promise<void> {
  if (maximumRows < 0) return;
  const more = await execute(`SELECT 1 AS more FROM main.${rebuildName(table)} LIMIT 1 OFFSET ${maximumRows}`);
  if (more.length === 0) return;
  const why = typeof cause === 'object' && cause !== null && 'message' in cause ? String(cause.message) : String(cause);
  throw new Error(
    `ondelete: nothing was changed, because this connection may not edit the schema (${why}) and ${table} has more than ${maximumRows} rows, too many to copy unasked: ` +
      'turn on unsafeMode of better-sqlite3 (docs/kysely.md), or write the migration with --allow TABLE_REBUILD',
    { cause },
  );
}

/** The columns that hold data, quoted, after a name of the rowid where one can be seen. */
async function rebuildColumns(execute: RebuildExecute, name: string): Promise<readonly string[]> {
  const rows = await execute(`SELECT name, hidden FROM pragma_table_xinfo(${rebuildText(name)}, 'main') ORDER BY cid`);
  const taken = rows.map((row) => String(row['name']).toLowerCase());
  const alias = ['rowid', '_rowid_', 'oid'].find((candidate) => !taken.includes(candidate));
  const hasRowid = alias !== undefined && (await execute(`SELECT ${alias} FROM main.${rebuildName(name)} LIMIT 0`).then(() => true, () => false));
  return [...(hasRowid ? [alias] : []), ...rows.filter((row) => Number(row['hidden']) === 0).map((row) => rebuildName(String(row['name'])))];
}

/** Keeps the rows of sqlite_sequence and the statistics that go with the table, and says how to bring them back. */
async function rebuildKeepAside(execute: RebuildExecute, name: string): Promise<readonly string[]> {
  const restore: string[] = [];
  const found = await execute("SELECT name FROM main.sqlite_master WHERE name IN ('sqlite_sequence', 'sqlite_stat1', 'sqlite_stat3', 'sqlite_stat4') ORDER BY name");
  for (const row of found) {
    const kept = String(row['name']);
    const isOwn = `${kept === 'sqlite_sequence' ? 'name' : 'tbl'} = ${rebuildText(name)}`;
    await execute(`CREATE TABLE temp.ondelete_${kept} AS SELECT * FROM main.${kept} WHERE ${isOwn}`);
    restore.push(
      `DELETE FROM main.${kept} WHERE ${isOwn}`,
      `INSERT INTO main.${kept} SELECT * FROM temp.ondelete_${kept} ORDER BY rowid`,
      `DROP TABLE temp.ondelete_${kept}`,
    );
  }
  return restore;
}

/** How many rows violate each key; empty where a key is so broken that SQLite cannot tell. */
async function rebuildOrphans(execute: RebuildExecute, name: string): Promise<string> {
  const query = `SELECT parent, fkid, count(*) AS rows FROM pragma_foreign_key_check(${rebuildText(name)}, 'main') GROUP BY parent, fkid ORDER BY fkid`;
  return JSON.stringify(await execute(query).catch(() => []));
}

async function rebuildExpect(execute: RebuildExecute, condition: string, table: string): Promise<void> {
  const [row] = await execute(`SELECT ${condition} AS same`);
  if (Number(row?.['same']) !== 1) throw new Error(`ondelete: nothing was changed, because ${table} would not have come back as it was`);
}

async function rebuildPragma(execute: RebuildExecute, name: string): Promise<unknown> {
  const [row] = await execute(`PRAGMA ${name}`);
  return row === undefined ? 0 : Object.values(row)[0];
}

function rebuildName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function rebuildText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
