/** The catalogue's entries about what a delete does, and about rules over paths. hazards.ts joins them with the others. */

export const reachEntries = {
  REFUSES_DELETE: {
    title: 'a key that refuses the delete',
    effect: 'A row cannot be deleted while rows of the child point to it.',
    help: 'Delete or move the children first, or choose another action for the key.',
  },
  REFUSED_BELOW_CASCADE: {
    title: 'a key that refuses below a cascade',
    effect:
      'The delete goes on over keys that cascade, meets rows of a key that refuses, and is taken back as a whole: it works until the first such row is there.',
    help: 'Let the key cascade or set NULL as well, or let the keys above it refuse, so that the answer does not depend on rows further down.',
  },
  REFUSES_ROWS_LEFT: {
    title: 'a refusing key whose rows may go over another path',
    effect:
      'The key is asked after the cascades: rows that the same delete takes do not stop it, rows that point there from elsewhere do.',
    help: 'Nothing to do if that is meant; a cascade over the key makes it certain.',
  },
  ORDER_DECIDES: {
    title: 'a refusing key and a cascade over the same rows',
    effect:
      'Whether the delete passes depends on which key the server comes to first, and that can change when a key is made again.',
    help: 'Let both paths cascade, or make the refusing key NO ACTION and, on PostgreSQL, DEFERRABLE INITIALLY DEFERRED.',
  },
  DELETED_OR_SET: {
    title: 'rows that one key deletes and another sets',
    effect:
      'Once the columns are set, the key that cascades finds nothing: whether the row goes or stays depends on which key the server comes to first.',
    help: 'Give keys over the same columns the same action, or drop one of them.',
  },
  CASCADE_TOO_DEEP: {
    title: 'a cascade deeper than the server follows',
    effect:
      'InnoDB follows 14 keys in a row and SQLite 1,000, a row that refers to its own table counting each time: a delete that goes deeper fails as a whole.',
    help: 'Delete from the leaves up, or let a key in between refuse.',
  },
  DEFAULT_WITHOUT_PARENT: {
    title: 'SET DEFAULT writes a value that has to exist in the parent',
    effect:
      'Where no row of the parent bears the default, or it is the very row that goes, the delete is refused.',
    help: 'Keep a row with the default in the parent, or choose SET NULL.',
  },
  PATH_FORBIDDEN: {
    title: 'a delete takes rows that the policy says it never may',
    effect: 'The path is open today: one delete of a row at its beginning deletes rows at its end.',
    help: 'Write a rule that lets one key on the path refuse or set NULL; `--baseline FILE` lets you start from where you stand.',
  },
  LIMIT_BROKEN: {
    title: 'a delete goes beyond a limit of the policy',
    effect: 'Today one delete takes more rows, or goes over more keys, than `limits` allows.',
    help: 'Let a key on the way refuse or set NULL, or raise the limit; `--baseline FILE` lets you start from where you stand.',
  },
  LIMIT_UNKNOWN: {
    title: 'a limit on rows that cannot be checked',
    effect:
      'The server has no statistics from which the rows could be estimated, so nobody watches over this limit.',
    help: 'ANALYZE the tables; from a saved snapshot, write it with `ondelete snapshot --stats`.',
  },
} as const;
