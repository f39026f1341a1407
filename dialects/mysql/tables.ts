/** Tables out of the rows of COLUMNS, STATISTICS, TABLES, TRIGGERS and CHECK_CONSTRAINTS. */
import { compareText, type Column, type Index, type Table, type TableName } from '../../src/model.ts';
import type { Catalog } from './catalog.ts';
import type { Row } from './connect.ts';
import { rowText } from './keys.ts';

/** What a note begins with; `judge` reads them again. */
export const checkNote = 'check: ';
export const storedNote = 'stored generated column: ';

/** The tables that `involved` asks for, unsorted. MariaDB writes the implied default of a nullable column out as the word NULL: `nullWord`. */
export function mergeTables(
  catalog: Catalog,
  nullWord: boolean,
  involved: (table: TableName) => boolean,
): readonly Table[] {
  const columns = grouped(catalog.columns);
  const parts = grouped(catalog.indexParts);
  const triggers = grouped(catalog.triggers);
  const checks = grouped(catalog.checks);
  return catalog.tables
    .filter((row) => involved(nameOf(row)))
    .map((row) => {
      const id = idOf(row);
      const own = [...(columns.get(id) ?? [])].sort((a, b) => Number(a['o']) - Number(b['o']));
      return {
        ...nameOf(row),
        engine: row['e'] === null ? null : rowText(row, 'e'),
        partitioned: /\bpartitioned\b/.test(rowText(row, 'o')),
        columns: own.map((column) => columnOf(column, nullWord)),
        indexes: indexesOf(parts.get(id) ?? []),
        triggers: [...new Set((triggers.get(id) ?? []).map((each) => rowText(each, 'n')))].sort(compareText),
        definition: null,
        notes: notesOf(row, own, checks.get(id) ?? []),
      };
    });
}

function nameOf(row: Row): TableName {
  return { schema: rowText(row, 's'), name: rowText(row, 't') };
}

function idOf(row: Row): string {
  return `${rowText(row, 's')}\0${rowText(row, 't')}`;
}

function grouped(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const id = idOf(row);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [row]);
    else group.push(row);
  }
  return groups;
}

function columnOf(row: Row, nullWord: boolean): Column {
  const extra = rowText(row, 'ex');
  const fallback = row['de'];
  return {
    name: rowText(row, 'c'),
    type: rowText(row, 'ty'),
    nullable: row['nu'] === 'YES',
    hasDefault: fallback !== null && fallback !== undefined && !(nullWord && rowText(row, 'de') === 'NULL'),
    // MySQL also says DEFAULT_GENERATED, of a default that is an expression.
    generated: /\bSTORED GENERATED/.test(extra)
      ? 'stored'
      : /\bVIRTUAL GENERATED/.test(extra)
        ? 'virtual'
        : null,
    identity: extra.includes('auto_increment') ? 'by default' : null,
  };
}

function indexesOf(rows: readonly Row[]): readonly Index[] {
  const byName = new Map<string, Row[]>();
  for (const row of rows) {
    const name = rowText(row, 'i');
    const known = byName.get(name);
    if (known === undefined) byName.set(name, [row]);
    else known.push(row);
  }
  return [...byName].sort(([a], [b]) => compareText(a, b)).map(([name, parts]) => indexOf(name, parts));
}

function indexOf(name: string, parts: Row[]): Index {
  parts.sort((a, b) => Number(a['o']) - Number(b['o']));
  const [first = {}] = parts;
  return {
    name,
    // A prefix of a column cannot serve a key any more than an expression can.
    columns: parts.map((part) => (part['c'] === null || part['p'] !== null ? null : rowText(part, 'c'))),
    unique: Number(first['nu']) === 0,
    primary: name === 'PRIMARY',
    predicate: null,
    method: rowText(first, 'm').toLowerCase(),
  };
}

function notesOf(table: Row, columns: readonly Row[], checks: readonly Row[]): readonly string[] {
  const stored = columns
    .filter((column) => /\bSTORED GENERATED/.test(rowText(column, 'ex')))
    .map((column) => `${storedNote}${rowText(column, 'c')} = ${rowText(column, 'ge')}`);
  const versioned = rowText(table, 'ty') === 'SYSTEM VERSIONED' ? ['system versioned'] : [];
  return [...checks.map((check) => `${checkNote}${rowText(check, 'c')}`), ...stored, ...versioned].sort(
    compareText,
  );
}
