/** The deletes that a rehearsal tries for each changed key, compared with what the policy promises. */
import type { SchemaIndex } from '../core/schema-index.ts';
import type { DeleteTrial, ScratchDatabase, ScratchRow, TrialResult } from '../core/contracts/scratch.ts';
import { sameTable } from '../core/names.ts';
import type { DeleteClause, ForeignKey, TableName } from '../core/model.ts';
import { isActive } from '../core/referential-actions.ts';
import { type Fixture, fixtureFor } from './fixtures.ts';
import { refuse, type Refused, variationOf } from './variations.ts';
import { countOf, type Outcome, outcomeOf, tablesOf } from './delete-model.ts';

/** One delete that was tried. */
export interface Trial {
  /** `parents one by one`, `whole chains below`, … */
  readonly what: string;
  readonly verdict: 'as promised' | 'differs' | 'not tried';
  /** What happened to the rows, what differed, or why it was not tried. */
  readonly detail: string;
}

const kinds = [
  { what: 'parents one by one', depth: 'children', parents: 2, bulk: false },
  { what: 'parents in bulk', depth: 'children', parents: 2, bulk: true },
  { what: 'whole chains below', depth: 'chains', parents: 1, bulk: true },
  { what: 'a chain that ends in a refusal', depth: 'refusal', parents: 1, bulk: true },
] as const;

/**
 * Deletes parents of the key on the scratch database, alone and in bulk, with children and with whole chains.
 * @param schema of the scratch database
 * @param clauseOf the expected clause of each key
 * @param refused what the CHECKs of the scratch database have refused so far; grows
 * @param textOf the name of a scratch table in the original database
 */
export async function runTrials(
  key: ForeignKey,
  schema: SchemaIndex,
  clauseOf: (key: ForeignKey) => DeleteClause,
  scratch: Pick<ScratchDatabase, 'tryDelete'>,
  refused: Refused,
  textOf: (table: TableName) => string,
): Promise<readonly Trial[]> {
  if (!isActive(key)) {
    const detail = 'the key is not enforced, or its triggers are disabled';
    return [{ what: 'deletes', verdict: 'not tried', detail }];
  }
  const trials: Trial[] = [];
  for (const kind of kinds) {
    // Without CASCADE the chain ends at the children, as in the first trial.
    if (kind.depth === 'chains' && clauseOf(key).onDelete !== 'CASCADE') continue;
    const trial = await tried(kind, key, schema, clauseOf, scratch, refused, textOf);
    if (trial !== null) trials.push(trial);
  }
  return trials;
}

/** Rows that a CHECK refuses are made anew in another way. @returns null where there are no such rows */
async function tried(
  kind: (typeof kinds)[number],
  key: ForeignKey,
  schema: SchemaIndex,
  clauseOf: (key: ForeignKey) => DeleteClause,
  scratch: Pick<ScratchDatabase, 'tryDelete'>,
  refused: Refused,
  textOf: (table: TableName) => string,
): Promise<Trial | null> {
  const fixture = fixtureFor(key, schema, clauseOf, kind.depth, kind.parents, refused);
  if (fixture === null) return null;
  const deleteRows = [...fixture.rows.keys()].slice(0, fixture.parents);
  const promised = outcomeOf(fixture.rows, deleteRows, schema.snapshot, clauseOf);
  const trial: DeleteTrial = {
    rows: fixture.rows,
    deleteRows,
    bulk: kind.bulk,
    expect: [
      ...promised.left,
      ...fixture.rows,
      ...tablesOf(fixture.rows).map((table) => ({ table, cells: {} })),
    ],
  };
  const result = await scratch.tryDelete(trial);
  const refusedKind =
    result.kind === 'impossible' && result.row !== null ? fixture.kinds[result.row] : undefined;
  if (refusedKind === undefined || variationOf(refusedKind, schema, refused) === null)
    return trialOf(kind.what, fixture, promised, trial, result, textOf);
  refuse(refusedKind, refused);
  return tried(kind, key, schema, clauseOf, scratch, refused, textOf);
}

function trialOf(
  what: string,
  fixture: Fixture,
  promised: Outcome,
  trial: DeleteTrial,
  result: TrialResult,
  textOf: (table: TableName) => string,
): Trial {
  if (result.kind === 'impossible') return { what, verdict: 'not tried', detail: result.why };
  if (result.kind === 'failed')
    return { what, verdict: 'differs', detail: `the delete fails: ${result.why}` };
  if (promised.defaults && result.kind === 'refused')
    return { what, verdict: 'as promised', detail: 'refused, because no parent has the default' };
  if (result.kind !== promised.kind) {
    const details = {
      deleted: 'the delete should be refused, but it succeeded',
      refused: 'the delete should succeed, but it was refused',
    } as const;
    return { what, verdict: 'differs', detail: details[result.kind] };
  }
  const expected = trial.expect.map((row) => countOf(promised.left, row));
  const wrong = expected.findIndex((number, index) => result.counts[index] !== number);
  const row = trial.expect[wrong];
  if (row !== undefined) {
    const detail = `${textOf(row.table)} should have ${expected[wrong] ?? 0} such rows after the delete, but has ${result.counts[wrong] ?? 0}`;
    return { what, verdict: 'differs', detail };
  }
  const rest = fixture.cut ? '; tables further down were not tried' : '';
  return { what, verdict: 'as promised', detail: `${summary(fixture.rows, promised, textOf)}${rest}` };
}

/** `2 of customers deleted, 4 of orders set to NULL`. */
function summary(
  rows: readonly ScratchRow[],
  promised: Outcome,
  textOf: (table: TableName) => string,
): string {
  if (promised.kind === 'refused') return 'refused, and no row was changed';
  const deleted = tablesOf(rows).flatMap((table) => {
    const all = { table, cells: {} };
    const gone = countOf(rows, all) - countOf(promised.left, all);
    return gone === 0 ? [] : [`${gone} of ${textOf(table)} deleted`];
  });
  const written = promised.left.filter(
    (row) => !rows.some((one) => sameTable(one.table, row.table) && sameCells(one, row)),
  );
  const changed = tablesOf(written).map((table) => {
    const number = written.filter((row) => sameTable(row.table, table)).length;
    return `${number} of ${textOf(table)} ${promised.defaults ? 'set to the default' : 'set to NULL'}`;
  });
  return [...deleted, ...changed].join(', ');
}

function sameCells(a: ScratchRow, b: ScratchRow): boolean {
  const columns = new Set([...Object.keys(a.cells), ...Object.keys(b.cells)]);
  return [...columns].every((column) => a.cells[column] === b.cells[column]);
}
