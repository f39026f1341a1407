/** Findings that only `lint` looks for, and those about its settings. */

export const lintEntries = {
  ORPHANS_FOUND: {
    title: 'orphans (rows without a parent)',
    effect:
      'No delete of a parent will ever reach them, and PostgreSQL cannot validate the key while they exist. On PostgreSQL `lint` looks only at keys that are NOT VALID, not enforced, or have disabled triggers.',
    help: 'Give them a parent, set the key to NULL, or delete them.',
  },
  TWIN_KEYS_DIFFER: {
    title: 'two keys over the same columns with different actions',
    effect: 'One delete meets both keys, and the stricter one or the server’s order decides.',
    help: 'Drop one of them; until then, `constraint:` in a rule tells them apart.',
  },
  TYPE_MISMATCH: {
    title: 'key columns of another type than the parent’s',
    effect:
      'Every check converts one side and may not be able to use an index: deletes and validation are slow, and values that look alike may differ.',
    help: 'Give the child’s column the parent’s type.',
  },
  COLLATION_MISMATCH: {
    title: 'key columns with another collation than the parent’s',
    effect:
      'Joins over the key need an explicit collation, and may not be able to use an index on one side. MySQL and MariaDB would also refuse to add the key again.',
    help: 'Give both columns the same collation.',
  },
  ENGINE_IGNORES_KEYS: {
    title: 'table whose storage engine ignores foreign keys',
    effect: 'REFERENCES is accepted and forgotten: nothing is checked, and no delete reaches its rows.',
    help: 'Run ALTER TABLE … ENGINE=InnoDB (a full copy of the table), then add the keys.',
  },
  CASCADE_NOT_LOGGED: {
    title: 'cascaded deletes that are not in the binary log',
    effect:
      'InnoDB cascades below the log: replicas repeat it by themselves, but readers of the log (change data capture, audit) never see those rows.',
    help: 'Let such readers derive it from the parent’s delete, or delete the children in statements of their own.',
  },
  SELF_REFERENCE_TOO_DEEP: {
    title: 'tree deeper than the server cascades',
    effect: 'Deleting a row near its top fails: InnoDB follows 14 keys in a row, SQLite 1,000.',
    help: 'Delete from the leaves up, in batches by depth.',
  },
  IGNORE_MATCHES_NOTHING: {
    title: 'entry of `ignore` that ignores nothing',
    effect:
      'What it was written for is gone, or its pattern is misspelled; a new finding of that code would be hidden.',
    help: 'Remove it, or correct its pattern.',
  },
} as const;
