/** Columns out of the rows of COLUMNS. */
import { sortInPlace, type Column } from '../../../src/core/model.ts';
import type { Cells } from '../connection/connect.ts';
import { rowsByTable } from './group-rows.ts';
import { cellText } from './keys.ts';

/** What a note of a table begins with; `judge` reads it again. */
export const storedNote = 'stored generated column: ';

export interface TableColumns {
  readonly columns: readonly Column[];
  /** Notes about stored generated ones. */
  readonly stored: readonly string[];
}

/**
 * By tableId; columns alike are one object. MariaDB writes the implied default of a nullable column out as the word NULL: `nullWord`.
 */
export function columnsByTable(rows: readonly Cells[], nullWord: boolean): ReadonlyMap<string, TableColumns> {
  const columnOf = columnReader(nullWord);
  const tables = new Map<string, TableColumns>();
  for (const [id, own] of rowsByTable(rows)) {
    const columns = sortInPlace(own, byPosition).map(columnOf);
    const hasStored = columns.some((column) => column.generated === 'stored');
    tables.set(id, { columns, stored: hasStored ? storedNotes(own) : none });
  }
  return tables;
}

const none: readonly string[] = [];

function byPosition(a: Cells, b: Cells): number {
  return Number(a[2]) - Number(b[2]);
}

function columnReader(nullWord: boolean): (row: Cells) => Column {
  const known = new Map<string, Column[]>();
  return ([, , , name, type, nullable, given, more]) => {
    const extra = cellText(more);
    const column: Column = {
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
    const namesakes = known.get(column.name);
    const alike = namesakes?.find((each) => isAlike(each, column));
    if (alike !== undefined) return alike;
    if (namesakes === undefined) known.set(column.name, [column]);
    else namesakes.push(column);
    return column;
  };
}

function isAlike(a: Column, b: Column): boolean {
  return (
    a.type === b.type &&
    a.nullable === b.nullable &&
    a.hasDefault === b.hasDefault &&
    a.generated === b.generated &&
    a.identity === b.identity
  );
}

function storedNotes(rows: readonly Cells[]): readonly string[] {
  return rows
    .filter((row) => cellText(row[7]).includes('STORED GENERATED'))
    .map((row) => `${storedNote}${cellText(row[3])} = ${cellText(row[8])}`);
}
