/** The catalogue's entries that only `lint` tells, and those about its settings. hazards.ts joins them with the others. */

export const lintEntries = {
  ORPHANS_FOUND: {
    title: 'rows under a key that point to no parent',
    effect:
      'No delete of a parent will ever reach them, and the key cannot be validated while they are there.',
    help: 'Give them a parent, set the key to NULL, or delete them.',
  },
  TWIN_KEYS_DIFFER: {
    title: 'two keys over the same columns with different actions',
    effect: 'One delete meets both: what happens is decided by the stricter one or by the server’s order.',
    help: 'Drop one of them; `constraint:` in a rule tells them apart meanwhile.',
  },
  TYPE_MISMATCH: {
    title: 'a key whose columns are of another type than the parent’s',
    effect:
      'Every check converts one side, and an index may not serve it: deletes and validation are slow, and values that look alike may differ.',
    help: 'Give the child’s column the parent’s type.',
  },
  COLLATION_MISMATCH: {
    title: 'a key whose columns collate unlike the parent’s',
    effect: 'Joins over the key need a collation of their own, and an index on one side may not serve them.',
    help: 'Give both columns the same collation.',
  },
  CASCADE_INTO_SOFT_DELETE: {
    title: 'a cascade into a table that marks rows as deleted',
    effect: 'The application keeps deleted rows here on purpose; a cascade removes them for good.',
    help: 'Mark the parent as deleted too instead of deleting it, or let the key refuse.',
  },
  BEFORE_TRIGGER_SWALLOWS: {
    title: 'a trigger that may swallow what the key does',
    effect:
      'A BEFORE trigger that gives back NULL keeps the row as it is: the parent goes, and the row points to nothing, without an error.',
    help: 'Let the trigger RETURN OLD (DELETE) or NEW (UPDATE), or let the key refuse.',
  },
  PUBLISHED_WITHOUT_IDENTITY: {
    title: 'a published table without a replica identity',
    effect:
      'Every delete or update that the key would make on it fails, and the delete of the parent with it.',
    help: 'Give it a primary key, or ALTER TABLE … REPLICA IDENTITY FULL.',
  },
  ENGINE_IGNORES_KEYS: {
    title: 'a table whose engine ignores foreign keys',
    effect: 'REFERENCES is accepted and forgotten: nothing is checked and no delete reaches its rows.',
    help: 'ALTER TABLE … ENGINE=InnoDB, then add the keys; a full copy of the table.',
  },
  CASCADE_NOT_LOGGED: {
    title: 'what cascades delete is not in the binary log',
    effect:
      'InnoDB does it below the log: replicas repeat it by themselves, but readers of the log (change data capture, audit) never hear of those rows.',
    help: 'Let such readers derive it from the parent’s delete, or delete the children in statements of their own.',
  },
  SELF_REFERENCE_TOO_DEEP: {
    title: 'a tree deeper than the server follows',
    effect: 'Deleting a row near its top fails: InnoDB follows 14 keys in a row, SQLite 1,000.',
    help: 'Delete from the leaves up, in batches by depth.',
  },
  IGNORE_MATCHES_NOTHING: {
    title: 'an entry of `ignore` that ignores nothing',
    effect:
      'What it was written for is gone, or its pattern is misspelled; a new finding of that code would be hidden.',
    help: 'Remove it, or correct its pattern.',
  },
} as const;
