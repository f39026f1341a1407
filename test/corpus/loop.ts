// The closed loop over one dump: every key it can have is changed to an action and back, with real files and the real client.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ondelete } from '../support/cli.ts';
import type { DatabaseUnderTest } from '../support/database.ts';

export interface LoopResult {
  readonly action: string;
  readonly changed: number;
  readonly refused: number;
  readonly kept: number;
  /** Null when the loop closed; else where it broke. */
  readonly failure: string | null;
}

interface Snapshot {
  readonly foreignKeys: readonly { readonly onDelete: string; readonly onDeleteColumns: unknown }[];
  readonly tables: readonly { readonly schema: string; readonly name: string }[];
}

interface DryRun {
  readonly changes: readonly unknown[];
  readonly refused: readonly RefusedKey[];
}

interface RefusedKey {
  readonly constraint: string | null;
  readonly child: { readonly schema: string; readonly name: string };
  readonly columns: readonly string[];
  readonly parent: { readonly schema: string; readonly name: string };
}

/** Asks for `action` on every key, applies, checks, reverts, compares. The database is as before when the loop closed. */
export async function closeLoop(database: DatabaseUnderTest, action: string): Promise<LoopResult> {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-corpus-'));
  const result = { action, changed: 0, refused: 0, kept: 0 };
  try {
    const out = join(folder, 'migrations');
    mkdirSync(out);
    const call = (words: readonly string[], expected: readonly number[]): Promise<string> =>
      expectCode(folder, words, expected);
    const before = await snapshot(database, folder);
    const tables = (JSON.parse(before) as Snapshot).tables;
    const rows = await database.rows(tables);

    writeConfig(folder, database, action, []);
    const wanted = JSON.parse(await call(['generate', '--dry-run', '--format', 'json'], [0, 2])) as DryRun;
    writeConfig(folder, database, action, wanted.refused);
    const keys = (JSON.parse(before) as Snapshot).foreignKeys.length;
    Object.assign(result, {
      changed: wanted.changes.length,
      refused: wanted.refused.length,
      kept: keys - wanted.changes.length - wanted.refused.length,
    });
    if (wanted.changes.length === 0) return { ...result, failure: null };

    await call(['diff'], [1]);
    await call(['generate', 'corpus'], [0]);
    const files = readdirSync(out);
    await call(['generate', 'corpus'], [0]);
    if (readdirSync(out).length !== files.length) throw new Error('a second generate wrote files again');
    await apply(database, out, '.up.sql');
    await call(['diff'], [0]);
    onlyActionsDiffer(before, await snapshot(database, folder));
    await apply(database, out, '.up.sql');
    await call(['diff'], [0]);
    await apply(database, out, '.down.sql');
    if ((await snapshot(database, folder)) !== before)
      throw new Error('the snapshot after down is another one');
    await apply(database, out, '.down.sql');
    if ((await snapshot(database, folder)) !== before)
      throw new Error('the snapshot after a second down is another one');
    if ((await database.rows(tables)) !== rows) throw new Error('rows have changed');
    return { ...result, failure: null };
  } catch (error) {
    return {
      ...result,
      failure: error instanceof Object && 'message' in error ? String(error.message) : String(error),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function expectCode(
  folder: string,
  words: readonly string[],
  expected: readonly number[],
): Promise<string> {
  const { code, stdout, stderr } = await ondelete(words, { cwd: folder });
  if (code === null || !expected.includes(code)) {
    throw new Error(
      `ondelete ${words.join(' ')} ended with ${code}: ${(stderr || stdout).trim().slice(-1500)}`,
    );
  }
  return stdout;
}

/** Refused keys are kept by rules of their own; everything else is asked for by the default. */
function writeConfig(
  folder: string,
  database: DatabaseUnderTest,
  action: string,
  refused: readonly RefusedKey[],
): void {
  const literal = (name: string): string => `"${name.replaceAll('"', '""')}"`;
  const rules = refused.map((key) => ({
    match: `${literal(key.child.schema)}.${literal(key.child.name)}(${key.columns.map(literal).join(', ')}) -> ${literal(key.parent.schema)}.${literal(key.parent.name)}`,
    ...(key.constraint === null ? {} : { constraint: key.constraint }),
    onDelete: 'keep',
  }));
  const config = {
    database: database.url,
    tool: 'sql',
    out: 'migrations',
    policy: { default: action, rules },
  };
  writeFileSync(join(folder, 'ondelete.config.json'), JSON.stringify(config, null, 2));
}

async function snapshot(database: DatabaseUnderTest, folder: string): Promise<string> {
  return expectCode(folder, ['snapshot', '--database', database.url], [0]);
}

async function apply(database: DatabaseUnderTest, out: string, end: string): Promise<void> {
  const files = readdirSync(out)
    .filter((file) => file.endsWith(end))
    .sort();
  for (const file of end === '.down.sql' ? files.reverse() : files) {
    const { code, stdout, stderr } = await database.client(readFileSync(join(out, file), 'utf8'));
    if (code !== 0)
      throw new Error(`${file} failed with ${code}: ${(stderr || stdout).trim().slice(0, 1500)}`);
  }
}

/** Everything but ON DELETE is as before (SQLite's stored text holds the clause, so it is left out of the comparison). */
function onlyActionsDiffer(before: string, after: string): void {
  const rest = (text: string): string => {
    const { foreignKeys, tables, ...others } = JSON.parse(text) as Snapshot & Record<string, unknown>;
    const keys = foreignKeys.map((key) => ({ ...key, onDelete: null, onDeleteColumns: null }));
    return JSON.stringify({
      ...others,
      keys,
      tables: tables.map((table) => ({ ...table, definition: null })),
    });
  };
  if (rest(before) !== rest(after)) throw new Error('more than ON DELETE has changed');
}
