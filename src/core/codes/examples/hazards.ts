/** Examples of hazards: changes that are refused or can be allowed, and notices. */
import type { Code } from '../index.ts';
import { cascade, chain, described, everywhere, innodb, linted, preview, refused, rule, rules, run, shop, tree, type Example } from './schemas.ts';

export const hazardExamples = {
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
  PRINTED_ONLY: described('The server says that it is Vitess.', 'test/engines/unproven.test.ts'),
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
  CASCADE_INTO_SOFT_DELETE: preview(
    everywhere,
    shop({ column: 'customer_id INT, deleted_at VARCHAR(30)' }),
    'cascade',
  ),
  BEFORE_TRIGGER_SWALLOWS: preview(
    ['postgres'],
    shop({
      more: "CREATE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';\nCREATE TRIGGER keep_row BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION keep_row();",
    }),
    'cascade',
  ),
  PUBLISHED_WITHOUT_IDENTITY: preview(
    ['postgres'],
    'CREATE TABLE customers (id INT PRIMARY KEY);\nCREATE TABLE orders (customer_id INT REFERENCES customers);\nCREATE PUBLICATION everything FOR TABLE orders;',
    'cascade',
  ),
  CHILD_INDEX_MISSING: linted(['postgres', 'sqlite'], shop({ index: false })),
} satisfies Partial<Record<Code, Example>>;
