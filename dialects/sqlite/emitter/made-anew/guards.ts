/**
 * What stops a file that makes tables anew: a row that a CHECK refuses, whose name is the message. D1 has no temporary tables, so these
 * are ordinary ones, which go at the end or with the transaction. Turso takes EXCEPT only below FROM.
 */
import type { Ddl } from '../../../sql/ddl.ts';
import type { Statement } from '../../../../src/core/model.ts';
import { filled, textLiteral } from '../../text/literals.ts';
import type { KeyEdit } from '../key-table.ts';
import { type Copy, type Counted, group } from './statements.ts';

const isOurs = 'IN (SELECT name FROM ondelete_table)';

/** The facts of keys, columns and indexes, with whatever fits in each column. */
const facts = `CREATE VIEW ondelete_fact AS
  SELECT name, 'key' AS kind, id, seq, "table", "from", "to", on_update, on_delete FROM ondelete_table, pragma_foreign_key_list(name)
  UNION ALL SELECT t.name, 'column', cid, pk, x.name, type, "notnull", dflt_value, hidden FROM ondelete_table AS t, pragma_table_xinfo(t.name) AS x
  UNION ALL SELECT t.name, 'index', NULL, NULL, x.name, "unique", origin, partial, NULL FROM ondelete_table AS t, pragma_index_list(t.name) AS x`;

/** Without spaces, line ends and double quotes; of a table what stands behind its name, because Turso folds the case of names. */
const squeezed = ['char(9)', 'char(10)', 'char(13)', "'\"'"].reduce(
  (text, sign) => `replace(${text}, ${sign}, '')`,
  "replace(CASE type WHEN 'table' THEN substr(sql, instr(sql, '(')) ELSE sql END, ' ', '')",
);

const texts = `CREATE VIEW ondelete_stored AS SELECT type, name, sql,
  ${squeezed} AS text
  FROM sqlite_schema WHERE tbl_name COLLATE NOCASE ${isOurs} AND sql IS NOT NULL`;

const others = `NOT EXISTS (SELECT * FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f
  WHERE m.type = 'table' AND m.rootpage > 0 AND m.name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND m.name COLLATE NOCASE NOT ${isOurs}
  AND f."table" COLLATE NOCASE ${isOurs})`;

const keysAreOff = '(SELECT foreign_keys = 0 FROM pragma_foreign_keys)';

/** What the guards have to know. */
export interface Guarded {
  /** Those that are made anew. */
  readonly tables: readonly Copy[];
  /** Those that could lose rows: the same, and all below them. */
  readonly counted: readonly Counted[];
  readonly mostRows: number | null;
  readonly keysOff: boolean;
}

/** Before anything is dropped: what the database says of the tables, with the new actions, and that no row is in danger or too many to move. */
export function known(ddl: Ddl, guarded: Guarded, edits: readonly KeyEdit[]): readonly Statement[] {
  const { counted, tables } = guarded;
  const conditions = conditionsOf(guarded);
  return [
    ...group('what the database says of these tables, with the new actions', [
      'CREATE TABLE ondelete_table (name TEXT COLLATE NOCASE)',
      filled(
        ['INSERT INTO ondelete_table VALUES', ...listed(tables.map(({ literal }) => `(${literal})`))],
        '  ',
      ),
      facts,
      'CREATE TABLE ondelete_expected AS SELECT * FROM ondelete_fact',
      texts,
      'CREATE TABLE ondelete_text AS SELECT type, name, sql, sql AS text FROM ondelete_stored',
      ...edits.flatMap((edit) => expectations(ddl, edit)),
      `UPDATE ondelete_text SET text = ${squeezed}`,
      'CREATE TABLE ondelete_size (name, rows)',
      ...counted.map(
        ({ literal, quoted }) => `INSERT INTO ondelete_size SELECT ${literal}, count(*) FROM ${quoted}`,
      ),
    ]),
    ...group(`stops ${conditions.map(({ where }) => where).join(', or ')}`, [
      guardTable(conditions),
      `INSERT INTO ondelete_guard (${conditions.map(({ name }) => name).join(', ')}) SELECT ${conditions.map(({ sql }) => sql).join(', ')}`,
    ]),
  ];
}

interface Condition {
  readonly name: string;
  readonly sql: string;
  /** Behind "stops". */
  readonly where: string;
  /** Behind "nothing was changed, because". */
  readonly why: string;
}

function conditionsOf({ keysOff, mostRows }: Guarded): readonly Condition[] {
  const rows: Condition = {
    name: 'size',
    sql: `(SELECT sum(rows) <= ${mostRows} FROM ondelete_size WHERE name ${isOurs})`,
    where: 'where there are too many rows',
    why: `they have more than ${(mostRows ?? 0).toLocaleString('en')} rows: see TABLES_MADE_ANEW`,
  };
  const danger: Condition = keysOff
    ? {
        name: 'keys_off',
        sql: keysAreOff,
        where: 'where keys are on, and dropping a table would cascade',
        why: 'foreign_keys cannot be switched off here: run this file outside a transaction',
      }
    : {
        name: 'others',
        sql: others,
        where: 'where a table is left out',
        why: 'another table has got a key to one of these tables since this file was written',
      };
  return mostRows === null ? [danger] : [danger, rows];
}

function guardTable(conditions: readonly Condition[]): string {
  const checks = [
    ...conditions,
    { name: 'same', why: 'a table, key, index or trigger is not what this file was written for' },
  ];
  const columns = checks.map(
    ({ name, why }) =>
      `\n  ${name} CONSTRAINT "ondelete: nothing was changed, because ${why}" CHECK (${name})`,
  );
  return `CREATE TABLE ondelete_guard (${columns.join(',')})`;
}

/** A key that has neither the old action nor the new one stays as it is here, and the last look finds the difference. */
function expectations(ddl: Ddl, { becomes, child, from, id, text, to, was }: KeyEdit): readonly string[] {
  const table = textLiteral(ddl, child);
  const isOld = `kind = 'key' AND name = ${table} AND id = ${id} AND on_delete = '${from}'`;
  const [before, after] = [text + was, text + becomes].map((piece) => textLiteral(ddl, piece));
  return [
    `UPDATE ondelete_text SET sql = replace(sql, ${before ?? ''}, ${after ?? ''})
  WHERE type = 'table' AND name = ${table} COLLATE NOCASE AND EXISTS (SELECT * FROM ondelete_expected WHERE ${isOld})`,
    `UPDATE ondelete_expected SET on_delete = '${to}' WHERE ${isOld}`,
  ];
}

/** After all is back. wrangler leaves comments out of what it runs locally: texts with comments count by their facts alone. */
export function same({ counted }: Guarded): readonly Statement[] {
  return group(
    'rolls everything back unless the new actions are there, nothing else has changed and every row is back',
    [
      ...counted.map(
        ({ literal, quoted }) => `INSERT INTO ondelete_size SELECT ${literal}, -count(*) FROM ${quoted}`,
      ),
      `INSERT INTO ondelete_guard (same) SELECT 0 = (SELECT count(*) FROM (SELECT * FROM ondelete_expected EXCEPT SELECT * FROM ondelete_fact))
  AND 0 = (SELECT count(*) FROM (SELECT * FROM ondelete_fact EXCEPT SELECT * FROM ondelete_expected))
  AND (SELECT count(*) FROM ondelete_text) = (SELECT count(*) FROM ondelete_stored)
  AND NOT EXISTS (SELECT * FROM ondelete_text AS t WHERE NOT EXISTS (SELECT * FROM ondelete_stored AS m
    WHERE m.type = t.type AND m.name = t.name AND (m.text = t.text OR t.sql LIKE '%--%' OR t.sql LIKE '%/*%')))
  AND NOT EXISTS (SELECT * FROM ondelete_size GROUP BY name HAVING sum(rows) <> 0)`,
    ],
  );
}

/** With commas between, to be broken where a line is full. */
function listed(rows: readonly string[]): readonly string[] {
  return rows.map((row, at) => (at === rows.length - 1 ? row : `${row},`));
}

export const tidy: readonly string[] = [
  'DROP VIEW ondelete_fact',
  'DROP VIEW ondelete_stored',
  ...['guard', 'size', 'text', 'expected', 'table'].map((name) => `DROP TABLE ondelete_${name}`),
];
