/** Counts rows that point to no parent, for the engine's own client; the change does not depend on it, so it may not stop the file either. */
import type { Ddl } from '../../sql/ddl.ts';
import type { EmitContext } from '../../../src/core/contracts/engine.ts';
import { keyText } from '../../../src/core/names.ts';
import type { ForeignKey, Lock, Operation, Statement, Step, TableName } from '../../../src/core/model.ts';
import type { SchemaIndex } from '../../../src/core/schema-index.ts';
import { orphanCountPieces } from '../orphans.ts';
import { readDefinition } from '../text/create-table.ts';
import { filled, label, textLiteral } from '../text/literals.ts';
import { foldName, sameName } from '../text/names.ts';

/** One statement for each key, so that writers get their turn between them. */
export function orphanStep(
  ddl: Ddl,
  keys: readonly ForeignKey[],
  { schema, withOperations }: EmitContext,
  isWal: boolean,
): Step {
  const blocks = isWal ? 'nothing' : 'writes';
  const collations = collationsIn(schema);
  const statement = (key: ForeignKey, at: number): Statement => {
    const name = label(`${at + 1}/${keys.length} orphans of ${key.child.name}(${key.columns.join(', ')})`);
    const unknown = collations(key.parent, key.parentColumns) ?? collations(key.child, key.columns);
    if (unknown !== null) {
      const why = label(`not counted: the application alone knows the collation ${unknown}`);
      const literals = [`${textLiteral(ddl, name)},`, textLiteral(ddl, why)];
      return { sql: filled(['SELECT', ...literals], '  '), comment: '', operations: [] };
    }
    const sql = countSql(ddl, key, name);
    return { sql, comment: '', operations: withOperations ? [operation(key, sql, blocks)] : [] };
  };
  return {
    slug: 'check',
    title: 'Count rows that point to no parent, for information; nothing is changed yet',
    keys,
    transaction: null,
    alone: false,
    up: { kind: 'run', statements: keys.map(statement), always: [], retry: null, fallback: [] },
    down: { kind: 'nothing', reason: 'counting changed nothing' },
  };
}

function countSql(ddl: Ddl, key: ForeignKey, name: string): string {
  const pieces = orphanCountPieces(ddl, key, ddl.raw(textLiteral(ddl, name))).map((piece) => ddl.text(piece));
  return filled(pieces, '  ');
}

function operation(key: ForeignKey, sql: string, blocks: Lock['blocks']): Operation {
  const comment = `how many rows of ${keyText(key)} point to no parent; the change does not depend on it`;
  const lock: Lock = { mode: 'SHARED', table: null, blocks, held: 'while rows are scanned' };
  return { sql, comment, locks: [lock], scans: [key.child] };
}

/** The collations that SQLite has by itself; any other is an error in every program that does not bring it (https://sqlite.org/datatype3.html#collation). */
const builtIn = ['binary', 'nocase', 'rtrim'];

/** Asks for a collation of the application's that a query over these columns would need; the text of each table is read once. */
function collationsIn(schema: SchemaIndex): (table: TableName, columns: readonly string[]) => string | null {
  const known = new Map<string, ReadonlyMap<string, string>>();
  const declared = (table: TableName): ReadonlyMap<string, string> => {
    const text = schema.table(table)?.definition ?? '';
    const found =
      known.get(table.name) ?? (/\bcollate\b/i.test(text) ? readDefinition(text)?.collations : null);
    const collations = found ?? new Map<string, string>();
    known.set(table.name, collations);
    return collations;
  };
  return (table, columns) => {
    const own = [...declared(table)].filter(([column]) => columns.some((one) => sameName(one, column)));
    return own.find(([, collation]) => !builtIn.includes(foldName(collation)))?.[1] ?? null;
  };
}
