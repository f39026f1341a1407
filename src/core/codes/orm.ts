/** The catalogue's entries about models: what an ORM does beside what the database does. */
export const modelEntries = {
  ORM_NULLS_BEFORE_DB_CASCADE: {
    title: 'the ORM sets the key to NULL before the database can cascade',
    effect:
      'The rows that ON DELETE CASCADE should delete stay with NULL, or the delete fails where the column is NOT NULL; a bulk delete deletes them.',
    help: 'Let the ORM leave the children to the database (SQLAlchemy: cascade="all, delete", passive_deletes=True, or passive_deletes="all"), or write the same action in both places.',
  },
  ORM_LOAD_STATE_DEPENDENT_DELETE: {
    title: 'the same delete does different things when the collection is loaded',
    effect:
      'passive_deletes=True leaves unloaded children to the database, whose action differs from what the ORM does with loaded ones.',
    help: 'Make the key ON DELETE CASCADE first, or remove passive_deletes.',
  },
  ORM_ONLY_CASCADE: {
    title: 'a cascade that only the ORM knows',
    effect:
      'Bulk deletes, plain SQL and other services get the database’s action: they fail, or leave orphans (rows without a parent).',
    help: 'Make the key ON DELETE CASCADE. With SQLAlchemy then add passive_deletes=True, in this order.',
  },
  ORM_ONLY_SET_NULL: {
    title: 'the ORM sets to NULL what the database does not',
    effect:
      'A delete through the ORM keeps the children and sets their key to NULL; a bulk delete or plain SQL does something else.',
    help: 'Make the key ON DELETE SET NULL; if the database’s action is meant, let the ORM leave the children to it (SQLAlchemy: passive_deletes="all").',
  },
  ORM_ONLY_SET_DEFAULT: {
    title: 'the ORM sets to a default what the database does not',
    effect:
      'A delete through the ORM gives the children another parent; plain SQL and other services meet the database’s action.',
    help: 'Make the key ON DELETE SET DEFAULT where the engine supports it and the column has that default, or write the same action in both places.',
  },
  ORM_GUARD_NOT_IN_DATABASE: {
    title: 'only the ORM refuses to delete a parent with children',
    effect: 'Plain SQL and other services delete the parent, and the children are deleted or lose it.',
    help: 'Make the key NO ACTION or RESTRICT in the database too.',
  },
  ORM_KEY_NOT_CONSTRAINED: {
    title: 'a relation without a foreign key',
    effect:
      'The model asks for no constraint, so whatever deletes a parent without the ORM leaves orphans (rows without a parent).',
    help: 'Let the model ask for the constraint and migrate, or accept it with `ignore:` and the reason.',
  },
  ORM_DELETE_ALWAYS_FAILS: {
    title: 'a parent that the ORM can never delete once it has children',
    effect:
      'SQLAlchemy tries to set a NOT NULL column to NULL, so the delete fails, and not with the error of the foreign key.',
    help: 'Set passive_deletes="all" if the delete should be refused; otherwise CASCADE in the database and the cascade on the relationship.',
  },
  ORM_CASCADE_ON_MANY_TO_ONE: {
    title: 'a delete cascade on the side that holds the key',
    effect:
      'Deleting one child deletes its parent and may delete the siblings; deleting the parent is not affected at all.',
    help: 'Move it to the parent’s side: the collection’s relationship(), or backref(…, cascade=…).',
  },
  ORM_ACTION_IGNORED: {
    title: 'an action written where the ORM does not read it',
    effect: 'The key is created as if it were not there: with the action of the other side, or none.',
    help: 'Write it on the side that holds the key, and remove it here (TypeORM: @ManyToOne, not @OneToMany).',
  },
  ORM_PASSIVE_DELETES_ON_MANY_TO_ONE: {
    title: 'a passive_deletes option on the side that holds the key',
    effect: 'It has no effect there: the children are treated as if it were missing.',
    help: 'Move it to the parent’s side: the collection’s relationship(), or backref(…, passive_deletes=True).',
  },
  ORM_DB_CASCADE_NOT_TRUSTED: {
    title: 'the ORM loads and deletes every child although the database cascades',
    effect:
      'There is one SELECT and one DELETE for each child: some hundred times slower with 20,000 of them.',
    help: 'Set passive_deletes=True, unless listeners have to see each delete of a child.',
  },
  ORM_EAGER_DEFEATS_PASSIVE_DELETES: {
    title: 'children that are loaded with their parent, so passive_deletes saves nothing',
    effect: 'Every child that is loaded is deleted by a statement of its own.',
    help: 'Set lazy="select" (the default) or lazy="write_only", and load eagerly in the queries that need it.',
  },
  ORM_NOLOAD_CASCADE: {
    title: 'a delete cascade over a collection that is never loaded',
    effect:
      'The ORM sees no children and deletes none: the database’s action decides, and it does not cascade.',
    help: 'Make the key ON DELETE CASCADE, then add passive_deletes=True.',
  },
  ORM_WRITE_ONLY_NEEDS_PASSIVE: {
    title: 'a write-only collection without passive_deletes',
    effect: 'Every session.delete of a parent fails: the collection cannot be loaded.',
    help: 'Make the key ON DELETE CASCADE (or SET NULL, to keep the children), then add passive_deletes=True.',
  },
  ORM_CASCADE_THROUGH_SECONDARY: {
    title: 'a delete cascade through a link table',
    effect:
      'Deleting one side deletes rows of the other that others still link to, or fails because of those links.',
    help: 'Remove delete from the cascade: the links are deleted without it.',
  },
  ORM_SECONDARY_WITHOUT_DB_CASCADE: {
    title: 'a link table that only the ORM clears',
    effect:
      'A bulk delete of a linked row, or a delete from the side without the relationship, fails because of its links.',
    help: 'Make both keys of the link table ON DELETE CASCADE.',
  },
  ORM_JOINED_INHERITANCE_WITHOUT_DB_CASCADE: {
    title: 'a joined subclass whose key does not cascade',
    effect: 'A bulk delete over the base class fails because of the subclass’s rows.',
    help: 'Make the key ON DELETE CASCADE, then add passive_deletes=True to the subclass’s __mapper_args__.',
  },
  ORM_VIEWONLY_CASCADE: {
    title: 'a delete cascade on a view-only relationship',
    effect: 'SQLAlchemy 2 ignores it without a warning: nothing is deleted through it.',
    help: 'Remove it, or move it to the relationship that writes.',
  },
  ORM_SET_NULL_ON_NOT_NULL: {
    title: 'SET NULL on a NOT NULL column',
    effect: 'Every delete of a parent with children fails.',
    help: 'Choose CASCADE or RESTRICT; on PostgreSQL 15 and later also SET NULL (columns that are nullable).',
  },
  ORM_OVERRIDES_DB_GUARD: {
    title: 'the ORM deletes children that the key should protect',
    effect: 'A delete through the ORM removes the children first, so the key never gets to refuse it.',
    help: 'Remove the cascade from the model (SQLAlchemy: and set passive_deletes="all"), or write CASCADE in the policy if that is meant.',
  },
  ORM_DELETE_ORPHAN_MISSING: {
    title: 'children that need a parent, and no delete-orphan',
    effect: 'Removing a child from the collection sets its key to NULL, which fails on the NOT NULL column.',
    help: 'Set cascade="all, delete-orphan" on the collection.',
  },
  ORM_UNCOVERED_GRANDCHILD: {
    title: 'a cascade that ends at a key that refuses',
    effect: 'The delete fails further down as soon as such rows exist, whatever the keys above do.',
    help: 'Decide that key in the policy: cascade or set null if it should follow, refuse if it should protect its rows.',
  },
  ORM_EVENTS_SKIP_ON_DB_CASCADE: {
    title: 'delete listeners that the database’s cascade does not call',
    effect:
      'Bulk deletes and plain SQL delete children without before_delete and after_delete, and so does session.delete with those that it leaves to the database: audit trails, files and search indexes miss them.',
    help: 'Let the ORM delete each child over a key that refuses (no passive_deletes, NO ACTION), or do the listener’s work in a trigger.',
  },
  ORM_SQLITE_FOREIGN_KEYS_OFF: {
    title: 'the application’s SQLite connections do not enforce keys',
    effect:
      'Nothing cascades, is set to NULL or refused: deletes leave orphans (rows without a parent), without an error.',
    help: 'Run PRAGMA foreign_keys=ON in a listener for "connect" on the Engine class, in a module that is always imported.',
  },
  ORM_MODEL_DB_DRIFT: {
    title: 'the model and the database have different actions',
    effect:
      'A delete does not do what a reader of the model expects, and the next autogenerated migration may undo the database’s action.',
    help: 'Change one of them: the database with `ondelete generate`, or the model with ondelete= on the key.',
  },
  ORM_KEY_NOT_IN_DATABASE: {
    title: 'a key of the model that the database does not have',
    effect:
      'Nothing enforces it: deletes leave orphans (rows without a parent). What else is to be said of it is found once it is there.',
    help: 'Run the migrations that make it, or check which schemas are in scope.',
  },
  ORM_MODELS_DISAGREE: {
    title: 'two models that want different actions for one key',
    effect: 'Neither becomes a rule: only the rules of the policy’s file decide the key.',
    help: 'Let one Base declare the table, or decide the key with a rule in the policy.',
  },
  ORM_UNKNOWN_ACTION: {
    title: 'an ondelete that is not an action',
    effect: 'Creating the table fails, or the database does something other than the word suggests.',
    help: 'Write CASCADE, SET NULL, SET DEFAULT, RESTRICT or NO ACTION.',
  },
  ORM_PARTIAL: {
    title: 'models that could be read only in part',
    effect: 'Relationships that were not read are not checked: a clean report says nothing about them.',
    help: 'Fix the error that is shown, and run it again.',
  },
  ORM_MARK_UNKNOWN: {
    title: 'a mark in a model that cannot be read',
    effect: 'It ignores nothing.',
    help: 'Write it as info={"ondelete": "ignore: orm-only-cascade, the reason"} in SQLAlchemy, and as the comment # ondelete: ignore: orm-only-cascade, the reason, in Django.',
  },
} as const satisfies Record<
  string,
  { readonly title: string; readonly effect: string; readonly help: string }
>;
