/**
 * Keys with longer names than information_schema shows. MariaDB calls an unnamed key `<table>_ibfk_1` and renames it with its table, beyond
 * the 64 characters that a name may have in a statement; the catalog shows the first 64, which two such keys of a table have in common
 * (measured on 10.11 and 11.8). SHOW CREATE TABLE has the whole name.
 */
import { ddlFor } from '../../sql/ddl.ts';
import type { Session } from '../../sql/session.ts';
import { groupBy } from '../../../src/core/group-by.ts';
import type { TableName } from '../../../src/core/model.ts';
import type { Row } from '../connection/connect.ts';
import { longestName } from '../temporary-name.ts';
import { type KeyRows, tableIdOf, tableOf, textOf } from './queries.ts';

const ddl = ddlFor('mariadb');

/** The same rows, those whose names may be cut off as SHOW CREATE TABLE says them. */
export async function withWholeNames(session: Session, rows: KeyRows): Promise<KeyRows> {
  const cut = groupBy(rows.constraints.filter(mayBeCut), tableIdOf);
  if (cut.size === 0) return rows;
  const isWhole = (row: Row): boolean => !mayBeCut(row);
  const whole: KeyRows[] = [
    { constraints: rows.constraints.filter(isWhole), keyColumns: rows.keyColumns.filter(isWhole) },
  ];
  for (const some of cut.values()) {
    const [first = {}] = some;
    const found = keysIn(await printedTable(session, tableOf(first)), some);
    // What cannot be read is never left out: a shorter list would look like a complete one.
    if (found.length !== some.length) return rows;
    whole.push(...found);
  }
  return {
    constraints: whole.flatMap(({ constraints }) => constraints),
    keyColumns: whole.flatMap(({ keyColumns }) => keyColumns),
  };
}

/** Names hold no character beyond the basic plane (error 1300). */
function mayBeCut(row: Row): boolean {
  return textOf(row, 'CONSTRAINT_NAME').length >= longestName;
}

async function printedTable(session: Session, table: TableName): Promise<string> {
  const show = ddl.sql`SET STATEMENT sql_quote_show_create = 1 FOR SHOW CREATE TABLE ${ddl.table(table)}`;
  const [row = {}] = await session.query(ddl.text(show));
  return textOf(row, 'Create Table');
}

const name = '`(?:[^`]|``)+`';
const names = `\\((${name}(?:, ${name})*)\\)`;
const action = '(CASCADE|SET NULL|NO ACTION|SET DEFAULT|RESTRICT)';
const printedKey = new RegExp(
  `^ {2}CONSTRAINT \`(.+?)\` FOREIGN KEY ${names} REFERENCES (?:(${name})\\.)?(${name}) ${names}(?: ON DELETE ${action})?(?: ON UPDATE ${action})?,?$`,
  'gm',
);

/** The keys with long names in the text of a table, as rows of the catalog. RESTRICT is not printed. */
function keysIn(printed: string, cut: readonly Row[]): readonly KeyRows[] {
  return [...printed.matchAll(printedKey)].flatMap((match): readonly KeyRows[] => {
    const [, written = '', columns = '', schema, parent = '', parentColumns = '', onDelete, onUpdate] = match;
    // 10.11 does not double backticks in the names of constraints.
    const isMeant = (text: string) => (row: Row) => text.startsWith(textOf(row, 'CONSTRAINT_NAME'));
    const constraint = [written.replaceAll('``', '`'), written].find((text) => cut.some(isMeant(text)));
    if (constraint === undefined) return [];
    const [first = {}, ...others] = cut.filter(isMeant(constraint));
    const child = tableOf(first);
    const key = { TABLE_SCHEMA: child.schema, TABLE_NAME: child.name, CONSTRAINT_NAME: constraint };
    const index = first['UNIQUE_CONSTRAINT_NAME'];
    const isKnown = others.every((row) => row['UNIQUE_CONSTRAINT_NAME'] === index);
    const referenced = plainNames(parentColumns);
    return [
      {
        constraints: [
          {
            ...key,
            UNIQUE_CONSTRAINT_NAME: isKnown ? index : null,
            DELETE_RULE: onDelete ?? 'RESTRICT',
            UPDATE_RULE: onUpdate ?? 'RESTRICT',
          },
        ],
        keyColumns: plainNames(columns).map((column, at) => ({
          ...key,
          ORDINAL_POSITION: at + 1,
          COLUMN_NAME: column,
          REFERENCED_TABLE_SCHEMA: schema === undefined ? child.schema : plainNames(schema)[0],
          REFERENCED_TABLE_NAME: plainNames(parent)[0],
          REFERENCED_COLUMN_NAME: referenced[at],
        })),
      },
    ];
  });
}

function plainNames(list: string): readonly string[] {
  return [...list.matchAll(/`((?:[^`]|``)+)`/g)].map(([, text = '']) => text.replaceAll('``', '`'));
}
