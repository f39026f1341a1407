/** Identifies a key across environments. */
import { hash } from 'node:crypto';
import { compareText } from './names.ts';
import type { EngineName, ForeignKey, TableName } from './model.ts';
import type { SchemaIndex } from './schema-index.ts';

/**
 * A hash of everything that a swap changes or needs: tables, columns and their nullability, every attribute of the key.
 * Without what differs between environments: names of constraint and index, the server's version, and on MySQL and MariaDB
 * the database's name unless the key crosses databases.
 * @returns 16 hexadecimal digits
 */
export function fingerprint(key: ForeignKey, schema: SchemaIndex): string {
  const table = schema.table(key.child);
  const nullable = key.columns.map(
    (name) => table?.columns.find((column) => column.name === name)?.nullable ?? null,
  );
  const facts = [
    relativeTables(key, schema.snapshot.server.flavor),
    [key.columns, nullable, key.parentColumns, key.parentColumnsImplied],
    [key.onDelete, key.onDeleteColumns, key.onUpdate, key.match, key.deferrability],
    [key.validated, key.enforced, key.period, key.comment],
    key.triggers.map((trigger) => `${trigger.on} ${trigger.event} ${trigger.enabled}`).sort(compareText),
    [key.childPartitioned, key.parentPartitioned],
  ];
  return hash('sha256', JSON.stringify(facts)).slice(0, 16);
}

/** Child and parent as named on every environment: without the database where its name depends on the environment. */
export function relativeTables(
  key: Pick<ForeignKey, 'child' | 'parent'>,
  flavor: EngineName,
): readonly [child: TableName, parent: TableName] {
  const databaseIsEnvironment = flavor === 'mysql' || flavor === 'mariadb';
  if (!databaseIsEnvironment || key.child.schema !== key.parent.schema) return [key.child, key.parent];
  return [
    { schema: '', name: key.child.name },
    { schema: '', name: key.parent.name },
  ];
}
