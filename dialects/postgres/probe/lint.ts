/** What `lint` asks of PostgreSQL beyond its findings. */
import type { Code } from '../../../src/core/codes/index.ts';
import { keyText, tableText } from '../../../src/core/names.ts';
import type { Finding, ForeignKey, Snapshot } from '../../../src/core/model.ts';
import { ddl } from '../key-sql.ts';
import type { PostgresSession } from '../connection/connect.ts';
import { answer } from './bounds.ts';
import { writeHazards, writeQuestions } from './writes.ts';

export async function liveFindings(
  session: PostgresSession,
  snapshot: Snapshot,
  milliseconds: number,
): Promise<readonly Finding[]> {
  const { foreignKeys: keys } = snapshot;
  if (keys.length === 0) return [];
  const actions = keys.map((key) => ({ key, to: key }));
  // Each has a tenth of the time that is left.
  const answers = await session.queryAll(writeQuestions(actions), milliseconds * 10);
  const differing = await within(session, milliseconds, collationsQuery, [
    keys.map((key) => key.child.schema),
    keys.map((key) => key.child.name),
    keys.map((key) => key.name),
  ]);
  return [
    ...writeHazards(actions, answers).map(({ code, detail, subject }): Finding => {
      const severity = code === 'BEFORE_TRIGGER_SWALLOWS' ? 'warning' : 'error';
      return { code, severity, subject, detail, position: null };
    }),
    ...findingsOf(differing, keys, collations),
    ...(await lostDefaults(session, snapshot, milliseconds)),
  ];
}

/** The rows, or none where the time was up or the user may not read the table: `lint` reports what it can. */
async function within(
  session: PostgresSession,
  milliseconds: number,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Rows> {
  const rows = await answer(async () => ({
    known: true,
    value: await session.queryWithin(milliseconds, sql, parameters),
  }));
  return rows.known ? rows.value : [];
}

type Rows = Awaited<ReturnType<PostgresSession['query']>>;
type Problem = readonly [code: Code, severity: Finding['severity'], detail: string];

function findingsOf(
  rows: Rows,
  keys: readonly ForeignKey[],
  of: (row: Rows[number], key: ForeignKey) => Problem,
): readonly Finding[] {
  return rows.flatMap((row): readonly Finding[] => {
    const key = keys[Number(row['place']) - 1];
    if (key === undefined) return [];
    const [code, severity, detail] = of(row, key);
    return [{ code, severity, subject: keyText(key), detail, position: null }];
  });
}

const wanted = `FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS wanted (nsp, rel, con, place)
  JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nsp
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.rel`;

const collationsQuery = `SELECT wanted.place::int AS place, ca.attname AS child, cc.collname AS "childCollation", pa.attname AS parent, pc.collname AS "parentCollation"
  ${wanted}
  JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f' AND k.conname = wanted.con
  CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair (child, parent)
  JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = pair.child
  JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = pair.parent
  JOIN pg_catalog.pg_collation cc ON cc.oid = ca.attcollation JOIN pg_catalog.pg_collation pc ON pc.oid = pa.attcollation
 WHERE ca.attcollation <> pa.attcollation ORDER BY 1, 2`;

function collations(row: Rows[number]): Problem {
  const detail = `column ${text(row['child'])} collates as ${text(row['childCollation'])}, ${text(row['parent'])} as ${text(row['parentCollation'])}`;
  return ['COLLATION_MISMATCH', 'warning', detail];
}

const defaultsQuery = `SELECT a.attname AS name, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS value
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
 WHERE n.nspname = $1 AND c.relname = $2`;

/** SET DEFAULT keys whose default is a plain value that no row of the parent has. */
async function lostDefaults(
  session: PostgresSession,
  snapshot: Snapshot,
  milliseconds: number,
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const key of snapshot.foreignKeys.filter(({ onDelete }) => onDelete === 'SET DEFAULT')) {
    const facts = await session.query(defaultsQuery, [key.child.schema, key.child.name]);
    const defaults = key.columns.map((column) => facts.find(({ name }) => name === column)?.['value']);
    const plain = defaults.filter((value): value is string => typeof value === 'string' && isPlain(value));
    if (plain.length < defaults.length || key.onDeleteColumns !== null) continue;
    const match = plain.map(
      (value, at) => ddl.sql`${ddl.id(key.parentColumns[at] ?? '')} = ${ddl.raw(value)}`,
    );
    const [row] = await within(
      session,
      milliseconds,
      ddl.text(
        ddl.sql`SELECT EXISTS (SELECT FROM ${ddl.table(key.parent)} WHERE ${ddl.join(match, ' AND ')}) AS here`,
      ),
    );
    if (row?.['here'] !== false) continue;
    const detail = `column ${key.columns.join(', ')} has the default ${plain.join(', ')}, which no row of ${tableText(key.parent)} has`;
    found.push({
      code: 'DEFAULT_WITHOUT_PARENT',
      severity: 'warning',
      subject: keyText(key),
      detail,
      position: null,
    });
  }
  return found;
}

/** A number or a text with a cast, as pg_get_expr prints it; nothing that is worked out. */
function isPlain(value: string): boolean {
  return /^\(?(?:-?\d+(?:\.\d+)?|'(?:[^']|'')*')\)?(?:::[a-z0-9 ."_]+)?$/i.test(value.trim());
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}
