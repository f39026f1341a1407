/** What `lint` asks of SQLite beyond its findings. */
import type { Session } from '../../sql/session.ts';
import { keyText } from '../../../src/core/names.ts';
import type { Finding, ForeignKey } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { ddlFor } from '../../sql/ddl.ts';
import { deeperThan, hasIndexFor, tooDeep, trees } from '../../sql/tree-depth.ts';
import { cascading } from '../checks/cascades.ts';
import { isLarger, rowsPerMillisecond } from './bounds.ts';

const ddl = ddlFor('sqlite');

export async function liveFindings(
  session: Session,
  schema: SchemaIndex,
  milliseconds: number,
): Promise<readonly Finding[]> {
  const levels = cascading().mostLevels ?? 0;
  return [
    ...(await deepTrees(session, schema, levels, milliseconds)),
    ...(await lostDefaults(session, schema)),
  ];
}

async function deepTrees(
  session: Session,
  schema: SchemaIndex,
  levels: number,
  milliseconds: number,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const key of trees(schema.snapshot.foreignKeys)) {
    if (!isThere(key, schema) || !hasIndexFor(key, schema.table(key.child)?.indexes ?? [])) continue;
    if (await isLarger(session, ddl, key.child, milliseconds * rowsPerMillisecond)) continue;
    const rows = await session.query(ddl.text(ddl.sql`SELECT ${deeperThan(ddl, key, levels)}`));
    if (rows.length > 0) found.push(tooDeep(key, levels));
  }
  return found;
}

/** A key to a table that is gone is a finding of its own. */
function isThere({ parent, parentColumns }: ForeignKey, schema: SchemaIndex): boolean {
  const columns = schema.table(parent)?.columns.map(({ name }) => name) ?? [];
  return parentColumns.every((column) => columns.includes(column)) && columns.length > 0;
}

/** SET DEFAULT keys whose default is a plain value that no row of the parent has. */
async function lostDefaults(session: Session, schema: SchemaIndex): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const key of schema.snapshot.foreignKeys.filter(({ onDelete }) => onDelete === 'SET DEFAULT')) {
    const facts = await session.query(
      ddl.text(
        ddl.sql`SELECT name, dflt_value AS value FROM pragma_table_xinfo(${ddl.literal(key.child.name)})`,
      ),
    );
    const defaults = key.columns.map((column) => facts.find(({ name }) => name === column)?.['value']);
    const plain = defaults.filter((value): value is string => typeof value === 'string' && isPlain(value));
    if (plain.length < defaults.length || key.parentColumns.length < plain.length) continue;
    const match = plain.map(
      (value, at) => ddl.sql`${ddl.id(key.parentColumns[at] ?? '')} = ${ddl.raw(value)}`,
    );
    if (!isThere(key, schema)) continue;
    const rows = await session.query(
      ddl.text(
        ddl.sql`SELECT 1 AS here FROM ${ddl.table(key.parent)} WHERE ${ddl.join(match, ' AND ')} LIMIT 1`,
      ),
    );
    if (rows.length > 0) continue;
    found.push({
      code: 'DEFAULT_WITHOUT_PARENT',
      severity: 'warning',
      subject: keyText(key),
      detail: `${key.columns.join(', ')} has the default ${plain.join(', ')}, but no row of ${key.parent.name} has that value`,
      position: null,
    });
  }
  return found;
}

/** A number or a text, as it stands in the schema; nothing that is worked out. */
function isPlain(value: string): boolean {
  return /^(?:[+-]?\d+(?:\.\d+)?|'(?:[^']|'')*')$/.test(value.trim());
}
