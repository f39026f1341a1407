/**
 * Facts about an application's models, version 1: the one format that every ORM's adapter makes and that the rules read.
 * Plain data that can be written to a file in one place (a container, CI) and read in another; it holds no secrets.
 */
import * as z from 'zod';
import { messageOf, OndeleteError } from '../core/errors.ts';
import { visibleLines } from '../core/visible.ts';

const text = z.string();
const place = z
  .strictObject({ file: text, line: z.int().min(1) })
  .describe('Where in the application it is written; files relative to the working directory.');

const tableName = z.strictObject({
  /** Null where the model names none: the connection's default decides. */
  schema: text.nullable(),
  name: text.min(1),
});

/** A key by what it connects, never by its name. `parentColumns` may be empty: the parent's primary key. */
const keyReference = z.strictObject({
  child: tableName,
  columns: z.array(text).min(1),
  parent: tableName,
  parentColumns: z.array(text),
});

const column = z.strictObject({ name: text, nullable: z.boolean(), primaryKey: z.boolean() });

const table = z.strictObject({
  ...tableName.shape,
  /** What the ORM keeps together: a MetaData, a data source, an app. Null where it knows one only. */
  group: text.nullable().default(null),
  columns: z.array(column),
  /** Listeners of its class that see a delete of a row, such as `before_delete`. */
  deleteEvents: z.array(text).default([]),
  place: place.nullable().default(null),
});

const application = z.strictObject({
  /** `SET VALUE`: a value of the model's own, which no action of SQL can say. `NOTHING`: the ORM stands back. */
  onDelete: z.enum(['CASCADE', 'SET NULL', 'SET DEFAULT', 'SET VALUE', 'RESTRICT', 'NOTHING']),
  /** As the model writes it: `on_delete=models.CASCADE`. */
  text,
  /** `loaded`: only to children that are in memory when the parent is deleted. */
  when: z.enum(['always', 'loaded']).default('always'),
  /** The `Class.attribute` that says it; null where the key itself does. */
  by: text.nullable().default(null),
  place: place.nullable().default(null),
});

const foreignKey = z.strictObject({
  ...keyReference.shape,
  group: text.nullable().default(null),
  /** The constraint's name as the ORM would create it; for people only. */
  name: text.nullable().default(null),
  /** The ON DELETE that the ORM's own DDL would write, such as `CASCADE` or `SET NULL (a)`; null: unspecified. */
  onDelete: text.nullable(),
  /** Whether somebody wrote `onDelete`, or it is the ORM's default. */
  onDeleteWritten: z.boolean().default(true),
  onUpdate: text.nullable().default(null),
  /** False where the model asks for no constraint in the database at all. */
  constrained: z.boolean().default(true),
  /** What the ORM itself does with the children when it deletes a parent, whatever the database does; null: nothing. */
  application: application.nullable().default(null),
  place: place.nullable().default(null),
  /** Which part of the object at `place` makes it: `relations`, `order`. Empty where `place` says it all. */
  within: z.array(text).default([]),
  /** What the model says to ondelete, such as `ignore: orm-only-cascade, reason`. */
  mark: text.nullable().default(null),
});

const relationship = z.strictObject({
  /** The class and the attribute that hold it, and the class it leads to. */
  owner: text,
  attribute: text,
  target: text,
  /** Seen from the owner: `one-to-many` holds children, `many-to-one` the parent. */
  direction: z.enum(['one-to-many', 'many-to-one', 'many-to-many']),
  /** The key it goes over; of many-to-many both keys of the link table, the owner's first. */
  keys: z.array(keyReference),
  /** The cascades in the ORM's own words: `delete`, `delete-orphan`, `save-update`, `remove` … */
  cascade: z.array(text).default([]),
  passiveDeletes: z.union([z.boolean(), z.literal('all')]).default(false),
  viewOnly: z.boolean().default(false),
  /** How the ORM loads it, in its own words: `select`, `joined`, `noload` … */
  loading: text.nullable().default(null),
  singleParent: z.boolean().default(false),
  /** The link table of many-to-many. */
  through: tableName.nullable().default(null),
  /** `Class.attribute` of the other side, where the ORM knows that they belong together. */
  reverse: text.nullable().default(null),
  /** The other side makes this one (a backref); `place` is then the other side's. */
  byReverse: z.boolean().default(false),
  /** Arguments as written, for those that the ORM drops without a word. */
  written: z.record(text, text).default({}),
  /** Listeners on the target that see a delete, such as `before_delete`. */
  deleteEvents: z.array(text).default([]),
  /** What else asks the ORM to delete the target's rows itself, for people: versions, soft deletes, several databases. */
  deletesByOrm: z.array(text).default([]),
  place: place.nullable().default(null),
  mark: text.nullable().default(null),
});

/** A class whose rows are spread over its own table and its parent class's. */
const inheritance = z.strictObject({
  owner: text,
  parent: text,
  key: keyReference,
  passiveDeletes: z.boolean().default(false),
  place: place.nullable().default(null),
  mark: text.nullable().default(null),
});

const problem = z.strictObject({
  /** `environment`, `import`, `discover`, `configure` … */
  stage: text,
  message: text,
  place: place.nullable().default(null),
});

export const factsSchema = z.strictObject({
  version: z.literal(1),
  /** The adapter's name: `sqlalchemy`, `prisma` … */
  orm: text.min(1),
  ormVersion: text.nullable().default(null),
  /** What was read, for people: `shop.models`, `schema.prisma`. */
  source: text,
  /** Whether the ORM's own migrations compare the database's action with the model's: only then can they drift apart. */
  comparesActions: z.boolean().default(true),
  /** What they take back where a model says nothing: every action, those that do not refuse, or (no such migrations) nothing. */
  takesBack: z.enum(['every action', 'all but refusals', 'nothing']).default('every action'),
  tables: z.array(table),
  foreignKeys: z.array(foreignKey),
  relationships: z.array(relationship).default([]),
  inheritance: z.array(inheritance).default([]),
  /** Where the ORM keeps migrations for each group: those of the group that no other comes after. */
  newestMigrations: z.record(text, z.array(text)).default({}),
  /** Whether SQLite connections that the application makes enforce keys; null: not asked. */
  sqliteForeignKeys: z.boolean().nullable().default(null),
  /** What went wrong; whatever else is here holds all the same. */
  errors: z.array(problem).default([]),
  notes: z.array(text).default([]),
});

export type Facts = z.infer<typeof factsSchema>;
/** Facts as an adapter may write them: what has a default can be left out. */
export type FactsInput = z.input<typeof factsSchema>;
export type Place = z.infer<typeof place>;
export type ModelTable = z.infer<typeof table>;
export type ModelKey = z.infer<typeof foreignKey>;
export type KeyReference = z.infer<typeof keyReference>;
export type Relationship = z.infer<typeof relationship>;
export type Problem = z.infer<typeof problem>;

/**
 * Facts from JSON text.
 * @param shown where the text is from, for messages
 * @throws OndeleteError FACTS_INVALID for other text, another version, or a value of the wrong kind
 */
export function parseFacts(json: string, shown: string): Facts {
  const data = parseJson(json, shown);
  const version = typeof data === 'object' && data !== null && 'version' in data ? data.version : undefined;
  if (typeof version === 'number' && version !== 1) {
    throw invalid(shown, `facts of version ${version}; this version of ondelete reads version 1`);
  }
  const result = factsSchema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)) ?? [];
  throw invalid(shown, `${path.join('').replace(/^\./, '') || 'the whole'}: ${issue?.message ?? 'invalid'}`);
}

/** The same text for the same facts. */
export function factsText(facts: Facts): string {
  return `${visibleLines(JSON.stringify(facts, null, 2))}\n`;
}

function parseJson(json: string, shown: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw invalid(shown, `not JSON: ${messageOf(error)}`);
  }
}

function invalid(shown: string, what: string): OndeleteError {
  return new OndeleteError(
    'FACTS_INVALID',
    `${shown} holds no facts about models: ${what}`,
    'Write the file with `ondelete facts --orm NAME --output FILE`.',
  );
}

/** `Class.attribute`. */
export function relationshipText(relationship: Pick<Relationship, 'owner' | 'attribute'>): string {
  return `${relationship.owner}.${relationship.attribute}`;
}

/** `items(order_id)`: what an edit of a key calls it. */
export function keyTarget({ child, columns }: Pick<KeyReference, 'child' | 'columns'>): string {
  return `${child.name}(${columns.join(', ')})`;
}
