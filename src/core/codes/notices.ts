/** Hazards that are only shown; `lint` finds some of them for the action that a key has. */

export const noticeEntries = {
  TABLES_MADE_ANEW: {
    title: 'tables that are made anew',
    effect:
      'Cloudflare D1 and Turso let nobody edit the stored schema. The file keeps the rows of these tables aside, drops the tables, makes them again from their own texts and puts the rows back, all in one transaction; writers wait meanwhile, on D1 readers too, and statistics are gone until the next PRAGMA optimize.',
    help: 'Above 100,000 rows in these tables together the file stops by itself: --allow TABLE_REBUILD lifts the bound; on D1 --allow COLUMN_ORDER replaces the column alone where that is possible.',
  },
  ONE_TRANSACTION_RUNNER: {
    title: 'runner that puts all pending files into one transaction',
    effect:
      'A lock taken by one file would be held until the last file ends; unless the tables are small, the files stop before their first lock.',
    help: 'Apply the files one at a time, or switch the runner’s transactions off; `ondelete tools NAME` says how.',
  },
  LOCKS_ADD_UP: {
    title: 'migration tool that holds the locks of many keys together',
    effect:
      'It runs a migration in one transaction, and each key takes 5 to 10 ms in it: until the last one is swapped nobody reads or writes the tables of the first.',
    help: 'Write several migrations with --batch 40, or use a tool that lets a file manage its own transactions.',
  },
  TOOL_CHECKS_EVERY_KEY: {
    title: 'migration tool that checks every key of the database',
    effect:
      'Django on SQLite does so at the end of each migration. One row without a parent, in any table, makes `migrate` end in an IntegrityError, although the migration is applied and counts as such.',
    help: 'Fix or delete such rows before the migration; `ondelete lint` finds them.',
  },
  TWO_KEYS_WINDOW: {
    title: 'two keys on each partition for a while',
    effect:
      'Between the first and the last file the old and the new key are both enforced, and the server chooses which action wins.',
    help: 'Apply the files soon after each other.',
  },
  ORPHANS: {
    title: 'orphans (rows without a parent) that stop the file',
    effect:
      '`generate` writes the file all the same. The up file counts the orphans before it changes any key and stops, with nothing changed, because this key could not be validated.',
    help: 'Fix or delete the rows, then run the file (again).',
  },
  ORPHANS_STAY: {
    title: 'orphans (rows without a parent), left as they are',
    effect:
      'The change does not depend on them and is made anyway, but no delete of a parent will ever reach them.',
    help: 'Fix or delete them when you can.',
  },
  NOT_OWNER: {
    title: 'user without the right to change this key',
    effect: 'ALTER TABLE would fail if the user of this session ran the file.',
    help: 'Run the file as a user that owns the child and has REFERENCES on the parent.',
  },
  READ_ONLY_SERVER: {
    title: 'read-only server',
    effect: 'It is a standby or replica, or was set read-only, so the file cannot run here.',
    help: 'Run the file against the primary.',
  },
  STANDBYS: {
    title: 'server with standbys, replicas or subscribers',
    effect: 'What the change does there differs from kind to kind, and is said beside each.',
    help: 'Run the file when no long query is running on a standby or replica, and watch the lag; run it on every logical subscriber as well.',
  },
  GALERA: {
    title: 'Galera node',
    effect:
      'A schema change runs on all nodes at once and waits for nobody: on every node, each open transaction that touched the child, by reading it too, is rolled back (error 1213).',
    help: 'Run the file when the application can repeat such transactions. It stops unless wsrep_OSU_method is TOI: with RSU the next delete of a parent would throw a node out of the cluster.',
  },
  LONG_TRANSACTION: {
    title: 'long-running transaction with a lock on the table',
    effect: 'The change waits for it in bounded tries, and may give up.',
    help: 'Wait for it or end it before you apply the file.',
  },
  PREPARED_TRANSACTION: {
    title: 'prepared transaction with a lock on the table',
    effect: 'The change cannot get its lock until the transaction is committed or rolled back.',
    help: 'End it first, with COMMIT PREPARED or ROLLBACK PREPARED.',
  },
  ROWS_HIDDEN: {
    title: 'user from whom row security hides rows',
    effect:
      'VALIDATE would fail, or overlook orphans (rows without a parent), if the user of this session ran the file; so the file stops before it changes anything.',
    help: 'Run the file as a superuser or a user with BYPASSRLS, or run ALTER TABLE … NO FORCE ROW LEVEL SECURITY for as long as the file runs.',
  },
  ROW_BY_ROW_VALIDATE: {
    title: 'user without SELECT on the parent',
    effect: 'VALIDATE falls back to one query per row, which is ten times slower.',
    help: 'Run GRANT SELECT on the parent for the owner of the child.',
  },
  TRIGGERS_NOT_FIRED: {
    title: 'triggers of the child that a cascade does not fire',
    effect: 'On this engine, rows that a key deletes or sets to NULL fire no triggers.',
    help: 'Check what the triggers are for.',
  },
  SELF_REFERENCE_DEPTH: {
    title: 'cascading self reference with a depth limit',
    effect: 'InnoDB follows 14 keys in a row, SQLite 1,000: a delete that goes deeper fails.',
    help: 'Delete deep trees from the leaves up.',
  },
  CASCADE_LEAVES_ROWS: {
    title: 'cascade that would leave rows behind on this server',
    effect:
      'MySQL 9.6 and later enforce keys themselves and leave orphans (rows without a parent) behind, without an error, if a delete cascades over three keys (a self reference counts), a cycle, or two keys between the same tables.',
    help: 'Run the server with innodb_native_foreign_keys=ON (InnoDB enforces keys then, as before 9.6), or let the lower keys refuse and delete from the leaves up; `ondelete verify` shows what your server does.',
  },
  SELF_REFERENCE_LEAVES_ROWS: {
    title: 'cascading self reference of several columns that would leave children behind',
    effect:
      'MySQL 9.6 and later leave every child that has the same value as its parent in the first referenced column, such as the tenant, as an orphan (a row without a parent), without an error.',
    help: 'Run the server with innodb_native_foreign_keys=ON (InnoDB enforces keys then, as before 9.6), reference one column that is unique by itself, or keep the key refusing and delete from the leaves up.',
  },
  SELF_REFERENCE_BRANCHES: {
    title: 'tree that this server cannot cascade through',
    effect:
      'MySQL 9.6 and later count the same table again for every branch: a delete fails as soon as two children have children of their own.',
    help: 'Delete trees from the leaves up, keep the key refusing, or run the server with innodb_native_foreign_keys=ON.',
  },
  CHILD_INDEX_MISSING: {
    title: 'foreign key without an index on the child',
    effect: 'Every delete of a parent reads the whole child table.',
    help: 'Create an index on the child’s columns.',
  },
  CASCADE_INTO_SOFT_DELETE: {
    title: 'cascade into a table that marks rows as deleted',
    effect: 'The application keeps deleted rows here on purpose, but a cascade removes them for good.',
    help: 'Mark the parent as deleted too instead of deleting it, or let the key refuse.',
  },
  BEFORE_TRIGGER_SWALLOWS: {
    title: 'BEFORE trigger that may cancel the action',
    effect:
      'If the trigger returns NULL, the row stays as it is: the parent is deleted, and the row becomes an orphan (a row without a parent), without an error.',
    help: 'Let the trigger RETURN OLD (DELETE) or NEW (UPDATE), or let the key refuse.',
  },
  PUBLISHED_WITHOUT_IDENTITY: {
    title: 'published table without a replica identity',
    effect: 'Every delete or update that the key makes in it fails, and with it the delete of the parent.',
    help: 'Give it a primary key, or run ALTER TABLE … REPLICA IDENTITY FULL.',
  },
};
