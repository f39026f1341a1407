/** The tables and keys that Prisma Migrate makes of a schema. Pure; test/orm/prisma.test.ts compares them with what Prisma's own engine makes. */
import type { FactsInput, Problem } from '../facts.ts';
import type { Model, ModelField, PrismaSchema } from './models.ts';

type Key = FactsInput['foreignKeys'][number];
type Table = FactsInput['tables'][number];
type Application = NonNullable<Key['application']>;

interface Made {
  readonly tables: readonly Table[];
  readonly foreignKeys: readonly Key[];
  readonly errors: readonly Problem[];
}

export function madeOf(schema: PrismaSchema): Made {
  const models = [...schema.models.values()].filter(({ isView }) => !isView);
  const errors = schema.mistakes.map((mistake) => ({ stage: 'schema', ...mistake }));
  const tables: Table[] = models.map((model) => tableOf(model, schema));
  const foreignKeys: Key[] = [];
  for (const model of models) {
    for (const field of model.fields) {
      const parent = schema.models.get(field.type);
      if (parent === undefined || parent.isView) continue;
      if (field.relation.fields !== null) {
        const key = keyOf(model, field, parent, schema);
        if (typeof key === 'string') errors.push({ stage: 'schema', message: key, place: field.place });
        else foreignKeys.push(key);
      } else if (field.isList) {
        const other = otherSide(model, field, parent);
        if (other?.isList !== true || other.relation.fields !== null || !isFirst(model, field, parent, other))
          continue;
        const link = linkOf(schema, { model, field }, { model: parent, field: other });
        tables.push(link.table);
        foreignKeys.push(...link.keys);
      }
    }
  }
  return { tables, foreignKeys, errors };
}

function tableOf(model: Model, { models }: PrismaSchema): Table {
  return {
    ...model.table,
    columns: model.fields
      .filter(({ type }) => !models.has(type))
      .map(({ name, column, isOptional, isList }) => {
        const primaryKey = model.primary.includes(name);
        return { name: column, nullable: (isOptional || isList) && !primaryKey, primaryKey };
      }),
    place: model.place,
  };
}

/** The key of the side that says `fields`; what is wrong with it where it can have none. */
function keyOf(model: Model, field: ModelField, parent: Model, schema: PrismaSchema): Key | string {
  const { fields, references, onDelete, onUpdate, constraint } = field.relation;
  const own = fieldsNamed(model, fields ?? []);
  if (typeof own === 'string') return own;
  const theirs = fieldsNamed(parent, references ?? parent.primary);
  if (typeof theirs === 'string') return theirs;
  const isRequired = own.some(({ isOptional, isList }) => !isOptional && !isList);
  // one column that refuses NULL makes the whole relation a required one, whatever the relation's own `?` says
  const byDefault = isRequired || !field.isOptional ? 'Restrict' : 'SetNull';
  const columns = own.map(({ column }) => column);
  return {
    child: model.table,
    columns,
    parent: parent.table,
    parentColumns: theirs.map(({ column }) => column),
    name: constraint ?? nameFor([model.table.name, ...columns], '_fkey', limitOf(schema)),
    onDelete: actionOf(onDelete ?? byDefault),
    onDeleteWritten: onDelete !== null,
    onUpdate: actionOf(onUpdate ?? 'Cascade'),
    constrained: !schema.emulates,
    application: schema.emulates ? emulated(onDelete, byDefault) : null,
    place: field.place,
    mark: field.mark,
  };
}

function fieldsNamed(model: Model, names: readonly string[]): readonly ModelField[] | string {
  const found = names.map((name) => model.fields.find((field) => field.name === name) ?? name);
  const missing = found.find((each) => typeof each === 'string');
  return missing === undefined
    ? found.filter((each) => typeof each !== 'string')
    : `${model.name} has no field ${JSON.stringify(missing)}`;
}

export const prismaActions: Readonly<Record<string, string>> = {
  Cascade: 'CASCADE',
  Restrict: 'RESTRICT',
  NoAction: 'NO ACTION',
  SetNull: 'SET NULL',
  SetDefault: 'SET DEFAULT',
};

/** A word that is no action stays as it is written, and lint reports it. */
const actionOf = (word: string): string => prismaActions[word] ?? word;

/** What the client does in place of a key that it does not ask the database for. */
function emulated(written: string | null, byDefault: string): Application | null {
  const action = actionOf(written ?? byDefault);
  const text = `onDelete: ${written ?? `${byDefault}, the default`}`;
  if (action === 'CASCADE' || action === 'SET NULL') return { onDelete: action, text };
  // the client refuses by either word
  return action === 'RESTRICT' || action === 'NO ACTION' ? { onDelete: 'RESTRICT', text } : null;
}

/** The field of the other model that belongs to the same relation: it has the same name, or none as well. */
function otherSide(model: Model, field: ModelField, other: Model): ModelField | null {
  return (
    other.fields.find(
      (each) => each.type === model.name && each !== field && each.relation.name === field.relation.name,
    ) ?? null
  );
}

/** Of the two sides of a link table one is met first: by the model's name, in a model of its own by the field's. */
function isFirst(model: Model, field: ModelField, parent: Model, other: ModelField): boolean {
  return model === parent ? field.name < other.name : model.name < parent.name;
}

interface Side {
  readonly model: Model;
  readonly field: ModelField;
}

/** The table that Prisma makes for two lists: `_AToB` with the columns A and B, in the schema of the first model. */
function linkOf(
  schema: PrismaSchema,
  a: Side,
  b: Side,
): { readonly table: Table; readonly keys: readonly Key[] } {
  const limit = limitOf(schema);
  const full = `_${a.field.relation.name ?? `${a.model.name}To${b.model.name}`}`;
  const child = { schema: a.model.table.schema, name: cut(full, limit) };
  const columns = ['A', 'B'].map((name) => ({ name, nullable: false, primaryKey: false }));
  const keyOfSide = (column: string, { model, field }: Side): Key => ({
    child,
    columns: [column],
    parent: model.table,
    parentColumns: model.fields.filter(({ name }) => model.primary.includes(name)).map((each) => each.column),
    name: nameFor([child.name], `_${column}_fkey`, limit),
    onDelete: 'CASCADE',
    onDeleteWritten: false,
    onUpdate: 'CASCADE',
    constrained: !schema.emulates,
    // the client leaves the rows of link tables where they are
    application: schema.emulates ? { onDelete: 'NOTHING', text: 'a list on both sides' } : null,
    place: field.place,
    mark: field.mark,
  });
  return { table: { ...child, columns, place: a.field.place }, keys: [keyOfSide('A', a), keyOfSide('B', b)] };
}

/** How many bytes a name may have; Prisma cuts its own names to that. */
function limitOf({ provider }: PrismaSchema): number {
  if (provider === 'mysql') return 64;
  return provider === 'sqlite' ? 10_000 : 63;
}

function nameFor(parts: readonly string[], suffix: string, limit: number): string {
  return `${cut(parts.join('_'), limit - suffix.length)}${suffix}`;
}

function cut(name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name;
  // a letter cut in two is left out
  return Buffer.from(name)
    .subarray(0, bytes)
    .toString()
    .replace(/\uFFFD+$/, '');
}
