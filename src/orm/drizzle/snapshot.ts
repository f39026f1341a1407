/** What drizzle-kit keeps beside its migrations: the schema as JSON, which can be read without running any code. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, OndeleteError } from '../../core/errors.ts';
import { factsSchema, type Facts, type FactsInput } from '../facts.ts';

const text = z.string();
const column = z.object({ name: text, primaryKey: z.boolean(), notNull: z.boolean() });
const action = text.nullish();
const foreignKey = z.object({
  name: text,
  columnsFrom: z.array(text),
  tableTo: text,
  schemaTo: text.optional(),
  columnsTo: z.array(text),
  onDelete: action,
  onUpdate: action,
});
const table = z.object({
  name: text,
  schema: text.optional(),
  columns: z.record(text, column),
  foreignKeys: z.record(text, foreignKey),
  compositePrimaryKeys: z.record(text, z.object({ columns: z.array(text) })).default({}),
});
const nested = z.object({ tables: z.record(text, table) });

/** Since drizzle-kit 1: one list of everything; what is not named here is passed over. */
const ofTable = { schema: text.nullish(), table: text };
const entity = z.discriminatedUnion('entityType', [
  z.object({ entityType: z.literal('tables'), schema: text.nullish(), name: text }),
  z.object({ entityType: z.literal('columns'), ...ofTable, name: text, notNull: z.boolean() }),
  z.object({ entityType: z.literal('pks'), ...ofTable, columns: z.array(text) }),
  z.object({
    entityType: z.literal('fks'),
    ...ofTable,
    name: text,
    columns: z.array(text),
    schemaTo: text.nullish(),
    tableTo: text,
    columnsTo: z.array(text),
    onDelete: action,
    onUpdate: action,
  }),
]);
type Entity = z.infer<typeof entity>;
const entityTypes = new Set<unknown>(['tables', 'columns', 'pks', 'fks']);
const listed = z.object({
  ddl: z
    .array(z.looseObject({ entityType: text }))
    .transform((all) => all.filter(({ entityType }) => entityTypes.has(entityType)))
    .pipe(z.array(entity)),
});

const head = z.object({ version: text, dialect: text });
const journal = z.object({ entries: z.array(z.object({ idx: z.number(), tag: text })) });

/** The formats of drizzle-kit 0.20 to 0.31 and of 1.0, by dialect. */
const known: Readonly<Record<string, { readonly nested: readonly string[]; readonly listed: string }>> = {
  pg: { nested: ['5'], listed: '' },
  postgresql: { nested: ['6', '7'], listed: '' },
  postgres: { nested: [], listed: '8' },
  mysql: { nested: ['5'], listed: '6' },
  sqlite: { nested: ['5', '6'], listed: '7' },
};

/**
 * The snapshot that a path means: a file of JSON, or a folder of migrations: its journal names the newest, or (since
 * drizzle-kit 1) each migration's own folder holds one, and the newest has the last name.
 * @returns null where it is neither
 */
export async function snapshotFile(cwd: string, path: string): Promise<string | null> {
  if (/(^|[\\/])drizzle[\w.-]*\.config\.json$/.test(path)) return null;
  if (path.endsWith('.json')) return path;
  for (const folder of [join(path, 'meta'), path]) {
    const file = join(folder, '_journal.json');
    if (!(await exists(cwd, file))) continue;
    const { entries } = await parsed(cwd, file, journal);
    const last = entries.reduce((newest, each) => (each.idx >= newest.idx ? each : newest), {
      idx: -1,
      tag: '',
    });
    if (last.idx === -1) throw unreadable(file, 'it lists no migration');
    return join(folder, `${last.tag.split('_')[0] ?? ''}_snapshot.json`);
  }
  const inside = await readdir(resolve(cwd, path)).catch(() => []);
  for (const name of ['.', ...inside.sort().reverse()]) {
    const file = join(path, name, 'snapshot.json');
    if (await exists(cwd, file)) return file;
  }
  return null;
}

const exists = (cwd: string, file: string): Promise<boolean> =>
  stat(resolve(cwd, file)).then(
    () => true,
    () => false,
  );

/** @throws OndeleteError MODELS_UNREADABLE for a file that is no snapshot, or one of a version that is not known */
export async function drizzleSnapshot(cwd: string, file: string): Promise<Facts> {
  const { version, dialect } = await parsed(cwd, file, head);
  const versions = known[dialect];
  const isListed = versions?.listed === version;
  if (!isListed && versions?.nested.includes(version) !== true)
    throw unreadable(file, `version ${version} of ${dialect} is not known here`);
  const found = isListed
    ? ofList((await parsed(cwd, file, listed)).ddl)
    : ofTables(Object.values((await parsed(cwd, file, nested)).tables));
  return factsSchema.parse({ version: 1, orm: 'drizzle', source: file, ...found });
}

type TableName = FactsInput['foreignKeys'][number]['child'];
type Found = Pick<FactsInput, 'tables' | 'foreignKeys'>;

function ofTables(all: readonly z.infer<typeof table>[]): Found {
  return {
    tables: all.map(({ name, schema, columns, compositePrimaryKeys }) => {
      const primary = new Set(Object.values(compositePrimaryKeys).flatMap((key) => key.columns));
      return {
        ...named(schema, name),
        columns: Object.values(columns).map((each) =>
          columnOf(each.name, each.notNull, each.primaryKey || primary.has(each.name)),
        ),
      };
    }),
    foreignKeys: all.flatMap(({ name, schema, foreignKeys }) =>
      Object.values(foreignKeys).map((key) => ({
        child: named(schema, name),
        columns: key.columnsFrom,
        parent: named(key.schemaTo, key.tableTo),
        parentColumns: key.columnsTo,
        ...saidBy(key),
      })),
    ),
  };
}

function ofList(ddl: readonly Entity[]): Found {
  const isIn = (table: Of<'tables'>, each: Of<'columns' | 'pks'>): boolean =>
    each.table === table.name && each.schema === table.schema;
  // PostgreSQL's word for the schema that no model names
  const inSchema = (schema: string | null | undefined, name: string): TableName =>
    named(schema === 'public' ? null : schema, name);
  const keys = only(ddl, 'pks');
  const columns = only(ddl, 'columns');
  return {
    tables: only(ddl, 'tables').map((table) => {
      const primary = new Set(keys.filter((key) => isIn(table, key)).flatMap((key) => key.columns));
      return {
        ...inSchema(table.schema, table.name),
        columns: columns
          .filter((each) => isIn(table, each))
          .map(({ name, notNull }) => columnOf(name, notNull, primary.has(name))),
      };
    }),
    foreignKeys: only(ddl, 'fks').map((key) => ({
      child: inSchema(key.schema, key.table),
      columns: key.columns,
      parent: inSchema(key.schemaTo, key.tableTo),
      parentColumns: key.columnsTo,
      ...saidBy(key),
    })),
  };
}

type Of<Kind> = Extract<Entity, { readonly entityType: Kind }>;

function only<Kind extends Entity['entityType']>(ddl: readonly Entity[], kind: Kind): readonly Of<Kind>[] {
  return ddl.filter((each): each is Of<Kind> => each.entityType === kind);
}

function named(schema: string | null | undefined, name: string): TableName {
  return { schema: schema == null || schema === '' ? null : schema, name };
}

function columnOf(
  name: string,
  notNull: boolean,
  primaryKey: boolean,
): FactsInput['tables'][number]['columns'][number] {
  return { name, nullable: !notNull && !primaryKey, primaryKey };
}

interface Said {
  readonly name: string;
  readonly onDelete?: string | null | undefined;
  readonly onUpdate?: string | null | undefined;
}

/** No action is what drizzle-kit writes where nobody has said one. */
function saidBy({
  name,
  onDelete,
  onUpdate,
}: Said): Pick<FactsInput['foreignKeys'][number], 'name' | 'onDelete' | 'onUpdate'> {
  const action = onDelete?.toUpperCase() ?? 'NO ACTION';
  return {
    name,
    onDelete: action === 'NO ACTION' ? null : action,
    onUpdate: onUpdate?.toUpperCase() ?? null,
  };
}

async function parsed<T>(cwd: string, file: string, schema: z.ZodType<T>): Promise<T> {
  let data: unknown;
  try {
    data = JSON.parse(await readFile(resolve(cwd, file), 'utf8'));
  } catch (error) {
    throw unreadable(file, messageOf(error));
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unreadable(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`);
}

function unreadable(file: string, why: string): OndeleteError {
  return new OndeleteError(
    'MODELS_UNREADABLE',
    `${file} cannot be read as a snapshot of drizzle-kit: ${why}`,
    'Name a file of drizzle/meta, or the modules that export the tables.',
  );
}
