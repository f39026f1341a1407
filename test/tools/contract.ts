// What every migration tool must do with our files, proven by running the tool itself on every engine that it serves.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type CliResult, ondelete } from '../support/shared-cli.ts';
import { type DatabaseUnderTest, type Engine, enginesUnderTest } from '../support/database.ts';
import type { Shell } from './lines.ts';
import { noteRun } from './matrix.ts';
import { type Generated, openLines, type ToolLines } from './tool-lines.ts';

/** A project of the tool in a folder of its own. */
export interface Project {
  readonly folder: string;
  readonly engine: Engine;
  /** As a URL; a file's path for SQLite. */
  readonly url: string;
}

export interface ToolDriver {
  /** As it is given to --tool. */
  readonly tool: string;
  readonly engines: readonly Engine[];
  /** The version that runs, for the matrix in the docs. */
  readonly version: string;
  /** Fetches the tool into the cache, pinned. @throws Error where it cannot be had */
  install(): Promise<void>;
  /** Writes the tool's configuration for this database. @returns the folder of the migrations, relative to the project's */
  configure(project: Project): string;
  /** A first migration written by hand, as a user of the tool would: its statements make the schema. */
  firstMigration(project: Project, statements: readonly string[]): void | Promise<void>;
  /** Where the lines of docs/tools.md run. The engine's client is there, and DATABASE_URL where the lines name it. */
  shell(project: Project): Shell;
  /** For an engine on which these lines cannot be run on this machine: what is run, as docs/tools.md says it, and how. */
  instead?(engine: Engine): Instead | null;
  /** Around the line that applies files, for what the page leaves to its reader. */
  around?(project: Project, up: () => Promise<CliResult>): Promise<CliResult>;
  /** What people do after a failure before they run the tool again; absent where running it again is all. */
  repair?(project: Project, sh: (line: string) => Promise<CliResult>): Promise<unknown>;
  /** For a tool of a hosted service: its own database in the project's folder instead of the engine's, and what the record calls it. */
  readonly service?: { readonly server: string; open(folder: string): Promise<DatabaseUnderTest> };
  /** Instead of a name with quotes of every kind, where the database cannot take one. */
  readonly oddName?: string;
}

export interface Instead {
  /** After "The tests run": `migrate() of drizzle-orm`. */
  readonly what: string;
  /** Applies all pending migrations. */
  up(project: Project): Promise<CliResult>;
  /** Takes back the last change, all of its files; null where the tool has no way back. */
  readonly down: ((project: Project) => Promise<CliResult>) | null;
}

/** A name with quotes of every kind and letters beyond ASCII, in the engine's own quotes. */
const oddName = `Straße's "1"`;
function quoted(engine: Engine, name: string): string {
  return engine === 'mysql' || engine === 'mariadb'
    ? `\`${name.replaceAll('`', '``')}\``
    : `"${name.replaceAll('"', '""')}"`;
}

/** Every statement by itself; the tool's own way of writing them is the driver's business. */
export function schemaFor(engine: Engine, name = oddName): readonly string[] {
  const odd = quoted(engine, name);
  const key = (name: string, columns: string): string =>
    `CONSTRAINT ${name} FOREIGN KEY (${columns}) REFERENCES`;
  return [
    'CREATE TABLE customers (id INT PRIMARY KEY)',
    `CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, ${key('orders_customer_fk', 'customer_id')} customers (id))`,
    `CREATE TABLE items (id INT PRIMARY KEY, order_id INT NOT NULL, ${key('items_order_fk', 'order_id')} orders (id))`,
    `CREATE TABLE ${odd} (id INT PRIMARY KEY, item_id INT, ${key('odd_fk', 'item_id')} items (id))`,
    'INSERT INTO customers (id) VALUES (1), (2)',
    'INSERT INTO orders (id, customer_id) VALUES (1, 1), (2, 2)',
    'INSERT INTO items (id, order_id) VALUES (1, 1), (2, 2)',
    `INSERT INTO ${odd} (id, item_id) VALUES (1, 1), (2, NULL)`,
  ];
}

const policy = (orders: string): string => `
exclude: ['*schema_migrations*', 'alembic_*', 'django_*', 'sqitch.*', 'supabase_migrations.*', 'graphile_migrate.*', 'drizzle.*']
policy:
  default: keep
  rules:
    - { match: 'items -> orders', onDelete: cascade, reason: a line item is part of its order }
    - { match: '* -> items', onDelete: set null }
    - { match: 'orders -> customers', onDelete: ${orders} }
`;

/** One server of each engine: the emitters are proven on every version elsewhere, here the tool is. */
const servers = new Set(['postgres-18', 'mysql-9.7', 'mariadb-11.8', 'sqlite']);

interface Opened extends Project {
  readonly out: string;
  readonly database: DatabaseUnderTest;
  readonly lines: ToolLines;
}

/** Runs the contract for one tool. */
export function describeTool(driver: ToolDriver): void {
  const engines = enginesUnderTest().filter(
    ({ engine, id }) => driver.engines.includes(engine) && servers.has(id),
  );
  // A test starts some twenty programs.
  jest.setTimeout(600_000);
  beforeAll(() => driver.install());

  describe.each(engines)(`${driver.tool} on $id`, (under) => {
    const { engine, id } = under;
    const instead = driver.instead?.(engine) ?? null;
    const databases: DatabaseUnderTest[] = [];
    const folders: string[] = [];
    afterAll(async () => {
      for (const database of databases) await database.drop();
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    });

    async function openProject(): Promise<Opened> {
      const folder = mkdtempSync(join(tmpdir(), `ondelete-tool-`));
      folders.push(folder);
      const database = await (driver.service?.open(folder) ?? under.open());
      databases.push(database);
      const project = { folder, engine, url: database.url };
      const out = driver.configure(project);
      mkdirSync(join(folder, out), { recursive: true });
      await driver.firstMigration(project, schemaFor(engine, driver.oddName));
      const lines = await openLines(driver, project, out, id);
      folders.push(lines.bin);
      return { ...project, out, database, lines };
    }

    const call = ({ folder, url }: Opened, ...words: readonly string[]): Promise<CliResult> =>
      ondelete([...words, '--database', url], { cwd: folder });
    const done = async (result: Promise<CliResult>): Promise<string> => {
      const { code, stderr, stdout } = await result;
      expect(`${stdout}${stderr}${code}`).toMatch(/0$/);
      return stdout;
    };
    const generate = async (project: Opened, name: string, onDelete: string): Promise<Generated> => {
      writeFileSync(join(project.folder, 'ondelete.config.yaml'), policy(onDelete));
      const before = project.lines.names().at(-1) ?? null;
      const words = ['generate', name, '--tool', driver.tool, '--out', project.out];
      const files = (await done(call(project, ...words))).trim().split('\n');
      const own = files.map((file) => relative(project.out, file));
      return { files: own, before };
    };
    const apply = (project: Opened, head?: Generated): Promise<CliResult> =>
      instead === null ? project.lines.up(head) : instead.up(project);
    const up = async (project: Opened, head?: Generated): Promise<void> => {
      await done(apply(project, head));
    };
    const inPolicy = (project: Opened): Promise<string> => done(call(project, 'diff'));
    const actions = async (project: Opened): Promise<unknown> => {
      const { stdout } = await call(project, 'snapshot');
      const { foreignKeys } = JSON.parse(stdout) as { foreignKeys: { name: string; onDelete: string }[] };
      const ours = new Set(['orders_customer_fk', 'items_order_fk', 'odd_fk']);
      return foreignKeys.filter(({ name }) => ours.has(name));
    };

    /** The file that waits stops and changes nothing; once the key is as before, running it again is all. */
    async function stopsAtAStrangeKey(project: Opened): Promise<void> {
      const before = await actions(project);
      await strange(project.database);
      const result = await apply(project);
      expect(result.code).not.toBe(0);
      expect(`${result.stdout}${result.stderr}`).toMatch(/ondelete/);
      await strange(project.database, 'back');
      expect(await actions(project)).toEqual(before);
      await driver.repair?.(project, (line) => project.lines.sh(line));
    }

    async function buildsAnEmptyDatabase({ folder, out }: Opened): Promise<void> {
      const fresh = await openProject();
      cpSync(join(folder, out), join(fresh.folder, fresh.out), { recursive: true });
      cpSync(join(folder, 'ondelete.config.yaml'), join(fresh.folder, 'ondelete.config.yaml'));
      await up(fresh);
      await inPolicy(fresh);
    }

    // One test: starting the tool is what it costs, some nine times.
    test('stops at a strange key, applies two changes, does nothing twice, takes them back, builds an empty database', async () => {
      const project = await openProject();
      const { lines } = project;
      await up(project);
      const before = await actions(project);
      const first = await generate(project, 'first', 'set null');
      await stopsAtAStrangeKey(project);
      await up(project);
      await inPolicy(project);
      const after = await actions(project);
      await up(project);
      expect(await actions(project)).toEqual(after);
      const second = await generate(project, 'second', 'cascade');
      await up(project, second);
      await inPolicy(project);
      const goesBack = instead === null ? lines.hasWayBack : instead.down !== null;
      if (goesBack) {
        await done(instead?.down?.(project) ?? lines.downAsInHead(second));
        expect(await actions(project)).toEqual(after);
        await done(instead?.down?.(project) ?? lines.downAsOnPage(first));
        expect(await actions(project)).toEqual(before);
        await up(project);
        await inPolicy(project);
      }
      await buildsAnEmptyDatabase(project);
      const server = driver.service?.server ?? id;
      const { tool, version } = driver;
      noteRun({ tool, version, server, down: goesBack, ...(instead && { instead: instead.what }) });
    });
  });
}

/** Gives the last key something that no file knows, and takes it away again: an ON UPDATE, or an action where files edit the text. */
async function strange(database: DatabaseUnderTest, back?: 'back'): Promise<void> {
  const rule = back === undefined ? ' ON UPDATE CASCADE' : '';
  if (database.engine === 'sqlite') {
    await database.client(
      `.dbconfig defensive off\nPRAGMA writable_schema = ON;\nUPDATE sqlite_master SET sql = ${
        back === undefined
          ? "replace(sql, 'REFERENCES customers (id)', 'REFERENCES customers (id) ON DELETE SET DEFAULT')"
          : "replace(sql, 'REFERENCES customers (id) ON DELETE SET DEFAULT', 'REFERENCES customers (id)')"
      } WHERE name = 'orders';\nPRAGMA writable_schema = RESET;`,
    );
    return;
  }
  const drop = database.engine === 'postgres' ? 'DROP CONSTRAINT' : 'DROP FOREIGN KEY';
  await database.query(`ALTER TABLE orders ${drop} orders_customer_fk`);
  await database.query(
    `ALTER TABLE orders ADD CONSTRAINT orders_customer_fk FOREIGN KEY (customer_id) REFERENCES customers (id)${rule}`,
  );
}
