/** Experiments on a scratch database: what the engine does in its own way. */
import type { DeleteTrial, TrialResult } from '../../../src/core/contracts/scratch.ts';
import { codeOf } from '../../../src/core/errors.ts';
import type { Server, TableName } from '../../../src/core/model.ts';
import type { Additions, RowInsert } from '../../sql/acceptable-row.ts';
import { insertText, runTrial } from '../../sql/delete-trial.ts';
import { ddl } from '../key-sql.ts';
import type { PostgresSession, WritingSession } from '../connection/connect.ts';
import { readScratch, type ScratchCatalog, type ScratchColumn } from './catalog.ts';
import { valueOf } from './values.ts';

interface Experimenter {
  experiment(experiment: DeleteTrial): Promise<TrialResult>;
  /** The schema may be another from here on. */
  forget(): void;
}

/** foreign_key_violation; restrict_violation, which PostgreSQL 18 says for RESTRICT. */
const refusals = new Set(['23503', '23001']);

export function experimenter(reader: PostgresSession, writer: WritingSession, server: Server): Experimenter {
  let known: ScratchCatalog | null = null;
  const accepted = new Map<string, Additions | null>();
  return {
    forget: () => {
      known = null;
      accepted.clear();
    },
    experiment: async (experiment) => {
      const catalog = (known ??= await readScratch(reader, server));
      return runTrial(experiment, {
        ddl,
        query: writer.query,
        begin: 'BEGIN',
        value: (table, column, n) => {
          const found = columnNamed(catalog, table, column);
          return found === undefined ? null : valueOf(found.use, catalog.types, n);
        },
        required: (table) =>
          catalog
            .columns(table)
            .filter((column) => column.required)
            .map((column) => column.name),
        room: (tables) => catalog.room(tables),
        free: (table) => catalog.free(table),
        accepted,
        ignoreChecks: null,
        insertion: (inserts) => [oneStatement(inserts.map((insert) => withoutGenerated(insert, catalog)))],
        beforeDelete: armed,
        checkDeferred: async () => {
          await writer.query('SET CONSTRAINTS ALL IMMEDIATE');
        },
        isRefusal: (error) => refusals.has(codeOf(error)),
      });
    },
  };
}

/** Deferred keys are looked at once, so that rows which break one are not taken for a refused delete, and are deferred again. */
const armed = ['SAVEPOINT all_in', 'SET CONSTRAINTS ALL IMMEDIATE', 'ROLLBACK TO SAVEPOINT all_in'];

function columnNamed(catalog: ScratchCatalog, table: TableName, column: string): ScratchColumn | undefined {
  return catalog.columns(table).find((one) => one.name === column);
}

/** A generated column cannot even be given NULL. */
function withoutGenerated(insert: RowInsert, catalog: ScratchCatalog): RowInsert {
  const given = [...insert.columns.keys()].filter(
    (at) => columnNamed(catalog, insert.table, insert.columns[at] ?? '')?.generated !== true,
  );
  return {
    table: insert.table,
    columns: given.map((at) => insert.columns[at] ?? ''),
    values: given.map((at) => insert.values[at] ?? ''),
  };
}

/** Keys are looked at when a statement ends, so rows of one statement may point to each other in a circle. */
function oneStatement(inserts: readonly RowInsert[]): string {
  const parts = inserts.map((insert, at) => `row_${at} AS (${insertion(insert)})`);
  return `WITH ${parts.join(', ')} SELECT 1`;
}

function insertion(insert: RowInsert): string {
  return insert.columns.length === 0
    ? ddl.text(ddl.sql`INSERT INTO ${ddl.table(insert.table)} DEFAULT VALUES`)
    : insertText(ddl, insert, ' OVERRIDING SYSTEM VALUE');
}
