// One database that is hurt round after round: how it was, how it has to be in policy, and the files that lead there and back.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseUnderTest, type Engine, openScratch, openSqlite } from '../support/database.ts';
import { type CliResult, kyselyRunner } from '../support/cli.ts';
import type { TestServer } from '../servers/index.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { type CommandName, startCommands } from './command.ts';
import { configText, type Relationship, relationshipsOf, schemaSql } from './schema.ts';

export type Side = 'old' | 'new';
export const otherSide = (side: Side): Side => (side === 'old' ? 'new' : 'old');

/** The database on one side, in words that must come out again. */
export interface Likeness {
  readonly snapshot: string;
  readonly catalog: Catalog;
}

export interface Place {
  readonly id: string;
  readonly engine: Engine;
  readonly server: TestServer | null;
  readonly database: DatabaseUnderTest;
  readonly folder: string;
  readonly relationships: readonly Relationship[];
  readonly rows: string;
  readonly likeness: Readonly<Record<Side, Likeness>>;
  /** The file that leads to a side, and how long a whole run of it takes. */
  readonly file: Readonly<Record<Side, { readonly text: string; readonly milliseconds: number }>>;
  /** Kysely's files, or null where no round asks for them. */
  readonly kysely: {
    readonly folder: string;
    readonly options: readonly string[];
    readonly milliseconds: number;
  } | null;
  query: DatabaseUnderTest['query'];
  /** Runs a command with the policy of a side. */
  ask(name: CommandName, side: Side, args?: Readonly<Record<string, unknown>>): Promise<CliResult>;
  rowsNow(): Promise<string>;
  close(): Promise<void>;
}

export interface PlaceOptions {
  readonly server: TestServer | null;
  readonly kysely?: boolean;
  /** SQLite only. */
  readonly journal?: 'delete' | 'wal';
}

/** Makes the database, lets ondelete write the files, and runs them there and back once to see how each side looks. */
export async function openPlace({
  server,
  kysely = false,
  journal = 'delete',
}: PlaceOptions): Promise<Place> {
  const database = server === null ? await openSqlite() : await openScratch(server);
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-chaos-'));
  const { engine } = database;
  const commands = startCommands();
  const close = async (): Promise<void> => {
    commands.stop();
    rmSync(folder, { recursive: true, force: true });
    await database.drop();
  };
  try {
    if (engine === 'sqlite') await database.client(`PRAGMA journal_mode = ${journal};`);
    await expectSuccess('the schema', database.client(schemaSql(engine)));
    const relationships = relationshipsOf(engine);
    const tables = [...new Set(relationships.flatMap(({ child, parent }) => [child, parent]))];
    const schema = engine === 'postgres' ? 'public' : new URL(database.url, 'file:').pathname.slice(1);
    const rowsNow = (): Promise<string> => database.rows(tables.map((name) => ({ schema, name })));
    const query = queryThrough(database);
    for (const side of ['old', 'new'] as const)
      writeFileSync(
        join(folder, `${side}.json`),
        configText(engine, side, database.url, 'sql', 'migrations'),
      );
    const ask: Place['ask'] = (name, side, args = {}) =>
      commands.run(name, { config: join(folder, `${side}.json`), ...args }, folder);
    const likenessNow = async (): Promise<Likeness> => ({
      snapshot: (await expectSuccess('snapshot', ask('snapshot', 'old'))).stdout,
      catalog: await readCatalog(query, engine),
    });

    const rows = await rowsNow();
    await expectSuccess('generate', ask('generate', 'new', { name: 'chaos' }));
    const text = (direction: string): string => {
      const out = join(folder, 'migrations');
      const files = readdirSync(out).filter((file) => file.endsWith(`.${direction}.sql`));
      return files.map((file) => readFileSync(join(out, file), 'utf8')).join('');
    };
    const old = await likenessNow();
    const up = await timed(() => expectSuccess('the up file', database.client(text('up'))));
    await expectSuccess('diff', ask('diff', 'new'));
    const next = await likenessNow();
    await expectSuccess('generate', ask('generate', 'old', { name: 'chaos', out: 'migrations-old' }));
    const down = await timed(() => expectSuccess('the down file', database.client(text('down'))));
    const file = {
      new: { text: text('up'), milliseconds: up },
      old: { text: text('down'), milliseconds: down },
    };
    const place = {
      id: server === null ? `sqlite (${journal})` : database.id,
      engine,
      server,
      database,
      folder,
      relationships,
      rows,
      likeness: { old, new: next },
      file,
      query,
      ask,
      rowsNow,
      close,
    };
    return { ...place, kysely: kysely ? await kyselyFiles(place, ask) : null };
  } catch (error) {
    await close();
    throw error;
  }
}

/** After a kill the first word on an old session fails, and the next opens a new one. */
function queryThrough(database: DatabaseUnderTest): DatabaseUnderTest['query'] {
  return async (sql) => {
    try {
      return await database.query(sql);
    } catch {
      return database.query(sql);
    }
  };
}

async function kyselyFiles(
  place: Omit<Place, 'kysely'>,
  ask: Place['ask'],
): Promise<NonNullable<Place['kysely']>> {
  const folder = join(place.folder, 'kysely');
  mkdirSync(folder);
  const allow = place.engine === 'sqlite' ? { allow: ['TABLE_REBUILD'] } : {};
  await expectSuccess(
    'generate for Kysely',
    ask('generate', 'new', { name: 'chaos', tool: 'kysely', out: folder, ...allow }),
  );
  const options = [place.engine === 'postgres' ? 'each' : 'latest'];
  const milliseconds = await timed(() =>
    expectSuccess(
      'Kysely up',
      kyselyRunner(['kysely', place.database.url, folder, ...options], { cwd: place.folder }),
    ),
  );
  await kyselyDown({ ...place, kysely: { folder, options, milliseconds } });
  return { folder, options, milliseconds };
}

/** Back to the old side with Kysely's own Migrator, whose tables go as well. */
export async function kyselyDown(place: Place): Promise<void> {
  const direction = place.engine === 'postgres' ? 'each-down' : 'none';
  const words = ['kysely', place.database.url, place.kysely?.folder ?? '', direction, 'forget'];
  await expectSuccess('Kysely down', kyselyRunner(words, { cwd: place.folder }));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

export async function expectSuccess(what: string, work: Promise<CliResult>): Promise<CliResult> {
  const result = await work;
  if (result.code !== 0)
    throw new Error(
      `${what} ended with ${result.code}: ${(result.stderr + result.stdout).trim().slice(0, 1500)}`,
    );
  return result;
}
