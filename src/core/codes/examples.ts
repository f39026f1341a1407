/**
 * An example of each code of the catalogue, for `explain` and the documentation. A test makes each schema on a real server and runs the
 * command, so an example that does not show its code fails. What takes more than a schema says where it is tested.
 */
import type { Code } from './index.ts';
import type { EngineName } from '../model.ts';

export type Example =
  | {
      readonly kind: 'run';
      /** The engines on which it shows; the statements hold for all of them. */
      readonly on: readonly EngineName[];
      readonly schema: string;
      /** The configuration without `database`. */
      readonly config: string;
      /** The words behind `ondelete`. */
      readonly command: string;
      /** The one version of an engine that shows it, where not all do. */
      readonly server?: string;
    }
  | {
      readonly kind: 'described';
      readonly text: string;
      /** The test that raises it, from the repository's root. */
      readonly test: string;
    };

const everywhere: readonly EngineName[] = ['postgres', 'mysql', 'mariadb', 'sqlite'];
const innodb: readonly EngineName[] = ['mysql', 'mariadb'];

interface Shop {
  readonly column?: string;
  readonly clause?: string;
  readonly index?: boolean;
  readonly more?: string;
}

/** Customers and their orders; the names of the constraint and the index are the same in all examples. */
function shop({ column = 'customer_id INT', clause = '', index = true, more = '' }: Shop = {}): string {
  const lines = [
    'CREATE TABLE customers (id INT NOT NULL PRIMARY KEY);',
    `CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, ${column},`,
    `  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)${clause === '' ? '' : ` ${clause}`});`,
    ...(index ? ['CREATE INDEX orders_customer_id ON orders (customer_id);'] : []),
    ...(more === '' ? [] : [more]),
  ];
  return lines.join('\n');
}

function rules(...lines: readonly string[]): string {
  return ['policy:', '  default: keep', '  rules:', ...lines.map((line) => `    - ${line}`)].join('\n');
}
function rule(onDelete: string, match = 'orders -> customers'): string {
  return `{ match: '${match}', onDelete: ${onDelete} }`;
}
const keep = 'policy: { default: keep }';

function run(
  on: readonly EngineName[],
  schema: string,
  config: string,
  command: string,
  server?: string,
): Example {
  return { kind: 'run', on, schema, config, command, ...(server === undefined ? {} : { server }) };
}
function described(text: string, test: string): Example {
  return { kind: 'described', text, test };
}
/** A change that is refused. */
function refused(on: readonly EngineName[], schema: string, onDelete: string, server?: string): Example {
  return run(on, schema, rules(rule(onDelete)), 'diff', server);
}
/** A change that can be made, with a notice. */
function preview(on: readonly EngineName[], schema: string, onDelete: string, server?: string): Example {
  return run(on, schema, rules(rule(onDelete)), 'generate --dry-run', server);
}
function linted(on: readonly EngineName[], schema: string, config = keep): Example {
  return run(on, schema, config, 'lint');
}
const tree = (clause: string): string =>
  `CREATE TABLE folders (id INT NOT NULL PRIMARY KEY, parent_id INT,
  CONSTRAINT folders_parent FOREIGN KEY (parent_id) REFERENCES folders (id)${clause});
CREATE INDEX folders_parent_id ON folders (parent_id);`;
const chain = (first: string, second: string): string =>
  `CREATE TABLE users (id INT NOT NULL PRIMARY KEY);
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, user_id INT,
  CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)${first});
CREATE TABLE invoices (id INT NOT NULL PRIMARY KEY, order_id INT,
  CONSTRAINT invoices_order FOREIGN KEY (order_id) REFERENCES orders (id)${second});
CREATE INDEX orders_user_id ON orders (user_id);
CREATE INDEX invoices_order_id ON invoices (order_id);`;
const cascade = ' ON DELETE CASCADE';

export const examples: Readonly<Record<Exclude<Code, `ORM_${string}`>, Example>> = {
  NO_RULE: run(everywhere, shop(), 'policy: { default: error }', 'diff'),
  NO_KEYS: run(
    everywhere,
    'CREATE TABLE customers (id INT NOT NULL PRIMARY KEY);',
    rules(rule('cascade')),
    'diff',
  ),
  RULE_MATCHES_NOTHING: run(everywhere, shop(), rules(rule('cascade', 'invoices -> customers')), 'diff'),
  RULE_UNREACHABLE: run(everywhere, shop(), rules(rule('refuse', 'orders -> *'), rule('cascade')), 'diff'),
  RULE_TAKES_OVER: run(
    everywhere,
    shop(),
    rules("{ match: 'orders -> customers', when: { from: cascade }, onDelete: set null }", rule('cascade')),
    'diff',
  ),
  AMBIGUOUS_NAME: run(
    ['postgres'],
    `CREATE SCHEMA old;\nCREATE TABLE old.orders (id INT PRIMARY KEY, up INT REFERENCES old.orders);\nCREATE TABLE orders (id INT PRIMARY KEY, up INT REFERENCES orders);`,
    rules(rule('cascade', 'orders -> orders')),
    'diff',
  ),
  COLUMN_LIST_MISMATCH: run(['postgres'], shop(), rules(rule("'set null (client_id)'")), 'diff'),
  MIGRATION_PENDING: described(
    '`generate` has written the files of a change, and nobody has run them here yet: `diff` says so beside the change.',
    'test/cli/lint.test.ts',
  ),
  PENDING_CONFLICT: described(
    '`generate` has written the files of a change, and before anybody runs them the key gets another action by hand: the file stops there.',
    'test/cli/generate.test.ts',
  ),
  PROOF_STALE: described(
    '`generate --verify` proved a file, then a column of the key became NOT NULL: `diff` says that the receipt is for other keys.',
    'test/live/verify.test.ts',
  ),
  HALF_DONE: described(
    'Somebody stopped psql between the file that swaps the key and the one that validates it.',
    'test/live/verify.test.ts',
  ),
  NOT_VALIDATED: run(
    ['postgres'],
    `${shop({ column: 'customer_id INT' }).replace(/,\n  CONSTRAINT[^;]*;/, ');')}\nALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;`,
    keep,
    'diff',
  ),
  NOT_ENFORCED: run(['postgres'], shop({ clause: 'NOT ENFORCED' }), keep, 'diff', 'postgres-18'),
  TRIGGERS_DISABLED: run(
    ['postgres'],
    shop({ more: 'ALTER TABLE orders DISABLE TRIGGER ALL;' }),
    keep,
    'diff',
  ),
  FOREIGN_KEYS_PRAGMA: run(['sqlite'], shop(), keep, 'diff'),
  PARENT_MISMATCH: run(
    ['sqlite'],
    'CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT REFERENCES customers (id));',
    keep,
    'diff',
  ),
  SET_NULL_LIVE_ON_NOT_NULL: run(
    ['postgres', 'sqlite'],
    shop({ column: 'customer_id INT NOT NULL', clause: 'ON DELETE SET NULL' }),
    keep,
    'diff',
  ),
  SET_DEFAULT_LIVE: run(['mysql'], shop({ clause: 'ON DELETE SET DEFAULT' }), keep, 'diff'),
  RESTRICT_DEFERRABLE: run(
    ['postgres', 'sqlite'],
    shop({ clause: 'DEFERRABLE INITIALLY DEFERRED' }),
    rules(rule('restrict')),
    'diff',
  ),
  REFUSES_DELETE: run(everywhere, shop(), keep, 'reach customers'),
  REFUSED_BELOW_CASCADE: run(everywhere, chain(cascade, ''), keep, 'reach users'),
  REFUSES_ROWS_LEFT: described(
    'A row is reached by a cascade over one key, while another key refuses at the end of the statement: it stops the delete only for rows that no cascade takes.',
    'test/reach/reach.test.ts',
  ),
  ORDER_DECIDES: described(
    'A row is reached by a cascade over one path and refuses over another: on InnoDB the order in which the keys were made decides.',
    'test/reach/reach.test.ts',
  ),
  DELETED_OR_SET: described(
    'Two keys over one column, one cascading and one that sets NULL: whichever the server comes to first decides whether the row goes.',
    'test/reach/reach.test.ts',
  ),
  CASCADE_TOO_DEEP: described(
    'Sixteen tables, each with a cascading key to the one before it: InnoDB does not get through.',
    'test/reach/reach.test.ts',
  ),
  DEFAULT_WITHOUT_PARENT: run(
    ['postgres', 'sqlite'],
    shop({ column: 'customer_id INT DEFAULT 0', clause: 'ON DELETE SET DEFAULT' }),
    keep,
    'lint',
  ),
  PATH_FORBIDDEN: run(
    everywhere,
    chain(cascade, cascade),
    "policy: { default: keep, never: ['users ~> invoices'] }",
    'diff',
  ),
  LIMIT_BROKEN: run(
    everywhere,
    chain(cascade, cascade),
    "policy: { default: keep, limits: [{ path: 'users ~> *', depth: 1 }] }",
    'diff',
  ),
  LIMIT_UNKNOWN: described(
    '`limits` bounds the rows of a path over a key of which the server has no statistics yet.',
    'test/cli/paths.test.ts',
  ),
  PATH_OPENED: run(
    everywhere,
    chain(cascade, ''),
    `${rules(rule('cascade', 'invoices -> orders'))}\n  never: ['users ~> invoices']`,
    'diff',
  ),
  LIMIT_EXCEEDED: run(
    everywhere,
    chain(cascade, ''),
    `${rules(rule('cascade', 'invoices -> orders'))}\n  limits: [{ path: 'users ~> *', depth: 1 }]`,
    'diff',
  ),
  ORPHANS_FOUND: linted(
    ['sqlite'],
    shop({ more: 'PRAGMA foreign_keys=OFF;\nINSERT INTO orders VALUES (1, 17);' }),
  ),
  TWIN_KEYS_DIFFER: linted(
    everywhere,
    'CREATE TABLE customers (id INT NOT NULL PRIMARY KEY);\nCREATE TABLE orders (id INT NOT NULL PRIMARY KEY, customer_id INT,\n  CONSTRAINT one FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE,\n  CONSTRAINT two FOREIGN KEY (customer_id) REFERENCES customers (id));',
  ),
  TYPE_MISMATCH: linted(['postgres'], shop({ column: 'customer_id BIGINT' })),
  COLLATION_MISMATCH: linted(
    ['postgres'],
    'CREATE TABLE customers (id TEXT PRIMARY KEY);\nCREATE TABLE orders (id INT PRIMARY KEY, customer_id TEXT COLLATE "C" REFERENCES customers);',
  ),
  CASCADE_INTO_SOFT_DELETE: linted(
    everywhere,
    shop({ column: 'customer_id INT, deleted_at VARCHAR(30)', clause: 'ON DELETE CASCADE' }),
  ),
  BEFORE_TRIGGER_SWALLOWS: linted(
    ['postgres'],
    shop({
      clause: 'ON DELETE CASCADE',
      more: "CREATE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\nCREATE TRIGGER keep_row BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION keep_row();",
    }),
  ),
  PUBLISHED_WITHOUT_IDENTITY: linted(
    ['postgres'],
    'CREATE TABLE customers (id INT PRIMARY KEY);\nCREATE TABLE visits (customer_id INT REFERENCES customers ON DELETE CASCADE);\nCREATE PUBLICATION everything FOR TABLE visits;',
  ),
  ENGINE_IGNORES_KEYS: linted(
    innodb,
    `${shop()}\nCREATE TABLE notes (order_id INT, FOREIGN KEY (order_id) REFERENCES orders (id)) ENGINE=MyISAM;`,
  ),
  CASCADE_NOT_LOGGED: described(
    'InnoDB enforces a cascading key while `log_bin` is on.',
    'test/cli/lint.test.ts',
  ),
  SELF_REFERENCE_TOO_DEEP: linted(
    innodb,
    `${tree(cascade)}\n${['(0, NULL)', ...Array.from({ length: 16 }, (_, at) => `(${at + 1}, ${at})`)].map((row) => `INSERT INTO folders VALUES ${row};`).join('\n')}`,
  ),
  IGNORE_MATCHES_NOTHING: linted(
    everywhere,
    shop(),
    `${keep}\nignore: [{ code: CHILD_INDEX_MISSING, match: 'orders -> customers', reason: never deleted }]`,
  ),
  SET_NULL_ON_NOT_NULL: refused(everywhere, shop({ column: 'customer_id INT NOT NULL' }), 'set null'),
  SET_NULL_ON_IDENTITY: refused(
    ['postgres'],
    shop({ column: 'customer_id INT GENERATED ALWAYS AS IDENTITY' }),
    'set null',
  ),
  SET_NULL_ON_GENERATED: refused(
    ['postgres'],
    shop({ column: 'number INT, customer_id INT GENERATED ALWAYS AS (number * 2) STORED' }),
    'set null',
  ),
  SET_NULL_ON_CHECK: refused(
    everywhere,
    shop({ column: 'customer_id INT, CHECK (customer_id IS NOT NULL)' }),
    'set null',
  ),
  RULE_INSTEAD: refused(
    ['postgres'],
    shop({ more: 'CREATE RULE keep AS ON DELETE TO orders DO INSTEAD NOTHING;' }),
    'cascade',
  ),
  SET_NULL_SUBSET_MATCH_FULL: refused(
    ['postgres'],
    'CREATE TABLE customers (region INT, id INT, PRIMARY KEY (region, id));\nCREATE TABLE orders (id INT PRIMARY KEY, region INT, customer_id INT,\n  FOREIGN KEY (region, customer_id) REFERENCES customers MATCH FULL);',
    "'set null (customer_id)'",
    'postgres-18',
  ),
  SET_DEFAULT_UNSUPPORTED: refused(innodb, shop(), 'set default'),
  SET_DEFAULT_WITHOUT_DEFAULT: refused(
    ['postgres', 'sqlite'],
    shop({ column: 'customer_id INT NOT NULL' }),
    'set default',
  ),
  COLUMN_LIST_UNSUPPORTED: refused(['mysql', 'mariadb', 'sqlite'], shop(), "'set null (customer_id)'"),
  PERIOD_ACTION: described(
    'A temporal key of PostgreSQL 18 (PERIOD) is asked to cascade.',
    'test/plan/plan.test.ts',
  ),
  REFERENCED_INDEX_MOVES: described(
    'The key uses the second of two unique indexes, which was named when the key was created; created again, it would use the first.',
    'test/postgres/safety.test.ts',
  ),
  TRIGGER_STATE_NEEDS_SUPERUSER: described(
    'An internal trigger of the key is disabled, and the session’s user is no superuser.',
    'test/cli/lint.test.ts',
  ),
  STORED_BASE_COLUMN: refused(
    innodb,
    shop({ column: 'customer_id INT, double_id INT GENERATED ALWAYS AS (customer_id * 2) STORED' }),
    'cascade',
  ),
  PARENT_NOT_UNIQUE: refused(
    ['sqlite'],
    shop().replace('customers (id INT NOT NULL PRIMARY KEY)', 'customers (id INT)'),
    'cascade',
  ),
  PARENT_MISSING: refused(
    ['sqlite'],
    'CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT REFERENCES customers (id));',
    'cascade',
  ),
  COLLATION_DIFFERS: refused(
    ['mysql'],
    `CREATE TABLE customers (id VARCHAR(20) CHARACTER SET utf8mb3 PRIMARY KEY);
CREATE TABLE orders (id INT PRIMARY KEY, customer_id VARCHAR(20) CHARACTER SET utf8mb3, FOREIGN KEY (customer_id) REFERENCES customers (id));
SET foreign_key_checks = 0;
ALTER TABLE customers CONVERT TO CHARACTER SET utf8mb4;`,
    'cascade',
  ),
  NOT_AVAILABLE_HERE: refused(
    ['postgres'],
    'CREATE TABLE customers (id INT PRIMARY KEY) PARTITION BY RANGE (id);\nCREATE TABLE customers_1 PARTITION OF customers FOR VALUES FROM (0) TO (1000);\nCREATE TABLE orders (id INT, customer_id INT REFERENCES customers) PARTITION BY RANGE (id);\nCREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (1000);',
    'cascade',
    'postgres-14',
  ),
  ORIGINAL_NAME_UNKNOWN: described(
    'A change on MySQL was stopped halfway, the key’s name was too long to be part of the temporary name, and the migration’s file is gone.',
    'test/codes/raised.test.ts',
  ),
  GROUP_REPLICATION_CASCADE: described(
    'The server is in a group with group_replication_enforce_update_everywhere_checks=ON.',
    'test/topologies/group.test.ts',
  ),
  HALF_DONE_OTHER_WAY: described(
    'A change to CASCADE was stopped halfway, then the policy said SET NULL.',
    'test/plan/plan.test.ts',
  ),
  TABLE_REBUILD: described(
    'A Kysely migration runs on a SQLite driver that may not edit the stored schema.',
    'test/sqlite/rebuild.test.ts',
  ),
  COLUMN_ORDER: described(
    'A nullable column of a large table on Cloudflare D1 is replaced instead of all tables below it.',
    'test/tools/d1.test.ts',
  ),
  TABLES_MADE_ANEW: described(
    'A key of a table on Cloudflare D1 is changed: the table and those that reference it are made anew; on Turso the table alone.',
    'test/sqlite/d1.test.ts',
  ),
  NOT_TRIED: described(
    'A CHECK of the child that no value in it satisfies, such as a checksum over several columns.',
    'test/cli/verify.test.ts',
  ),
  ONE_TRANSACTION_RUNNER: run(
    ['postgres'],
    shop(),
    `tool: kysely\n${rules(rule('cascade'))}`,
    'generate --dry-run',
  ),
  LOCKS_ADD_UP: described(
    'A Kysely migration changes more than 40 keys on PostgreSQL.',
    'test/plan/batches.test.ts',
  ),
  TOOL_CHECKS_EVERY_KEY: run(
    ['sqlite'],
    shop(),
    `tool: django\n${rules(rule('cascade'))}`,
    'generate --dry-run',
  ),
  TWO_KEYS_WINDOW: preview(
    ['postgres'],
    'CREATE TABLE customers (id INT PRIMARY KEY);\nCREATE TABLE orders (id INT, customer_id INT REFERENCES customers) PARTITION BY RANGE (id);\nCREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (0) TO (1000);',
    'cascade',
    'postgres-14',
  ),
  ORPHANS: described(
    'Orphans came in while the key’s triggers were off; the catalog still says that the key is valid.',
    'test/codes/raised.test.ts',
  ),
  ORPHANS_STAY: preview(
    ['sqlite'],
    shop({ more: 'PRAGMA foreign_keys=OFF;\nINSERT INTO orders VALUES (1, 17);' }),
    'cascade',
  ),
  NOT_OWNER: described(
    'The session’s user may read the catalog and does not own the child.',
    'test/postgres/safety.test.ts',
  ),
  READ_ONLY_SERVER: preview(
    ['postgres'],
    shop({
      more: "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$;",
    }),
    'cascade',
  ),
  UNPROVEN_ENGINE: described('The server says that it is CockroachDB.', 'test/engines/unproven.test.ts'),
  STANDBYS: described('A standby is attached to the server.', 'test/topologies/postgres.test.ts'),
  GALERA: described('wsrep_on is ON.', 'test/topologies/galera.test.ts'),
  LONG_TRANSACTION: described(
    'Somebody’s transaction has read the child and has been open for a minute.',
    'test/mysql/probe.test.ts',
  ),
  PREPARED_TRANSACTION: described(
    'PREPARE TRANSACTION was never followed by COMMIT PREPARED.',
    'test/postgres/safety.test.ts',
  ),
  ROWS_HIDDEN: described(
    'The user owns both tables, has no BYPASSRLS, and they are under FORCE ROW LEVEL SECURITY.',
    'test/postgres/promises.test.ts',
  ),
  ROW_BY_ROW_VALIDATE: described(
    'The owner of the child may reference the parent and not read it.',
    'test/postgres/safety.test.ts',
  ),
  TRIGGERS_NOT_FIRED: preview(
    innodb,
    shop({ more: 'CREATE TRIGGER log_orders AFTER DELETE ON orders FOR EACH ROW SET @gone = OLD.id;' }),
    'cascade',
  ),
  SELF_REFERENCE_DEPTH: run(
    ['mysql', 'mariadb', 'sqlite'],
    tree(''),
    rules(rule('cascade', 'folders -> folders')),
    'generate --dry-run',
  ),
  CASCADE_LEAVES_ROWS: described(
    'On MySQL 9.7 a third key below two cascading ones is asked to cascade.',
    'test/mysql/cascades.test.ts',
  ),
  CASCADE_LEAVES_ROWS_LIVE: described(
    'On MySQL 9.7 a delete cascades over three keys.',
    'test/mysql/cascades.test.ts',
  ),
  SELF_REFERENCE_LEAVES_ROWS: described(
    'On MySQL 9.7 a self reference over several columns is asked to cascade.',
    'test/mysql/cascades.test.ts',
  ),
  SELF_REFERENCE_BRANCHES: run(
    ['mysql'],
    tree(''),
    rules(rule('cascade', 'folders -> folders')),
    'generate --dry-run',
  ),
  CHILD_INDEX_MISSING: linted(['postgres', 'sqlite'], shop({ index: false })),
};
