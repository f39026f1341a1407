/** Converts snapshots of version 1, whose tables have facts as sentences in `notes`, to the typed facts of version 2. */
import { type Check, type InsteadRule, type StoredColumn, type TableOption, tableOptions } from './model.ts';

/** @returns the same value if it is not a snapshot of version 1 */
export function fromVersion1(value: unknown): unknown {
  if (!isObject(value) || value['version'] !== 1 || !Array.isArray(value['tables'])) return value;
  return { ...value, version: 2, tables: value['tables'].map(tableFacts) };
}

type Plain = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Plain => typeof value === 'object' && value !== null;

function tableFacts(table: unknown): unknown {
  if (!isObject(table) || !Array.isArray(table['notes'])) return table;
  const { notes: sentences, ...rest } = table;
  const notes = (sentences as readonly unknown[]).map(String);
  const columns = (Array.isArray(rest['columns']) ? rest['columns'] : []).flatMap((column: unknown) =>
    isObject(column) ? [String(column['name'])] : [],
  );
  return {
    ...rest,
    checks: notes.flatMap((note) => checkIn(note, columns)),
    insteadRules: notes.flatMap(ruleIn),
    storedColumns: notes.flatMap((note) => storedColumnIn(note, columns)),
    indexesOfOtherCollation: notes.flatMap((note) => behind(note, 'collates unlike its columns: ')),
    options: notes.flatMap(optionIn),
  };
}

function behind(note: string, beginning: string): readonly string[] {
  return note.startsWith(beginning) ? [note.slice(beginning.length)] : [];
}

/** The longest matching column: a name may contain the separator that follows it. */
function columnIn(columns: readonly string[], fits: (column: string) => boolean): readonly string[] {
  return columns
    .filter(fits)
    .sort((a, b) => b.length - a.length)
    .slice(0, 1);
}

function checkIn(note: string, columns: readonly string[]): readonly Check[] {
  const opening = (column: string): string => `domain check on ${column}: `;
  return [
    ...behind(note, 'check: ').map((expression) => ({ expression, domainOf: null })),
    ...columnIn(columns, (column) => note.startsWith(opening(column))).map((column) => ({
      expression: note.slice(opening(column).length),
      domainOf: column,
    })),
  ];
}

function ruleIn(note: string): readonly InsteadRule[] {
  return (['DELETE', 'UPDATE'] as const).flatMap((event) =>
    behind(note, `rule instead of ${event}: `).map((name) => ({ event, name })),
  );
}

function storedColumnIn(note: string, columns: readonly string[]): readonly StoredColumn[] {
  const opening = (column: string): string => `stored generated column: ${column} = `;
  return columnIn(columns, (column) => note.startsWith(opening(column))).map((name) => ({
    name,
    expression: note.slice(opening(name).length),
  }));
}

function optionIn(note: string): readonly TableOption[] {
  if (note === 'citus: distributed') return ['citus distributed'];
  if (note === 'citus: reference or local table') return ['citus reference or local'];
  return tableOptions.filter((option) => option === note);
}
