// Part of migrations for connections that may not edit stored texts: it imports nothing and is copied into the file as it stands.

type RebuildRow = Readonly<Record<string, unknown>>;
type RebuildExecute = (statement: string) => Promise<readonly RebuildRow[]>;

interface RebuildEdit {
  /** The key as people read it. */
  readonly key: string;
  readonly columns: readonly string[];
  readonly parent: string;
  /** Null where the key names no parent columns. */
  readonly parentColumns: readonly string[] | null;
  /** Which of the keys with these columns and parent, in the order of the text, and how many there are. */
  readonly position: number;
  readonly twins: number;
  readonly from: string;
  readonly to: string;
  /** The piece of the table's CREATE TABLE text to replace, and what by. */
  readonly before: string;
  readonly after: string;
}

interface RebuildArgument {
  /** Tables with more rows are refused; -1 for no bound. */
  readonly maximumRows: number;
  readonly tables: readonly { readonly table: string; readonly edits: readonly RebuildEdit[] }[];
}

/**
 * Changes ON DELETE by building each table anew: its rows are kept aside, the table is dropped and made again under its own
 * name from its own text with the clause changed, and the rows come back. With foreign_keys off nothing cascades; where they
 * cannot be switched off, in a transaction, nothing is begun. Each table is one transaction.
 */
export async function rebuildTables(execute: RebuildExecute, argument: RebuildArgument, cause: unknown): Promise<void> {
  await execute('PRAGMA writable_schema = OFF');
  const tables: { readonly table: string; readonly edits: readonly RebuildEdit[] }[] = [];
  for (const { table, edits } of argument.tables) {
    const pending = await rebuildPending(execute, table, edits);
    if (pending.length === 0) continue;
    await rebuildCheckSize(execute, table, argument.maximumRows, cause);
    tables.push({ table, edits: pending });
  }
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
    for (const { table, edits } of tables) await rebuildInTransaction(execute, table, edits);
  } finally {
    for (const [setting, value] of found) await execute(`PRAGMA ${setting} = ${Number(value) === 0 ? 'OFF' : 'ON'}`);
  }
}

async function rebuildInTransaction(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<void> {
  // Fails in an open transaction, before anything is changed.
  await execute('BEGIN IMMEDIATE');
  try {
    await rebuildTable(execute, table, edits);
    await execute('COMMIT');
  } catch (error) {
    await execute('ROLLBACK').catch(() => []);
    throw error;
  }
}

async function rebuildTable(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<void> {
  const isNamed = `tbl_name = ${rebuildText(table)} COLLATE NOCASE`;
  const [stored] = await execute(`SELECT name, sql FROM main.sqlite_master WHERE type = 'table' AND ${isNamed}`);
  if (stored === undefined) throw new Error(`ondelete: there is no table ${table}`);
  const name = String(stored['name']);
  const [shadow] = await execute(`SELECT name FROM temp.sqlite_master WHERE name = ${rebuildText(table)} COLLATE NOCASE OR ${isNamed}`);
  if (shadow !== undefined) throw new Error(`ondelete: nothing was changed, because a temporary object hides ${table} or belongs to it`);
  const text = (await rebuildPending(execute, table, edits)).reduce((sql, edit) => rebuildReplace(sql, edit), String(stored['sql']));
  const around = await execute(
    `SELECT type, sql FROM main.sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND ${isNamed} ORDER BY type, rowid`,
  );
  const before = await rebuildFacts(execute, name, edits);
  const orphans = await rebuildOrphans(execute, name);
  const columns = await rebuildColumns(execute, name);
  const places = columns.map((_, index) => `c${index}`).join(', ');
  await execute(`CREATE TABLE temp.ondelete_rows (${places})`);
  await execute(`INSERT INTO temp.ondelete_rows SELECT ${columns.join(', ')} FROM main.${rebuildName(name)}`);
  const restore = await rebuildKeepAside(execute, name);
  await execute(`DROP TABLE main.${rebuildName(name)}`);
  await execute(text);
  await execute(`INSERT INTO main.${rebuildName(name)} (${columns.join(', ')}) SELECT ${places} FROM temp.ondelete_rows ORDER BY rowid`);
  await rebuildExpect(execute, `SELECT (SELECT count(*) FROM temp.ondelete_rows) = (SELECT count(*) FROM main.${rebuildName(name)}) AS same`, table, 'rows');
  for (const object of around) await execute(String(object['sql']));
  for (const statement of restore) await execute(statement);
  await execute('DROP TABLE temp.ondelete_rows');
  const changed = [
    [before, await rebuildFacts(execute, name, edits)],
    [orphans, await rebuildOrphans(execute, name)],
    [edits.map((edit) => edit.to).join(), (await rebuildActions(execute, table, edits)).join()],
  ].some(([expected, now]) => expected !== now);
  if (changed) throw new Error(`ondelete: nothing was changed, because ${table} would not have come back as it was`);
}

/** The edits still to make; throws where a key is neither as it was nor as it shall be, or its text has another shape. */
async function rebuildPending(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<readonly RebuildEdit[]> {
  const actions = await rebuildActions(execute, table, edits);
  const pending = edits.filter((edit, index) => {
    if (actions[index] === edit.to) return false;
    if (actions[index] === edit.from) return true;
    throw new Error(`ondelete: nothing was changed, because ${edit.key} is gone or is neither ${edit.from} nor ${edit.to}`);
  });
  const [stored] = await execute(`SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ${rebuildText(table)} COLLATE NOCASE`);
  pending.reduce((sql, edit) => rebuildReplace(sql, edit), String(stored?.['sql'] ?? ''));
  return pending;
}

/** What each key does now; undefined for one that is not there. */
async function rebuildActions(execute: RebuildExecute, table: string, edits: readonly RebuildEdit[]): Promise<readonly (string | undefined)[]> {
  const rows = await execute(`SELECT * FROM pragma_foreign_key_list(${rebuildText(table)}, 'main') ORDER BY id DESC, seq`);
  const keys = new Map<unknown, RebuildRow[]>();
  for (const row of rows) keys.set(row['id'], [...(keys.get(row['id']) ?? []), row]);
  const fold = (name: unknown): string => String(name).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return edits.map((edit) => {
    const twins = [...keys.values()].filter(
      (key) =>
        key.length === edit.columns.length &&
        key.every(
          (row, seq) =>
            fold(row['table']) === fold(edit.parent) &&
            fold(row['from']) === fold(edit.columns[seq]) &&
            (edit.parentColumns === null ? row['to'] === null : row['to'] !== null && fold(row['to']) === fold(edit.parentColumns[seq])),
        ),
    );
    const action = twins.length === edit.twins ? twins[edit.position]?.[0]?.['on_delete'] : undefined;
    return action === undefined ? undefined : String(action);
  });
}

function rebuildReplace(sql: string, edit: RebuildEdit): string {
  const pieces = sql.split(edit.before);
  const [head, tail] = pieces;
  const runsOn = /[\w$\u0080-\uffff]$/.test(edit.before) && /^[\w$\u0080-\uffff]/.test(tail ?? '');
  if (pieces.length !== 2 || head === undefined || tail === undefined || runsOn) {
    throw new Error(`ondelete: nothing was changed, because the text of ${edit.key} is not what the file was written for`);
  }
  return head + edit.after + tail;
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

/** Columns, indexes and keys as text, the actions of the edited keys left out. */
async function rebuildFacts(execute: RebuildExecute, name: string, edits: readonly RebuildEdit[]): Promise<string> {
  const table = rebuildText(name);
  const columns = await execute(`SELECT * FROM pragma_table_xinfo(${table}, 'main') ORDER BY cid`);
  const indexes = await execute(`SELECT name, "unique", origin, partial FROM pragma_index_list(${table}, 'main') ORDER BY name`);
  const keys = await execute(`SELECT * FROM pragma_foreign_key_list(${table}, 'main') ORDER BY id, seq`);
  const isEdited = (key: RebuildRow): boolean =>
    edits.some((edit) => edit.columns.some((column) => column.toLowerCase() === String(key['from']).toLowerCase()));
  return JSON.stringify([columns, indexes, keys.map((key) => (isEdited(key) ? { ...key, on_delete: null } : key))]);
}

/** How many rows violate each key; empty where a key is so broken that SQLite cannot tell. */
async function rebuildOrphans(execute: RebuildExecute, name: string): Promise<string> {
  const query = `SELECT parent, fkid, count(*) AS rows FROM pragma_foreign_key_check(${rebuildText(name)}, 'main') GROUP BY parent, fkid ORDER BY fkid`;
  return JSON.stringify(await execute(query).catch(() => []));
}

async function rebuildExpect(execute: RebuildExecute, query: string, table: string, what: string): Promise<void> {
  const [row] = await execute(query);
  if (Number(row?.['same']) !== 1) throw new Error(`ondelete: nothing was changed, because ${what} of ${table} would have been lost`);
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
