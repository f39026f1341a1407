/** The state of the schema after each of Drizzle's migrations, `meta/NNNN_snapshot.json`: drizzle-kit compares the schema with the last. */
import { createHash } from 'node:crypto';
import { OndeleteError } from '../../src/core/errors.ts';
import type { ExistingFile, Migration, MigrationFile } from '../../src/core/contracts/template.ts';
import type { Change } from '../../src/core/model.ts';

interface Snapshot {
  readonly id: string;
  readonly tables?: Readonly<Record<string, Table>>;
}

interface Table {
  readonly name: string;
  readonly schema?: string;
  readonly foreignKeys?: Readonly<Record<string, Key>>;
}

interface Key {
  readonly name: string;
  readonly columnsFrom: readonly string[];
}

/** One for each migration, with the new actions; none where the folder has none. @throws OndeleteError USAGE where the last does not parse */
export function snapshotsAfter(
  migrations: readonly Migration[],
  existing: readonly ExistingFile[],
): readonly MigrationFile[] {
  const last = existing.filter(({ path }) => /^meta\/[^/]+_snapshot\.json$/.test(path)).at(-1);
  if (last === undefined) return [];
  let before = read(last);
  return migrations.map((migration) => {
    const number = /^\d+/.exec(migration.name)?.[0] ?? migration.name;
    const after = { ...before, id: idAfter(before.id, migration.name), prevId: before.id };
    before = migration.changes.reduce<Snapshot>(withAction, after);
    return { path: `meta/${number}_snapshot.json`, content: JSON.stringify(before, null, 2) };
  });
}

function read({ content, path }: ExistingFile): Snapshot {
  try {
    const value = JSON.parse(content) as Partial<Snapshot> | null;
    if (typeof value?.id === 'string') return { ...value, id: value.id };
  } catch {
    // told below
  }
  throw new OndeleteError(
    'USAGE',
    `${path} does not parse, so no migration can be added`,
    'Repair it; `drizzle-kit check` looks at it as well.',
  );
}

/** drizzle-kit draws it; here the same change has the same. */
function idAfter(previous: string, name: string): string {
  const digest = createHash('sha256').update(`${previous} ${name}`).digest('hex');
  const part = (from: number, length: number): string => digest.slice(from, from + length);
  return `${part(0, 8)}-${part(8, 4)}-4${part(12, 3)}-a${part(15, 3)}-${part(18, 12)}`;
}

function withAction(snapshot: Snapshot, { foreignKey, to }: Change): Snapshot {
  const { child, columns, name } = foreignKey;
  const isMeant = (key: Key): boolean =>
    name === null ? key.columnsFrom.join() === columns.join() : key.name === name;
  const tables = Object.entries(snapshot.tables ?? {}).map(([id, table]) => {
    const inSchema = id.includes('.') ? id === `${child.schema}.${child.name}` : table.name === child.name;
    if (!inSchema || table.foreignKeys === undefined) return [id, table] as const;
    const keys = Object.entries(table.foreignKeys).map(([own, key]) =>
      isMeant(key) ? [own, { ...key, onDelete: to.onDelete.toLowerCase() }] : [own, key],
    );
    return [
      id,
      { ...table, foreignKeys: Object.fromEntries(keys) as Readonly<Record<string, Key>> },
    ] as const;
  });
  return { ...snapshot, tables: Object.fromEntries(tables) };
}
