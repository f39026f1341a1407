/** Findings about what a delete does, and about the rules over paths. */

export const reachEntries = {
  REFUSES_DELETE: {
    title: 'key that refuses the delete',
    effect: 'A row cannot be deleted while rows of the child point to it.',
    help: 'Delete or move the children first, or choose another action for the key.',
  },
  REFUSED_BELOW_CASCADE: {
    title: 'key that refuses below a cascade',
    effect:
      'The delete cascades until it meets rows of a key that refuses, and is then rolled back as a whole. It succeeds only as long as no such row exists.',
    help: 'Let the key cascade or set NULL as well, or let the keys above it refuse, so that rows further down do not decide.',
  },
  REFUSES_ROWS_LEFT: {
    title: 'refusing key whose rows another path may delete',
    effect:
      'The key is checked after the cascades: rows that the same delete takes do not stop it, but other rows that point there do.',
    help: 'Leave it if that is intended, or let the key cascade to be certain.',
  },
  ORDER_DECIDES: {
    title: 'refusing key and cascade over the same rows',
    effect:
      'Whether the delete passes depends on which key the server checks first, and that can change when a key is created again.',
    help: 'Let both paths cascade, or make the refusing key NO ACTION and, on PostgreSQL, DEFERRABLE INITIALLY DEFERRED.',
  },
  DELETED_OR_SET: {
    title: 'rows that one key deletes and another sets',
    effect:
      'Once the columns are set, the cascading key finds nothing, so the key that the server takes first decides whether the row is deleted or stays.',
    help: 'Give keys over the same columns the same action, or drop one of them.',
  },
  CASCADE_TOO_DEEP: {
    title: 'cascade deeper than the server follows',
    effect:
      'InnoDB follows 14 keys in a row and SQLite 1,000, and each row of a self reference counts: a delete that goes deeper fails as a whole.',
    help: 'Delete from the leaves up, or let a key in between refuse.',
  },
  DEFAULT_WITHOUT_PARENT: {
    title: 'SET DEFAULT to a value that must exist in the parent',
    effect:
      'If no row of the parent has the default, or the row that has it is deleted, the delete is refused.',
    help: 'Keep a row with the default in the parent, or choose SET NULL.',
  },
  PATH_FORBIDDEN: {
    title: 'delete that takes rows which the policy protects',
    effect: 'The path is open today: deleting one row at its start deletes rows at its end.',
    help: 'Let one key on the path refuse or set NULL: with a rule, or, if the policy already has that rule, by running its migration. `--baseline FILE` accepts what exists today.',
  },
  LIMIT_BROKEN: {
    title: 'delete that exceeds a limit of the policy',
    effect: 'Today one delete takes more rows, or follows more keys, than `limits` allows.',
    help: 'Let a key on the path refuse or set NULL (if the policy already says so, run the migration), or raise the limit. `--baseline FILE` accepts what exists today.',
  },
  LIMIT_UNKNOWN: {
    title: 'row limit that cannot be checked',
    effect: 'The server has no statistics to estimate the rows from, so this limit is not enforced.',
    help: 'Run ANALYZE on the tables. Write a saved snapshot with `ondelete snapshot --stats`.',
  },
} as const;
