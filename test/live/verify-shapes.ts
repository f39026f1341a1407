// For the tests of `verify`: schemas that are hard to fill with rows, files that were stopped half way, scratch databases.
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseUnderTest } from '../support/database.ts';

/** What a run of the file has done when it is killed in the middle of its first key; null where no file stops there. */
export function halfDone(engine: string, up: string): string | null {
  if (engine === 'sqlite') return null;
  if (engine === 'postgres') return up.replace("'swap', 'validate'] LOOP", "'swap'] LOOP");
  const firstOnly =
    engine === 'mysql'
      ? up.replaceAll('first_step, last_step)', "first_step, 'DO 0')")
      : up.replace(' UNION SELECT 2) AS all_steps', ') AS all_steps');
  if (firstOnly === up) throw new Error('the file has no second step that could be left out');
  return firstOnly;
}

/** Exactly one of two parents, both or neither, a status that goes with a key, ranges and lists; a domain on PostgreSQL. */
export function checkedShapes(engine: string): string {
  const nulls = engine === 'postgres' || engine === 'sqlite' ? 'ON DELETE SET NULL' : '';
  const domains = `CREATE DOMAIN c_code AS text CHECK (length(VALUE) = 3); CREATE TABLE c_codes (code c_code PRIMARY KEY);
    CREATE TABLE c_prices (id INT PRIMARY KEY, code c_code REFERENCES c_codes);`;
  return `
    CREATE TABLE c_users (Id INT NOT NULL PRIMARY KEY, Email VARCHAR(50) UNIQUE);
    CREATE TABLE c_groups (Id INT NOT NULL PRIMARY KEY CHECK (Id > 0));
    CREATE TABLE c_labels (Id INT NOT NULL PRIMARY KEY, Group_Id INT, User_Id INT, FOREIGN KEY (Group_Id) REFERENCES c_groups (Id) ${nulls},
      FOREIGN KEY (User_Id) REFERENCES c_users (Id), CHECK ((Group_Id IS NULL) <> (User_Id IS NULL)));
    CREATE TABLE c_links (Id INT NOT NULL PRIMARY KEY, Label_Id INT NOT NULL, FOREIGN KEY (Label_Id) REFERENCES c_labels (Id));
    CREATE TABLE c_issues (Id INT NOT NULL PRIMARY KEY, User_Id INT, Status VARCHAR(9) NOT NULL CHECK (Status IN ('open', 'assigned')),
      Weight INT NOT NULL CHECK (Weight BETWEEN 1 AND 5), FOREIGN KEY (User_Id) REFERENCES c_users (Id), CHECK (User_Id IS NULL OR Status = 'assigned'));
    CREATE TABLE c_notes (Id INT NOT NULL PRIMARY KEY, User_Id INT, Email VARCHAR(50) UNIQUE, Code VARCHAR(9) NOT NULL,
      FOREIGN KEY (User_Id) REFERENCES c_users (Id), CHECK (length(Code) = 3), CHECK (User_Id IS NULL OR Email IS NULL));
    CREATE TABLE c_pairs (Id INT NOT NULL PRIMARY KEY, A INT, B INT, Kind INT NOT NULL, FOREIGN KEY (A) REFERENCES c_users (Id) ${nulls},
      FOREIGN KEY (B) REFERENCES c_groups (Id) ${nulls}, CHECK (Kind IN (1, 2)), CHECK (A IS NOT NULL OR B IS NOT NULL OR Kind = 7));
    CREATE TABLE c_logs (Id INT NOT NULL PRIMARY KEY, Pair_Id INT NOT NULL, FOREIGN KEY (Pair_Id) REFERENCES c_pairs (Id));
    ${engine === 'postgres' ? domains : ''}`;
}

/** A store has one manager, who works in a store; a tenant's number runs through everything; a film has many actors. */
export function hardShapes(engine: string): string {
  const manager = 'FOREIGN KEY (manager_id) REFERENCES h_staff (id)';
  return `
    CREATE TABLE h_store (id INT NOT NULL PRIMARY KEY, manager_id INT NOT NULL UNIQUE${engine === 'sqlite' ? `, ${manager}` : ''});
    CREATE TABLE h_staff (id INT NOT NULL PRIMARY KEY, store_id INT NOT NULL, FOREIGN KEY (store_id) REFERENCES h_store (id));
    ${engine === 'sqlite' ? '' : `ALTER TABLE h_store ADD CONSTRAINT h_manager ${manager};`}
    CREATE TABLE h_film (id INT NOT NULL PRIMARY KEY);
    CREATE TABLE h_actor (id INT NOT NULL PRIMARY KEY);
    CREATE TABLE h_film_actor (film_id INT NOT NULL, actor_id INT NOT NULL, PRIMARY KEY (film_id, actor_id),
      FOREIGN KEY (film_id) REFERENCES h_film (id), FOREIGN KEY (actor_id) REFERENCES h_actor (id));
    CREATE TABLE h_tenant (id INT NOT NULL PRIMARY KEY);
    CREATE TABLE h_customer (tenant_id INT NOT NULL, id INT NOT NULL, PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id) REFERENCES h_tenant (id));
    CREATE TABLE h_order (tenant_id INT NOT NULL, id INT NOT NULL, customer_id INT NOT NULL, PRIMARY KEY (tenant_id, id),
      FOREIGN KEY (tenant_id) REFERENCES h_tenant (id), FOREIGN KEY (tenant_id, customer_id) REFERENCES h_customer (tenant_id, id));
    CREATE TABLE h_receipt (tenant_id INT NOT NULL, order_id INT NOT NULL, PRIMARY KEY (tenant_id, order_id),
      FOREIGN KEY (tenant_id) REFERENCES h_tenant (id), FOREIGN KEY (tenant_id, order_id) REFERENCES h_order (tenant_id, id));`;
}

/** What `verify --format json` prints, as far as the tests look. */
export interface Report {
  readonly scratch: string;
  readonly failures: readonly string[];
  readonly keys: readonly {
    readonly key: string;
    readonly proven: boolean;
    readonly trials: readonly { readonly what: string; readonly verdict: string; readonly detail: string }[];
  }[];
  readonly notRehearsed: readonly { readonly why: string }[];
}

/** The server of the test itself; another database of it is named, because the target may not be the scratch. */
export function scratchWords({ engine, url }: DatabaseUnderTest): readonly string[] {
  if (engine === 'sqlite') return [];
  const server = new URL(url);
  server.pathname = engine === 'postgres' ? '/postgres' : '/';
  return ['--scratch', server.href];
}

/** Scratch databases that are still there. */
export async function scratchDatabases(database: DatabaseUnderTest): Promise<readonly unknown[]> {
  if (database.engine === 'sqlite') return [];
  return database.query(
    database.engine === 'postgres'
      ? `SELECT datname FROM pg_database WHERE datname LIKE 'ondelete_scratch%'`
      : `SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ondelete_scratch%'`,
  );
}

/** The text of the folder's first up file. */
export function upFileIn(folder: string): string {
  const name = readdirSync(folder).find((file) => file.endsWith('.up.sql'));
  return readFileSync(join(folder, name ?? ''), 'utf8');
}

/** What scratch databases say they are. */
export const scratchComments = {
  postgres: `SELECT shobj_description(oid, 'pg_database') AS said FROM pg_database WHERE datname LIKE 'ondelete_scratch%'`,
  mariadb: `SELECT SCHEMA_COMMENT AS said FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ondelete_scratch%'`,
  // Has no comments on databases.
  mysql: `SELECT 'Scratch database of ondelete' AS said`,
};

/** Looks every 20 ms, until told to stop or the process has ended. */
export function lookWhileRunning(child: ChildProcess, look: (stop: () => void) => void): void {
  const timer = setInterval(() => {
    look(() => {
      clearInterval(timer);
    });
  }, 20);
  child.on('close', () => {
    clearInterval(timer);
  });
}
