/** Hazards that refuse a change, always or until `--allow CODE`. */

export const refusedEntries = {
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
    effect:
      'MySQL would refuse to add the key again. SQLite keeps such a key, and while keys are on it answers every write that needs it with “foreign key mismatch”, whatever the action is.',
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
    effect:
      'Every way to change it leaves the key unenforced for a moment, locks a table meanwhile or loses a part of the key.',
    help: 'Leave it with `onDelete: keep`, or change it by hand in a maintenance window.',
  },
  PRINTED_ONLY: {
    title: 'engine for which no migration is written',
    effect:
      'On Vitess and PlanetScale keys change by deploy requests, and cascades run in VTGate. On TiDB before 8.5 they are experimental, or are listed and not enforced.',
    help: 'Let `ondelete generate` print the statements of what the policy asks for; it writes no file. Run them on a branch, for a deploy request.',
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
    effect: 'Until the change that was begun is at its end, no other is written for this key.',
    help: 'Finish it in the direction in which it was started (a tool may have two files for one change), then run `ondelete diff` again.',
  },
};

export const allowableEntries = {
  UNPROVEN_ENGINE: {
    title: 'engine on which nothing was ever run',
    effect:
      'CockroachDB, YugabyteDB, Citus, Aurora DSQL and TiDB were not available to test. The statements follow their documentation, and what they lock is not known.',
    help: 'Prove them on a cluster of your own, `ondelete verify --allow UNPROVEN_ENGINE --scratch URL` (on Aurora DSQL by hand), then generate with --allow UNPROVEN_ENGINE.',
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
    help: 'If every statement names its columns, allow it with --allow COLUMN_ORDER. Keys of several columns, NOT NULL, with a default, in a table with a trigger or that a view or another trigger names, or where any view is broken, are changed by making the tables anew all the same.',
  },
  NOT_TRIED: {
    title: 'key whose deletes could not be rehearsed',
    effect:
      'No rows could be made up for it (a CHECK or a type that ondelete cannot satisfy), or the time of `verify` was up, so nothing is proven about it.',
    help: 'Give it more time with --timeout, or try the delete by hand on a copy; then accept the gap with --allow NOT_TRIED:MATCH. Files that `generate --verify` writes with such a gap carry no receipt.',
  },
};
