/** What drizzle-kit keeps beside its migrations: the schema as JSON, which can be read without running any code. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { messageOf, OndeleteError } from '../../core/errors.ts';
import { type Facts, type FactsInput, factsSchema } from '../facts.ts';

const text = z.string();
/** The values of an object, whatever their names are: z.record() would drop `__proto__`. */
const valuesOf = <Value extends z.ZodType>(value: Value) =>
  z
    .unknown()
    .transform((data) => (typeof data === 'object' && data !== null ? Object.values(data) : data))
    .pipe(z.array(value));
/** What both formats say of a key. */
const keyFields = {
  name: text,
  tableTo: text,
  schemaTo: text.nullish(),
  columnsTo: z.array(text),
  onDelete: text.nullish(),
  onUpdate: text.nullish(),
};

interface SnapshotTable {
  readonly table: TableName;
  readonly columns: readonly { readonly name: string; readonly notNull: boolean }[];
  readonly primary: readonly string[];
  readonly keys: readonly FactsInput['foreignKeys'][number][];
}

/** Before drizzle-kit 1: everything of a table inside it. */
const nested = z
  .object({
    tables: valuesOf(
      z.object({
        name: text,
        schema: text.optional(),
        columns: valuesOf(z.object({ name: text, primaryKey: z.boolean(), notNull: z.boolean() })),
        foreignKeys: valuesOf(z.object({ ...keyFields, columnsFrom: z.array(text) })),
        compositePrimaryKeys: valuesOf(z.object({ columns: z.array(text) })).optional(),
      }),
    ),
  })
  .transform(({ tables }) =>
    tables.map(({ name, schema, columns, foreignKeys, compositePrimaryKeys = [] }): SnapshotTable => {
      const table = tableName(schema, name);
      const single = columns.filter(({ primaryKey }) => primaryKey).map((column) => column.name);
      return {
        table,
        columns,
        primary: [...single, ...compositePrimaryKeys.flatMap((key) => key.columns)],
        keys: foreignKeys.map((key) => keyOf(table, key.columnsFrom, key)),
      };
    }),
  );

/** Since drizzle-kit 1: one list of everything; what is not named here is passed over. */
const ofTable = { schema: text.nullish(), table: text };
const entity = z.discriminatedUnion('entityType', [
  z.object({ entityType: z.literal('tables'), schema: text.nullish(), name: text }),
  z.object({ entityType: z.literal('columns'), ...ofTable, name: text, notNull: z.boolean() }),
  z.object({ entityType: z.literal('pks'), ...ofTable, columns: z.array(text) }),
  z.object({ entityType: z.literal('fks'), ...ofTable, ...keyFields, columns: z.array(text) }),
]);
type Entity = z.infer<typeof entity>;
const entityTypes = new Set<unknown>(['tables', 'columns', 'pks', 'fks']);
const listed = z
  .object({
    ddl: z
      .array(z.looseObject({ entityType: text }))
      .transform((all) => all.filter(({ entityType }) => entityTypes.has(entityType)))
      .pipe(z.array(entity)),
  })
  .transform(({ ddl }) =>
    only(ddl, 'tables').map((one): SnapshotTable => {
      const isIn = ({ table, schema }: { table: string; schema?: string | null | undefined }): boolean =>
        table === one.name && schema === one.schema;
      const table = tableName(one.schema, one.name);
      return {
        table,
        columns: only(ddl, 'columns').filter(isIn),
        primary: only(ddl, 'pks')
          .filter(isIn)
          .flatMap(({ columns }) => columns),
        keys: only(ddl, 'fks')
          .filter(isIn)
          .map((key) => keyOf(table, key.columns, key)),
      };
    }),
  );

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
  const tables = await parsed(cwd, file, isListed ? listed : nested);
  return factsSchema.parse({
    version: 1,
    orm: 'drizzle',
    source: file,
    tables: tables.map(({ table, columns, primary }) => ({
      ...table,
      columns: columns.map(({ name, notNull }) => {
        const primaryKey = primary.includes(name);
        return { name, nullable: !notNull && !primaryKey, primaryKey };
      }),
    })),
    foreignKeys: tables.flatMap(({ keys }) => keys),
  });
}

type TableName = FactsInput['foreignKeys'][number]['child'];

/** `public` is drizzle-kit 1's word for the schema that no model names. */
function tableName(schema: string | null | undefined, name: string): TableName {
  return { schema: schema == null || schema === '' || schema === 'public' ? null : schema, name };
}

/** NO ACTION is what drizzle-kit writes where nobody has written an action. */
function keyOf(
  child: TableName,
  columns: string[],
  { name, schemaTo, tableTo, columnsTo, onDelete, onUpdate }: z.infer<z.ZodObject<typeof keyFields>>,
): FactsInput['foreignKeys'][number] {
  const action = onDelete?.toUpperCase() ?? 'NO ACTION';
  return {
    child,
    columns,
    parent: tableName(schemaTo, tableTo),
    parentColumns: columnsTo,
    name,
    onDelete: action === 'NO ACTION' ? null : action,
    onUpdate: onUpdate?.toUpperCase() ?? null,
  };
}

function only<Kind extends Entity['entityType']>(
  ddl: readonly Entity[],
  kind: Kind,
): readonly Extract<Entity, { readonly entityType: Kind }>[] {
  return ddl.filter(
    (each): each is Extract<Entity, { readonly entityType: Kind }> => each.entityType === kind,
  );
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
