/** Findings about the policy, and about migrations that are pending. */

export const policyEntries = {
  NOT_IN_POLICY: {
    title: 'foreign key that differs from the policy',
    effect: 'A delete does something other than the policy says.',
    help: 'Write the migration with `ondelete generate`, or change the rule.',
  },
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
};
