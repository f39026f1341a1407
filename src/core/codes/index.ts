/** The catalogue: every finding and hazard with its text, written once. Dialects name a code; reports add the text. */
import { lintEntries } from './lint.ts';
import { modelEntries } from './orm.ts';
import { reachEntries } from './reach.ts';

/** Of a finding, worst first. */
export const severities = ['error', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** What a hazard does to a change: `refused` always, `allow` refuses it until `--allow CODE`, `notice` is only shown. */
export type Grade = 'refused' | 'allow' | 'notice';

export interface CatalogueEntry {
  readonly kind: 'finding' | 'hazard';
  /** Null for findings: their severity is decided where they are found. */
  readonly grade: Grade | null;
  readonly title: string;
  /** The consequence if ignored. */
  readonly effect: string;
  readonly help: string;
}

type Prose = Pick<CatalogueEntry, 'title' | 'effect' | 'help'>;

function entries<Codes extends string>(
  grade: Grade | null,
  prose: Readonly<Record<Codes, Prose>>,
): Readonly<Record<Codes, CatalogueEntry>> {
  const kind = grade === null ? 'finding' : 'hazard';
  const made = Object.entries<Prose>(prose).map(([code, texts]) => [code, { kind, grade, ...texts }]);
  return Object.fromEntries(made) as Record<Codes, CatalogueEntry>;
}

const policyFindings = entries(null, {
  NO_RULE: {
    title: 'foreign key without a rule',
    effect: 'The policy does not say what a delete should do here, so the database alone decides.',
    help: 'Add a rule for it, or set `default: keep` if such keys may stay as they are.',
  },
  NO_KEYS: {
    title: 'rules, but no foreign keys',
    effect: 'Nothing can be compared: the database has no foreign keys, or the scope excludes all of them.',
    help: 'Check the URL, `schemas` and the rights of the user.',
  },
  RULE_MATCHES_NOTHING: {
    title: 'rule that matches nothing',
    effect:
      'Nothing that it names exists (for `rules` a foreign key, for `never` and `limits` a table with foreign keys): the pattern is misspelled, or the key was dropped.',
    help: 'Correct the pattern, or remove it. An entry of `rules` may say `optional: true` if matching nothing is fine; `never` and `limits` have no such setting.',
  },
  RULE_UNREACHABLE: {
    title: 'rule that is never used',
    effect: 'An earlier rule decides every key that it matches, so it has no effect.',
    help: 'Move it up, or remove it.',
  },
  RULE_TAKES_OVER: {
    title: 'rule whose `when.from` matches the result of a later rule',
    effect:
      'The later rule would change the key, and this rule would then change it again. The policy would never be satisfied, so the key is not changed.',
    help: 'Move the later rule above this one, or exclude the key here with `except`.',
  },
  AMBIGUOUS_NAME: {
    title: 'name without a schema that matches tables in several schemas',
    effect: 'The rule decides for all of these tables, which may be more than intended.',
    help: 'Write the schema in front of the name, or `*.name` if all are meant.',
  },
  COLUMN_LIST_MISMATCH: {
    title: 'column list with columns that are not in the key',
    effect: 'SET NULL (columns) can only name columns of the key itself.',
    help: 'Name columns of the key, or write a separate rule for it.',
  },
  MIGRATION_PENDING: {
    title: 'migration that is written but not applied here',
    effect: 'These keys match the policy once your migration tool has run it.',
    help: 'Run it. `ondelete verify` tries it on a scratch database first.',
  },
  PENDING_CONFLICT: {
    title: 'pending migration that does not fit',
    effect:
      'It stops at this key, or sets another action than the policy. A tool that runs files in order never reaches the files behind it.',
    help: 'Delete all files of this migration if they were never applied anywhere, and run `ondelete generate` again; else make the key as the file expects it, or apply it first.',
  },
  PROOF_STALE: {
    title: 'pending migration whose receipt is for other keys',
    effect:
      'It stops by itself where it does not fit, but it was not rehearsed on the keys as they are here.',
    help: 'Run `ondelete verify`. `generate --verify` writes the receipt of a new file into its head.',
  },
});

const databaseFindings = entries(null, {
  HALF_DONE: {
    title: 'change that was started and not finished',
    effect:
      'The key is enforced with the new action, but the last step of its migration has not run, or was reverted.',
    help: 'Finish it in the direction in which it was started: run the migration again, or, where it was being reverted, revert once more (a tool may have two files for one change). `ondelete generate` writes the rest where the policy asks for it.',
  },
  NOT_VALIDATED: {
    title: 'key that was never validated (NOT VALID)',
    effect: 'New rows are checked, but old rows may be orphans (rows without a parent).',
    help: 'Fix the rows and run ALTER TABLE … VALIDATE CONSTRAINT ….',
  },
  NOT_ENFORCED: {
    title: 'key that is not enforced',
    effect: 'The server ignores the key, whatever its ON DELETE says.',
    help: 'Fix the rows, then run ALTER TABLE … ALTER CONSTRAINT … ENFORCED.',
  },
  TRIGGERS_DISABLED: {
    title: 'key whose internal triggers are disabled or replica-only',
    effect: 'The key looks enforced but is not: writes are not checked, and deletes leave rows behind.',
    help: 'Run ALTER TABLE … ENABLE TRIGGER ALL as a superuser.',
  },
  FOREIGN_KEYS_PRAGMA: {
    title: 'SQLite enforces foreign keys per connection',
    effect:
      'CASCADE, SET NULL and RESTRICT act only on connections with PRAGMA foreign_keys=ON; deletes on other connections leave orphans without an error.',
    help: 'Set PRAGMA foreign_keys=ON on every connection of the application.',
  },
  PARENT_MISMATCH: {
    title: 'key whose parent is missing or not unique',
    effect: 'Every insert into the child and every delete from the parent fails.',
    help: 'Make the parent columns a primary key or UNIQUE. Where the parent is gone, make the child anew with a key to the table that is meant, or without the key.',
  },
  SET_NULL_LIVE_ON_NOT_NULL: {
    title: 'SET NULL on a column that refuses NULL',
    effect: 'Every delete of a parent with children fails.',
    help: 'Make the column nullable, or choose another action.',
  },
  SET_DEFAULT_LIVE: {
    title: 'SET DEFAULT on InnoDB',
    effect:
      'The server stores the clause but does not carry it out: every delete or update of a parent with children fails, as with RESTRICT.',
    help: 'Use `refuse` if that is intended, otherwise SET NULL or CASCADE.',
  },
  RESTRICT_DEFERRABLE: {
    title: 'RESTRICT on a deferrable key',
    effect:
      'RESTRICT is checked at once even if the key is deferred, so a delete followed by an insert in one transaction fails.',
    help: 'Use `refuse` (or `no action`), unless the immediate check is intended.',
  },
  CASCADE_LEAVES_ROWS_LIVE: {
    title: 'cascade that leaves rows behind on this server',
    effect:
      'MySQL 9.6 and later leave orphans (rows without a parent) behind, without an error, if a delete cascades over three keys (a self reference counts), a cycle, two keys between the same tables, or a self reference of several columns.',
    help: 'Run the server with innodb_native_foreign_keys=ON, or let the lower keys refuse; then look for orphans.',
  },
});

const refused = entries('refused', {
  PATH_OPENED: {
    title: 'change that opens a path the policy forbids',
    effect: 'Deleting one row at its start would delete rows that `never` protects.',
    help: 'Let one key on the path refuse or set NULL, or remove the path from `never`.',
  },
  LIMIT_EXCEEDED: {
    title: 'change that lets a delete exceed a limit of the policy',
    effect: 'One delete would take more rows, or follow more keys, than `limits` allows.',
    help: 'Let a key on the path refuse or set NULL, or raise the limit.',
  },
  SET_NULL_ON_NOT_NULL: {
    title: 'SET NULL on a column that refuses NULL',
    effect: 'The server may accept the clause, but every later delete of a parent with children fails.',
    help: 'Make the column nullable first, or choose CASCADE or `refuse`.',
  },
  SET_NULL_ON_IDENTITY: {
    title: 'SET NULL on an identity column',
    effect: 'The server accepts the clause, but then every delete of a parent fails, even without children.',
    help: 'Drop the identity, or choose another action.',
  },
  SET_NULL_ON_GENERATED: {
    title: 'action that would write a generated column',
    effect: 'A generated column cannot be set: the server refuses the clause, or every later delete fails.',
    help: 'Choose CASCADE or `refuse`.',
  },
  SET_NULL_ON_CHECK: {
    title: 'CHECK that refuses the NULL which the action would write',
    effect: 'The server refuses the clause, or every later delete of a parent with children fails.',
    help: 'Change the CHECK, or choose another action.',
  },
  RULE_INSTEAD: {
    title: 'PostgreSQL rule that replaces the action',
    effect:
      'The query that carries out the action meets the DO INSTEAD rule of the child, so every delete of a parent fails.',
    help: 'Drop the rule (a trigger can replace it), or choose `refuse`.',
  },
  SET_NULL_SUBSET_MATCH_FULL: {
    title: 'SET NULL (columns) on a MATCH FULL key',
    effect:
      'A row with only some columns NULL violates MATCH FULL, so every delete of a parent with children fails.',
    help: 'Use SET NULL without a column list.',
  },
  SET_DEFAULT_UNSUPPORTED: {
    title: 'SET DEFAULT on InnoDB',
    effect: 'The server accepts the clause but acts as if it were RESTRICT.',
    help: 'Choose `refuse`, SET NULL or CASCADE.',
  },
  SET_DEFAULT_WITHOUT_DEFAULT: {
    title: 'SET DEFAULT on a NOT NULL column without a default',
    effect: 'Every delete of a parent with children fails.',
    help: 'Give the column a default that exists in the parent, or choose another action.',
  },
  COLUMN_LIST_UNSUPPORTED: {
    title: 'column list after SET NULL on a server without it',
    effect: 'SET NULL (columns) exists on PostgreSQL 15 and later only.',
    help: 'Use SET NULL without a list, or upgrade the server.',
  },
  PERIOD_ACTION: {
    title: 'action other than NO ACTION on a temporal key',
    effect: 'PostgreSQL refuses every other action for a key with PERIOD.',
    help: 'Leave the key as it is: `onDelete: keep`.',
  },
  REFERENCED_INDEX_MOVES: {
    title: 'key that would move to another unique index',
    effect:
      'Dropping and adding the key lets the server choose the index again, and it would choose another one.',
    help: 'Drop the redundant unique index first, or leave the key as it is.',
  },
  TRIGGER_STATE_NEEDS_SUPERUSER: {
    title: 'disabled or replica-only triggers that only a superuser can restore',
    effect: 'Adding the key again enables its triggers, which would silently enforce what was switched off.',
    help: 'Run the file as a superuser, or enable the triggers first.',
  },
  STORED_BASE_COLUMN: {
    title: 'column that a stored generated column is computed from',
    effect: 'The server refuses the action for such a column.',
    help: 'Make the generated column virtual, or choose `refuse`.',
  },
  PARENT_NOT_UNIQUE: {
    title: 'parent columns without a unique key',
    effect: 'The server would refuse to add the key again.',
    help: 'Add a UNIQUE key to the parent first.',
  },
  PARENT_MISSING: {
    title: 'parent table or column that does not exist',
    effect:
      'SQLite keeps such a key and answers every write to the child with an error, whatever the action is.',
    help: 'Make the child anew with a key to the table that is meant, or without the key. A rename under legacy_alter_table leaves such keys.',
  },
  COLLATION_DIFFERS: {
    title: 'key columns of another collation than the parent’s, on InnoDB',
    effect:
      'One side was converted while foreign_key_checks was off. The server kept the key, and would refuse to add it again.',
    help: 'Convert the other side too (ALTER TABLE … CONVERT TO CHARACTER SET … COLLATE …, with foreign_key_checks=0), and look for orphans.',
  },
  NOT_AVAILABLE_HERE: {
    title: 'kind of key that this server cannot change online',
    effect: 'Every way to change it leaves the key unenforced for a moment or locks a table meanwhile.',
    help: 'Leave it with `onDelete: keep`, or change it by hand in a maintenance window.',
  },
  ORIGINAL_NAME_UNKNOWN: {
    title: 'key with a temporary name whose own name is unknown',
    effect: 'Finishing the change under a guessed name would break whatever uses the name.',
    help: 'Put the migration that started the change into the output folder, or rename the key by hand.',
  },
  GROUP_REPLICATION_CASCADE: {
    title: 'cascading key under group replication',
    effect:
      'With group_replication_enforce_update_everywhere_checks the server refuses every write to a table with a cascading key. A file that was written before it was on stops.',
    help: 'Choose `refuse`, or run the group in single-primary mode.',
  },
  HALF_DONE_OTHER_WAY: {
    title: 'half-done change to another action than the policy asks for',
    effect: 'Reversing now would make an unfinished change look like an ordinary NOT VALID key.',
    help: 'Revert the change that was started, to its last file (a tool may have two files for one change), or finish it; then generate again.',
  },
});

const allowable = entries('allow', {
  UNPROVEN_ENGINE: {
    title: 'engine on which nothing was ever run',
    effect:
      'CockroachDB, YugabyteDB, Citus, Aurora DSQL and TiDB could not be had for the tests. The statements follow their documentation, and what they lock is not known.',
    help: 'Prove them on a cluster of your own, `ondelete verify --allow UNPROVEN_ENGINE --scratch URL`, then generate with --allow UNPROVEN_ENGINE.',
  },
  TABLE_REBUILD: {
    title: 'table that may have to be rebuilt',
    effect:
      'The runner may not edit the stored schema text, so the file would copy the whole table and block writers meanwhile.',
    help: 'Turn on unsafeMode in the runner (docs/kysely.md), or allow the rebuild with --allow TABLE_REBUILD.',
  },
  COLUMN_ORDER: {
    title: 'column that moves to the end of its table',
    effect:
      'On Cloudflare D1 the column of a key can be replaced instead of its table: one write per row, and no other table is touched. The order of the columns changes, so an INSERT without a list of columns puts values into the wrong ones.',
    help: 'If every statement names its columns, allow it with --allow COLUMN_ORDER. Keys of several columns, NOT NULL, with a default, or in a table with a trigger are changed by making the tables anew all the same.',
  },
  NOT_TRIED: {
    title: 'key whose deletes could not be rehearsed',
    effect:
      'No rows could be made up for it (a CHECK or a type that ondelete cannot satisfy), or the time of `verify` was up, so nothing is proven about it.',
    help: 'Give it more time with --timeout, or try the delete by hand on a copy; then accept the gap with --allow NOT_TRIED:MATCH. Files that `generate --verify` writes with such a gap carry no receipt.',
  },
});

const notices = entries('notice', {
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
});

export const catalogue = {
  ...policyFindings,
  ...databaseFindings,
  ...entries(null, modelEntries),
  ...entries(null, reachEntries),
  ...entries(null, lintEntries),
  ...refused,
  ...allowable,
  ...notices,
} as const satisfies Record<string, CatalogueEntry>;

export type Code = keyof typeof catalogue;

/** The entry of a code; null for an unknown one. */
export function entryOf(code: string): CatalogueEntry | null {
  return Object.hasOwn(catalogue, code) ? catalogue[code as Code] : null;
}

export function gradeOf(code: string): Grade {
  return entryOf(code)?.grade ?? 'notice';
}
