/** Findings about the keys as the database has them. */

export const databaseEntries = {
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
};
