/** The catalogue: every finding and hazard with its prose, written once. Dialects name a code; reports join the two. */
import { lintEntries } from './lint.ts';
import { modelEntries } from './orm.ts';
import { reachEntries } from './reach.ts';

/**
 * What a hazard does to `generate`:
 * `refused` cannot be had at all, `allow` is refused until `--allow CODE`, `told` is only shown.
 */
export type Grade = 'refused' | 'allow' | 'notice';

export interface CatalogueEntry {
  readonly kind: 'finding' | 'hazard';
  /** For hazards; a finding's severity is said where it is found. */
  readonly grade: Grade | null;
  readonly title: string;
  /** What happens if nobody minds. */
  readonly effect: string;
  readonly help: string;
}

function finding(title: string, effect: string, help: string): CatalogueEntry {
  return { kind: 'finding', grade: null, title, effect, help: help };
}
function findings<Codes extends string>(
  entries: Readonly<Record<Codes, Omit<CatalogueEntry, 'kind' | 'grade'>>>,
): Record<Codes, CatalogueEntry> {
  const made = Object.entries<Omit<CatalogueEntry, 'kind' | 'grade'>>(entries).map(
    ([code, { title, effect, help: help }]) => [code, finding(title, effect, help)],
  );
  return Object.fromEntries(made) as Record<Codes, CatalogueEntry>;
}
function hazard(grade: Grade, title: string, effect: string, help: string): CatalogueEntry {
  return { kind: 'hazard', grade, title, effect, help: help };
}

export const catalogue = {
  // about the policy
  NO_RULE: finding(
    'a key that no rule decides',
    'Nobody has said what a delete should do here, so the database decides alone.',
    'Add a rule for it, or set `default: keep` if such keys may stay as they are.',
  ),
  NO_KEYS: finding(
    'rules, but no foreign key to be seen',
    'Nothing can be compared: the database has no foreign keys, or the scope leaves them all out.',
    'Check the URL, `schemas` and the rights of the user.',
  ),
  RULE_MATCHES_NOTHING: finding(
    'a rule that matches no key',
    'The rule promises something about a relationship that does not exist: a misspelling, or a key that was dropped.',
    'Correct the pattern, remove the rule, or say `optional: true` if matching nothing is fine here.',
  ),
  RULE_UNREACHABLE: finding(
    'a rule that can never be reached',
    'Every key it matches is decided by an earlier rule, so it changes nothing.',
    'Move it up, or remove it.',
  ),
  RULE_TAKES_OVER: finding(
    'a rule whose `from` matches what another rule leads to',
    'Once the key is changed, the first rule asks for the next change: no state of the key would be in policy, so it is left alone.',
    'Move the other rule above this one, or except the key here.',
  ),
  AMBIGUOUS_NAME: finding(
    'a name without a schema that meets tables of several schemas',
    'The rule decides for all of them, which may be more than was meant.',
    'Write the schema in front of the name, or `*.name` if all are meant.',
  ),
  COLUMN_LIST_MISMATCH: finding(
    'a column list that names columns the key does not have',
    'SET NULL (columns) can only name columns of the key itself.',
    'Name columns of the key, or write a rule of its own for it.',
  ),
  MIGRATION_PENDING: finding(
    'a migration that is written and not applied here',
    'It brings these keys into policy once your migration tool has run it.',
    'Run it. `ondelete verify` rehearses it on a scratch database first.',
  ),
  PROOF_STALE: finding(
    'a pending migration that was proven on other keys than these',
    'It guards itself and stops where it does not fit, but nobody has tried it on the keys as they are here.',
    'Run `ondelete verify`; `generate --verify` writes the proof of a new file into its head.',
  ),
  // about the database
  HALF_DONE: finding(
    'a change that was begun and not finished',
    'The key is enforced with the new action; the last step of its migration is still to come.',
    'Run the migration again, or let `ondelete generate` write the rest.',
  ),
  NOT_VALIDATED: finding(
    'a key that was never validated (NOT VALID)',
    'New rows are checked, old rows may point to nothing.',
    'Mend the rows and run ALTER TABLE … VALIDATE CONSTRAINT …',
  ),
  NOT_ENFORCED: finding(
    'a key that is not enforced',
    'Whatever its ON DELETE says, the server does nothing.',
    'ALTER TABLE … ALTER CONSTRAINT … ENFORCED, after the rows are mended.',
  ),
  TRIGGERS_DISABLED: finding(
    'internal triggers of a key are disabled or replica-only',
    'The key looks enforced and is not: writes pass unchecked and deletes leave rows behind.',
    'ALTER TABLE … ENABLE TRIGGER ALL, as a superuser.',
  ),
  FOREIGN_KEYS_PRAGMA: finding(
    'SQLite enforces foreign keys per connection',
    'CASCADE, SET NULL and RESTRICT act only on connections with PRAGMA foreign_keys=ON; others delete and leave orphans without an error.',
    'Set PRAGMA foreign_keys=ON on every connection of the application.',
  ),
  PARENT_MISMATCH: finding(
    'a key whose parent columns are not unique or whose parent is missing',
    'Every insert into the child and every delete from the parent fails.',
    'Make the parent columns a primary key or UNIQUE, or drop the key.',
  ),
  SET_NULL_LIVE_ON_NOT_NULL: finding(
    'SET NULL on a column that refuses NULL',
    'Every delete of a parent with children fails.',
    'Make the column nullable, or choose another action.',
  ),
  SET_DEFAULT_LIVE: finding(
    'SET DEFAULT on InnoDB',
    'The server keeps the words and does nothing: every delete or update of a parent with children fails, as with RESTRICT.',
    'Say `refuse` if that is meant, or choose SET NULL or CASCADE.',
  ),
  RESTRICT_DEFERRABLE: finding(
    'RESTRICT on a deferrable key',
    'RESTRICT is checked at once even when the key is deferred, so delete-then-insert in one transaction fails.',
    'Say `refuse` (or `no action`), unless the immediate check is meant.',
  ),
  // about models
  ...findings(modelEntries),
  // about what a delete does
  ...findings(reachEntries),
  // what only lint tells
  ...findings(lintEntries),
  // hazards: refused
  PATH_OPENED: hazard(
    'refused',
    'the change opens a path that the policy forbids',
    'Deleting a row there would delete rows that `never` keeps safe.',
    'Let one key on the path refuse or set NULL, or take the path out of `never`.',
  ),
  LIMIT_EXCEEDED: hazard(
    'refused',
    'the change lets a delete go beyond a limit of the policy',
    'One delete would take more rows, or go over more keys, than `limits` allows.',
    'Let a key on the way refuse or set NULL, or raise the limit.',
  ),
  SET_NULL_ON_NOT_NULL: hazard(
    'refused',
    'SET NULL on a column that refuses NULL',
    'The server may accept the clause, but every later delete of a parent with children fails.',
    'Make the column nullable first, or choose CASCADE or `refuse`.',
  ),
  SET_NULL_ON_IDENTITY: hazard(
    'refused',
    'SET NULL on an identity column',
    'The clause is accepted, then every delete of a parent fails, even without children.',
    'Drop the identity, or choose another action.',
  ),
  SET_NULL_ON_GENERATED: hazard(
    'refused',
    'the action would have to write a generated column',
    'A generated column cannot be set: the server refuses the clause, or every later delete fails.',
    'Choose CASCADE or `refuse`.',
  ),
  SET_NULL_ON_CHECK: hazard(
    'refused',
    'a CHECK refuses the NULL that the action would write',
    'The server refuses the clause, or every later delete of a parent with children fails.',
    'Change the CHECK, or choose another action.',
  ),
  RULE_INSTEAD: hazard(
    'refused',
    'a rule of the child replaces what the action would do',
    'The server’s own query meets the DO INSTEAD rule, so every delete of a parent fails.',
    'Drop the rule (a trigger can take its place), or choose `refuse`.',
  ),
  SET_NULL_SUBSET_MATCH_FULL: hazard(
    'refused',
    'SET NULL (columns) on a MATCH FULL key',
    'A row with some columns NULL violates MATCH FULL, so every delete of a parent with children fails.',
    'Use SET NULL without a column list.',
  ),
  SET_DEFAULT_UNSUPPORTED: hazard(
    'refused',
    'SET DEFAULT does nothing on InnoDB',
    'The server takes the clause and behaves like RESTRICT.',
    'Choose `refuse`, SET NULL or CASCADE.',
  ),
  SET_DEFAULT_WITHOUT_DEFAULT: hazard(
    'refused',
    'SET DEFAULT on a NOT NULL column without a default',
    'Every delete of a parent with children fails.',
    'Give the column a default that exists in the parent, or choose another action.',
  ),
  COLUMN_LIST_UNSUPPORTED: hazard(
    'refused',
    'this server knows no column list behind SET NULL',
    'SET NULL (columns) exists on PostgreSQL 15 and later only.',
    'Use SET NULL without a list, or upgrade the server.',
  ),
  PERIOD_ACTION: hazard(
    'refused',
    'a temporal key knows no action but NO ACTION',
    'PostgreSQL refuses every other action for a key with PERIOD.',
    'Leave it: `onDelete: keep`.',
  ),
  REFERENCED_INDEX_MOVES: hazard(
    'refused',
    'the key would come to rest on another unique index',
    'Dropping and adding the key lets the server choose the index anew, and it would choose another one.',
    'Drop the redundant unique index first, or leave the key as it is.',
  ),
  TRIGGER_STATE_NEEDS_SUPERUSER: hazard(
    'refused',
    'disabled or replica-only triggers of the key can be set again by a superuser only',
    'Adding the key anew enables its triggers, which would silently enforce what somebody switched off.',
    'Run as a superuser, or ENABLE the triggers first.',
  ),
  STORED_BASE_COLUMN: hazard(
    'refused',
    'the column is the base of a stored generated column',
    'The server refuses the action for such a column.',
    'Make the generated column virtual, or choose `refuse`.',
  ),
  PARENT_NOT_UNIQUE: hazard(
    'refused',
    'the parent columns are not a unique key',
    'The server would refuse to add the key again.',
    'Add a UNIQUE key to the parent first.',
  ),
  NOT_AVAILABLE_HERE: hazard(
    'refused',
    'this kind of key cannot be changed online on this server',
    'The server has no way to change it without a moment in which it is not enforced or a table is locked.',
    'Leave it: `onDelete: keep`, or change it by hand in a maintenance window.',
  ),
  ORIGINAL_NAME_UNKNOWN: hazard(
    'refused',
    'the key stands under a temporary name and its own name is not known',
    'Finishing it under a guessed name would break whatever uses the name.',
    'Put the migration that began the change into the output folder, or rename the key by hand.',
  ),
  GROUP_REPLICATION_CASCADE: hazard(
    'refused',
    'group replication refuses writes to tables with cascading keys',
    'With group_replication_enforce_update_everywhere_checks every write to the table would fail.',
    'Choose `refuse`, or run the group in single-primary mode.',
  ),
  HALF_DONE_OTHER_WAY: hazard(
    'refused',
    'a half-done change leads elsewhere than the policy',
    'Turning round in the middle would lose the mark that tells a half-done key from one that was always NOT VALID.',
    'Run the down migration of the change that was begun, or finish it, and generate again.',
  ),
  // hazards: wanted --allow
  TABLE_REBUILD: hazard(
    'allow',
    'the table may have to be rebuilt',
    'The runner may not edit the stored schema text, so the file would copy the whole table and keep writers out meanwhile.',
    'Turn on unsafeMode in the runner (docs/kysely.md), or allow the rebuild with --allow TABLE_REBUILD.',
  ),
  // hazards: told
  ONE_TRANSACTION_RUNNER: hazard(
    'notice',
    'the runner puts all pending files into one transaction',
    'A lock taken by one file would be held until the last file is done; on tables that are not small the files stop before their first lock.',
    'Apply the files one at a time, or switch the runner’s transactions off.',
  ),
  TWO_KEYS_WINDOW: hazard(
    'notice',
    'for a while two keys stand on each partition',
    'Between the first and the last file the old key and its twin are both enforced, and which action wins is the server’s choice.',
    'Apply the files soon after each other.',
  ),
  ORPHANS: hazard(
    'notice',
    'rows of the child point to no parent',
    'The key cannot be validated while they are there; the file counts them before it changes anything, and stops.',
    'Mend or delete the rows first.',
  ),
  ORPHANS_STAY: hazard(
    'notice',
    'rows of the child point to no parent, and stay',
    'The change does not depend on them and is made all the same; no delete of a parent will ever reach them.',
    'Mend or delete them when you can.',
  ),
  NOT_OWNER: hazard(
    'notice',
    'the user of this session may not change this key',
    'ALTER TABLE would fail for want of rights if the same user ran the file.',
    'Run the file as a user that owns the child and has REFERENCES on the parent.',
  ),
  READ_ONLY_SERVER: hazard(
    'notice',
    'the server is read-only',
    'It is a standby or replica, or somebody set it read-only: the file cannot run here.',
    'Run the file against the primary.',
  ),
  STANDBYS: hazard(
    'notice',
    'the server has standbys or replicas',
    'They replay the change: readers there wait for it, or are cancelled.',
    'Watch the lag; run when no long query is running there.',
  ),
  GALERA: hazard(
    'notice',
    'the server is a Galera node',
    'Schema changes run on every node of the cluster at the same time.',
    'Run in a quiet hour.',
  ),
  LONG_TRANSACTION: hazard(
    'notice',
    'a long-running transaction holds a lock on the table',
    'The change waits for it, in bounded tries, and may give up.',
    'Wait for it or end it before you apply the file.',
  ),
  PREPARED_TRANSACTION: hazard(
    'notice',
    'a prepared transaction holds a lock on the table',
    'The change cannot get its lock until somebody commits or rolls it back.',
    'COMMIT PREPARED or ROLLBACK PREPARED it first.',
  ),
  ROW_BY_ROW_VALIDATE: hazard(
    'notice',
    'the user may not SELECT from the parent',
    'VALIDATE falls back to one query per row, ten times slower.',
    'GRANT SELECT on the parent to the owner of the child.',
  ),
  TRIGGERS_NOT_FIRED: hazard(
    'notice',
    'the child has triggers that a cascade does not fire',
    'On this engine rows deleted or nulled by a key fire no triggers.',
    'Check what the triggers are for.',
  ),
  SELF_REFERENCE_DEPTH: hazard(
    'notice',
    'a cascade over a self reference is limited in depth',
    'InnoDB stops at 15 levels, SQLite at 1,000: a delete above that fails.',
    'Delete deep trees from the leaves up.',
  ),
  CASCADE_LEAVES_ROWS: hazard(
    'notice',
    'this server forgets rows when a cascade goes over more than two keys',
    'MySQL 9.6 and later enforce keys themselves, and leave rows that point to nothing, without an error, where a delete cascades over three keys (a self reference counts), a circle, or two keys between the same tables.',
    'Run the server with innodb_native_foreign_keys=ON (InnoDB enforces keys then, as before 9.6), or let the lower keys refuse and delete from the leaves up. `ondelete verify` shows what your server does.',
  ),
  CASCADE_LEAVES_ROWS_LIVE: finding(
    'cascades that leave rows behind on this server',
    'MySQL 9.6 and later leave rows that point to nothing, without an error, where a delete cascades over three keys (a self reference counts), a circle, two keys between the same tables, or a self reference of several columns.',
    'Run the server with innodb_native_foreign_keys=ON, or let the lower keys refuse; then look for orphans.',
  ),
  SELF_REFERENCE_LEAVES_ROWS: hazard(
    'notice',
    'this server forgets children when a self reference of several columns cascades',
    'MySQL 9.6 and later leave every child that has the same value as its parent in the first of the referenced columns, such as the tenant, pointing to nothing and without an error.',
    'Run the server with innodb_native_foreign_keys=ON (InnoDB enforces keys then, as before 9.6), reference one column that is unique by itself, or keep the key refusing and delete from the leaves up.',
  ),
  SELF_REFERENCE_BRANCHES: hazard(
    'notice',
    'this server cannot cascade through a tree in one table',
    'MySQL 9.6 and later count the same table again for every branch: a delete fails as soon as two children have children of their own.',
    'Delete trees from the leaves up, keep the key refusing, or run the server with innodb_native_foreign_keys=ON.',
  ),
  CHILD_INDEX_MISSING: hazard(
    'notice',
    'no index on the child serves the key',
    'Every delete of a parent reads the whole child table.',
    'Create an index on the child’s columns.',
  ),
} as const satisfies Record<string, CatalogueEntry>;

export type Code = keyof typeof catalogue;

/** The entry of a code, or null for a code that nobody wrote down. */
export function entryOf(code: string): CatalogueEntry | null {
  return Object.hasOwn(catalogue, code) ? catalogue[code as Code] : null;
}

export function gradeOf(code: string): Grade {
  return entryOf(code)?.grade ?? 'notice';
}
