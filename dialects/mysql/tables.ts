/** Tables out of the rows of COLUMNS, STATISTICS, TABLES, TRIGGERS and CHECK_CONSTRAINTS. */
import { compareText, type Column, type Index, type Table, type TableName } from '../../src/model.ts';
import type { TableRows } from './catalog.ts';
import type { Cells } from './connect.ts';
import { cellText } from './keys.ts';

/** What a note begins with; `judge` reads them again. */
export const checkNote = 'check: ';
export const storedNote = 'stored generated column: ';

/** The tables that `involved` asks for, unsorted. `options`: those rows of CREATE_OPTIONS that were read. MariaDB writes the implied default of a nullable column out as the word NULL: `nullWord`. */
export function mergeTables(
  rows: TableRows,
  options: readonly Cells[],
  nullWord: boolean,
  involved: (table: TableName) => boolean,
): readonly Table[] {
  const tables = rows.tables.map((row) => ({ row, ...nameOf(row) })).filter(involved);
  const wanted = new Set(tables.map((table) => idOf(table.schema, table.name)));
  const columns = grouped(rows.columns, wanted);
  const parts = grouped(rows.indexParts, wanted);
  const triggers = grouped(rows.triggers, wanted);
  const checks = grouped(rows.checks, wanted);
  const partitioned = new Set(
    options
      .filter((row) => /\bpartitioned\b/.test(cellText(row[2])))
      .map((row) => idOf(cellText(row[0]), cellText(row[1]))),
  );
  return tables.map(({ row, schema, name }) => {
    const id = idOf(schema, name);
    const own = (columns.get(id) ?? []).sort(byPosition);
    const [, , engine, kind] = row;
    return {
      schema,
      name,
      engine: engine === null ? null : cellText(engine),
      partitioned: partitioned.has(id),
      columns: own.map((column) => columnOf(column, nullWord)),
      indexes: indexesOf(parts.get(id) ?? []),
      triggers: [...new Set((triggers.get(id) ?? []).map((each) => cellText(each[2])))].sort(compareText),
      definition: null,
      notes: notesOf(cellText(kind), own, checks.get(id) ?? []),
    };
  });
}

function nameOf([schema, table]: Cells): TableName {
  return { schema: cellText(schema), name: cellText(table) };
}

function idOf(schema: string, table: string): string {
  return `${schema}\0${table}`;
}

/** Of columns in their table, and of parts in their index. */
function byPosition(a: Cells, b: Cells): number {
  return Number(a[2]) - Number(b[2]);
}

/** The rows of each table that is wanted. Most rows follow one of their own table, so that its group need not be looked up. */
function grouped(rows: readonly Cells[], wanted: ReadonlySet<string>): ReadonlyMap<string, Cells[]> {
  const groups = new Map<string, Cells[]>();
  let before: readonly unknown[] = [];
  let group: Cells[] | null = null;
  for (const row of rows) {
    if (row[1] !== before[1] || row[0] !== before[0]) {
      const id = idOf(cellText(row[0]), cellText(row[1]));
      group = groups.get(id) ?? null;
      if (group === null && wanted.has(id)) groups.set(id, (group = []));
      before = row;
    }
    group?.push(row);
  }
  return groups;
}

function columnOf([, , , name, type, nullable, given, more]: Cells, nullWord: boolean): Column {
  const extra = cellText(more);
  return {
    name: cellText(name),
    type: cellText(type),
    nullable: nullable === 'YES',
    hasDefault: given !== null && given !== undefined && !(nullWord && cellText(given) === 'NULL'),
    // MySQL also says DEFAULT_GENERATED, of a default that is an expression.
    generated: extra.includes('STORED GENERATED')
      ? 'stored'
      : extra.includes('VIRTUAL GENERATED')
        ? 'virtual'
        : null,
    identity: extra.includes('auto_increment') ? 'by default' : null,
  };
}

function indexesOf(rows: readonly Cells[]): readonly Index[] {
  const byName = new Map<string, Cells[]>();
  for (const row of rows) {
    const name = cellText(row[3]);
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [row]);
    else known.push(row);
  }
  return [...byName].sort(([a], [b]) => compareText(a, b)).map(([name, parts]) => indexOf(name, parts));
}

function indexOf(name: string, parts: Cells[]): Index {
  const [first = []] = parts;
  return {
    name,
    // A prefix of a column cannot serve a key any more than an expression can.
    columns: parts
      .sort(byPosition)
      .map(([, , , , column, prefix]) => (column === null || prefix !== null ? null : cellText(column))),
    unique: Number(first[6]) === 0,
    primary: name === 'PRIMARY',
    predicate: null,
    method: first[7] === undefined ? 'btree' : cellText(first[7]).toLowerCase(),
  };
}

function notesOf(kind: string, columns: readonly Cells[], checks: readonly Cells[]): readonly string[] {
  const stored = columns
    .filter((column) => cellText(column[7]).includes('STORED GENERATED'))
    .map((column) => `${storedNote}${cellText(column[3])} = ${cellText(column[8])}`);
  const versioned = kind === 'SYSTEM VERSIONED' ? ['system versioned'] : [];
  return [...checks.map((check) => `${checkNote}${cellText(check[2])}`), ...stored, ...versioned].sort(
    compareText,
  );
}
