/** The checks that hold on SQLite alone: of changes, and of keys as they are. Pure. */
import { keyText, sameTable } from '../../../src/core/names.ts';
import type { DeleteClause, Finding, ForeignKey, Hazard, Table } from '../../../src/core/model.ts';
import type { Capabilities } from '../../../src/core/contracts/engine.ts';
import type { Code } from '../../../src/core/codes/index.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { foldName } from '../text/names.ts';
import { d1Hazards } from './d1.ts';
import { columnsRefusingNull } from './null-checks.ts';
import { parentMismatch } from './parent.ts';

/** Hazards of giving a key this clause, beyond those that hold on every engine. */
export function checkChange(
  key: ForeignKey,
  clause: DeleteClause,
  schema: SchemaIndex,
  { pragmaOff, schemaEdit }: Capabilities,
): readonly Hazard[] {
  const child = schema.table(key.child);
  const hazard = (code: Code, detail: string): Hazard => ({ code, subject: keyText(key), detail });
  const hazards: Hazard[] = [];
  if (clause.onDeleteColumns !== null)
    hazards.push(hazard('COLUMN_LIST_UNSUPPORTED', 'SQLite takes no column list in an ON DELETE clause'));
  if (typeof child?.definition !== 'string') {
    hazards.push(
      hazard(
        'NOT_AVAILABLE_HERE',
        `the stored text of ${key.child.name} is not understood, so its clause cannot be found`,
      ),
    );
  }
  const mismatch = parentMismatch(key, schema);
  if (mismatch !== null)
    hazards.push(hazard(isParentGone(key, schema) ? 'PARENT_MISSING' : 'PARENT_NOT_UNIQUE', mismatch));
  if (clause.onDelete === 'SET DEFAULT') {
    const without = columnsOf(key, child).filter((column) => !column.nullable && !column.hasDefault);
    hazards.push(
      ...without.map((column) =>
        hazard('SET_DEFAULT_WITHOUT_DEFAULT', `${column.name} is NOT NULL and has no default`),
      ),
    );
  }
  if (clause.onDelete === 'SET NULL') {
    hazards.push(
      ...checksRefusingNull(key, child).map((check) => hazard('SET_NULL_ON_CHECK', `CHECK (${check})`)),
    );
  }
  if (clause.onDelete === 'CASCADE' && sameTable(key.child, key.parent)) {
    hazards.push(hazard('SELF_REFERENCE_DEPTH', 'SQLite stops at 1,000 levels (SQLITE_MAX_TRIGGER_DEPTH)'));
  }
  if (schemaEdit?.has === false && typeof child?.definition === 'string') {
    if (pragmaOff?.has === true) hazards.push(...tursoHazards(key, child));
    else if (mismatch === null) hazards.push(...d1Hazards(key, schema));
  }
  return hazards;
}

export function findings(schema: SchemaIndex): readonly Finding[] {
  const { snapshot } = schema;
  if (snapshot.foreignKeys.length === 0) return [];
  // D1 enforces keys on every connection.
  const isPerConnection = snapshot.server.settings['service'] !== 'd1';
  const detail =
    'foreign_keys is a setting of each connection and not of the file, so what the application uses cannot be seen here';
  const pragma: Finding = {
    code: 'FOREIGN_KEYS_PRAGMA',
    severity: 'info',
    subject: 'the database',
    detail,
    position: null,
  };
  const mismatches = snapshot.foreignKeys.flatMap((key): readonly Finding[] => {
    const mismatch = parentMismatch(key, schema);
    return mismatch === null
      ? []
      : [
          {
            code: 'PARENT_MISMATCH',
            severity: 'error',
            subject: keyText(key),
            detail: mismatch,
            position: null,
          },
        ];
  });
  return [...(isPerConnection ? [pragma] : []), ...mismatches];
}

/**
 * Turso 0.7.2 reads tables without a rowid and makes none, unless a flag of its own is given, and its pragmas fail on a double quote in the
 * name of a table (measured). A file with generated columns it does not open at all.
 */
function tursoHazards(key: ForeignKey, { name, options }: Table): readonly Hazard[] {
  const details = [
    ...(options.includes('without rowid')
      ? [`Turso makes no table WITHOUT ROWID, so ${name} cannot be made anew`]
      : []),
    ...(name.includes('"')
      ? [`Turso cannot be asked about ${name}, which has a double quote in its name`]
      : []),
  ];
  return details.map((detail) => ({ code: 'NOT_AVAILABLE_HERE', subject: keyText(key), detail }));
}

function columnsOf(key: ForeignKey, child: Table | null) {
  return (child?.columns ?? []).filter((column) => key.columns.includes(column.name));
}

function checksRefusingNull(key: ForeignKey, child: Table | null): readonly string[] {
  const checks = (child?.checks ?? []).map(({ expression }) => expression);
  const columns = key.columns.map(foldName);
  return checks.filter((check) =>
    columnsRefusingNull(check).some((column) => columns.includes(foldName(column))),
  );
}

/** A table or column that is named and does not exist; the name of a view is no table either. */
function isParentGone({ parent, parentColumns }: ForeignKey, schema: SchemaIndex): boolean {
  const columns = schema.table(parent)?.columns.map(({ name }) => name);
  return columns === undefined || parentColumns.some((column) => !columns.includes(column));
}

/** Columns of one affinity hold each other's values without a conversion. */
export function sameType(child: string, parent: string): boolean {
  return affinity(child) === affinity(parent);
}

/** https://sqlite.org/datatype3.html#determination_of_column_affinity */
function affinity(type: string): string {
  const kinds = [
    [/INT/i, 'integer'],
    [/CHAR|CLOB|TEXT/i, 'text'],
    [/BLOB|^$/i, 'blob'],
    [/REAL|FLOA|DOUB/i, 'real'],
  ] as const;
  const found = kinds.find(([pattern]) => pattern.test(type))?.[1] ?? 'numeric';
  // Numbers compare with numbers whatever column they stand in.
  return found === 'integer' || found === 'real' ? 'numeric' : found;
}
