/** Examples of findings: about the policy, the database, and what deletes reach. */
import type { Code } from '../index.ts';
import { cascade, chain, described, everywhere, innodb, keep, linted, rule, rules, run, shop, tree, type Example } from './schemas.ts';

export const findingExamples = {
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
  NOT_IN_POLICY: described(
    'A key that is NO ACTION where its rule says cascade: `ondelete diff` lists it, and with `--format github` or `markdown` it has this code.',
    'test/report/formats.test.ts',
  ),
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
  CASCADE_LEAVES_ROWS_LIVE: described(
    'On MySQL 9.7 a delete cascades over three keys.',
    'test/mysql/cascades.test.ts',
  ),
} satisfies Partial<Record<Code, Example>>;
