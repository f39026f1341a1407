/** What drizzle-kit keeps beside its migrations: the schema as JSON, which can be read without running any code. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { messageOf, OndeleteError } from '../errors.ts';
import { factsSchema, type Facts } from './facts.ts';

const text = z.string();
const column = z.object({ name: text, primaryKey: z.boolean(), notNull: z.boolean() });
const foreignKey = z.object({
  name: text,
  columnsFrom: z.array(text),
  tableTo: text,
  schemaTo: text.optional(),
  columnsTo: z.array(text),
  onDelete: text.optional(),
  onUpdate: text.optional(),
});
const table = z.object({
  name: text,
  schema: text.optional(),
  columns: z.record(text, column),
  foreignKeys: z.record(text, foreignKey),
  compositePrimaryKeys: z.record(text, z.object({ columns: z.array(text) })).default({}),
});
const snapshot = z.object({ version: text, dialect: text, tables: z.record(text, table) });
const journal = z.object({ entries: z.array(z.object({ idx: z.number(), tag: text })) });

/** The formats of drizzle-kit 0.2x and 0.3x, by dialect. */
const known: Readonly<Record<string, string>> = { postgresql: '7', mysql: '5', sqlite: '6', turso: '6' };

/**
 * The snapshot that a path means: a file of JSON, or a folder of migrations, whose journal names the newest.
 * @returns null where it is neither
 */
export async function snapshotFile(cwd: string, path: string): Promise<string | null> {
  if (path.endsWith('.json')) return path;
  for (const folder of [join(path, 'meta'), path]) {
    const file = join(folder, '_journal.json');
    const found = await stat(resolve(cwd, file)).catch(() => null);
    if (found === null) continue;
    const { entries } = await parsed(cwd, file, journal);
    const last = entries.reduce((newest, each) => (each.idx >= newest.idx ? each : newest), {
      idx: -1,
      tag: '',
    });
    if (last.idx === -1) throw unreadable(file, 'it lists no migration');
    return join(folder, `${last.tag.split('_')[0] ?? ''}_snapshot.json`);
  }
  return null;
}

/** @throws OndeleteError MODELS_UNREADABLE for a file that is no snapshot, or one of a version that is not known */
export async function drizzleSnapshot(cwd: string, file: string): Promise<Facts> {
  const { version, dialect, tables } = await parsed(cwd, file, snapshot);
  if (known[dialect] !== version)
    throw unreadable(file, `version ${version} of ${dialect} is not known here`);
  const schemaOf = (schema: string | undefined): string | null =>
    schema === undefined || schema === '' ? null : schema;
  const all = Object.values(tables);
  return factsSchema.parse({
    version: 1,
    orm: 'drizzle',
    source: file,
    tables: all.map(({ name, schema, columns, compositePrimaryKeys }) => {
      const primary = new Set(Object.values(compositePrimaryKeys).flatMap((key) => key.columns));
      return {
        schema: schemaOf(schema),
        name,
        columns: Object.values(columns).map((each) => {
          const primaryKey = each.primaryKey || primary.has(each.name);
          return { name: each.name, nullable: !each.notNull && !primaryKey, primaryKey };
        }),
      };
    }),
    foreignKeys: all.flatMap(({ name, schema, foreignKeys }) =>
      Object.values(foreignKeys).map((key) => {
        const action = key.onDelete?.toUpperCase() ?? 'NO ACTION';
        return {
          child: { schema: schemaOf(schema), name },
          columns: key.columnsFrom,
          parent: { schema: schemaOf(key.schemaTo), name: key.tableTo },
          parentColumns: key.columnsTo,
          name: key.name,
          onDelete: action === 'NO ACTION' ? null : action,
          onUpdate: key.onUpdate?.toUpperCase() ?? null,
        };
      }),
    ),
  });
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
