/** Tables, put together from the rows of information_schema, which may come in any order. */
import { groupBy } from '../../../src/core/group-by.ts';
import { compareText } from '../../../src/core/names.ts';
import type { Column, Index, Server, Table, TableName } from '../../../src/core/model.ts';
import type { Row } from '../connection/connect.ts';
import { tableIdOf, tableOf, type TableRows, textOf } from './queries.ts';

/**
 * The tables that `isWanted` picks, unsorted.
 * @param partitioned the tableIds of partitioned ones
 */
export function tablesFrom(
  rows: TableRows,
  server: Server,
  partitioned: ReadonlySet<string>,
  isWanted: (table: TableName) => boolean,
): readonly Table[] {
  const columns = groupBy(rows.columns, tableIdOf);
  const indexParts = groupBy(rows.indexParts, tableIdOf);
  const triggers = groupBy(rows.triggers, tableIdOf);
  const checks = groupBy(rows.checks, tableIdOf);
  return rows.tables
    .filter((row) => isWanted(tableOf(row)))
    .map((row): Table => {
      const id = tableIdOf(row);
      const { name, schema } = tableOf(row);
      const ownColumns = (columns.get(id) ?? []).sort(by('ORDINAL_POSITION'));
      return {
        schema,
        name,
        engine: row['ENGINE'] === null ? null : textOf(row, 'ENGINE'),
        partitioned: partitioned.has(id),
        columns: ownColumns.map((column) => columnFrom(column, server)),
        indexes: indexesFrom(indexParts.get(id) ?? []),
        triggers: triggerNames(triggers.get(id) ?? []),
        definition: null,
        checks: (checks.get(id) ?? [])
          .map((check) => ({ expression: expressionOf(check, 'CHECK_CLAUSE', server), domainOf: null }))
          .sort((a, b) => compareText(a.expression, b.expression)),
        insteadRules: [],
        storedColumns: ownColumns
          .filter((column) => textOf(column, 'EXTRA').includes('STORED GENERATED'))
          .map((column) => ({
            name: textOf(column, 'COLUMN_NAME'),
            expression: expressionOf(column, 'GENERATION_EXPRESSION', server),
          })),
        indexesOfOtherCollation: [],
        options: textOf(row, 'TABLE_TYPE') === 'SYSTEM VERSIONED' ? ['system versioned'] : [],
      };
    });
}

/**
 * An expression as the catalog prints it. MySQL puts the character set of the client that wrote it before each text, and utf8mb4 for all
 * at every later ALTER of the table: `_latin1'x'` becomes `_utf8mb4'x'` (measured on 9.7). Without it, the same schema has the same text.
 */
function expressionOf(row: Row, column: string, server: Server): string {
  const text = textOf(row, column);
  return server.flavor === 'mysql'
    ? text.replace(nameOrText, (_, name: string | undefined, written: string) => name ?? written)
    : text;
}

/** A name, or a text and what stands before it. The catalog prints an expression as it would stand inside a string: \'text\'. */
const nameOrText =
  /(`(?:[^`]|``)*`)|(?:(?<!\w)_(?!binary\b)[a-z0-9]+)?(\\'(?:\\\\(?:\\[\s\S]|[^\\])|\\[^'\\]|[^\\])*\\'|'(?:[^'\\]|''|\\[\s\S])*')/gi;

function by(column: string): (a: Row, b: Row) => number {
  return (a, b) => Number(a[column]) - Number(b[column]);
}

function columnFrom(row: Row, server: Server): Column {
  const extra = textOf(row, 'EXTRA');
  const preset = row['COLUMN_DEFAULT'];
  return {
    name: textOf(row, 'COLUMN_NAME'),
    type: textOf(row, 'COLUMN_TYPE'),
    collation: row['COLLATION_NAME'] === null ? undefined : textOf(row, 'COLLATION_NAME'),
    nullable: textOf(row, 'IS_NULLABLE') === 'YES',
    // MariaDB writes out the implied default of a nullable column as the word NULL.
    hasDefault: preset !== null && !(server.flavor === 'mariadb' && preset === 'NULL'),
    // Matched as a whole, because MySQL says DEFAULT_GENERATED of a default that is an expression.
    generated: extra.includes('STORED GENERATED')
      ? 'stored'
      : extra.includes('VIRTUAL GENERATED')
        ? 'virtual'
        : null,
    identity: extra.includes('auto_increment') ? 'by default' : null,
  };
}

function indexesFrom(rows: readonly Row[]): readonly Index[] {
  return [...groupBy(rows, (row) => textOf(row, 'INDEX_NAME'))]
    .map(([name, parts]) => indexFrom(name, parts.sort(by('SEQ_IN_INDEX'))))
    .sort((a, b) => compareText(a.name, b.name));
}

function indexFrom(name: string, parts: readonly Row[]): Index {
  const [first = {}] = parts;
  return {
    name,
    // A prefix of a column cannot serve a key any more than an expression can.
    columns: parts.map((part) =>
      part['COLUMN_NAME'] === null || part['SUB_PART'] !== null ? null : textOf(part, 'COLUMN_NAME'),
    ),
    unique: Number(first['NON_UNIQUE']) === 0,
    primary: name === 'PRIMARY',
    predicate: null,
    method: first['INDEX_TYPE'] === undefined ? 'btree' : textOf(first, 'INDEX_TYPE').toLowerCase(),
  };
}

/** MariaDB lists a trigger once for each of its events. */
function triggerNames(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.map((row) => textOf(row, 'TRIGGER_NAME')))].sort(compareText);
}
