/** What a rehearsal tries out on each changed key, and what the policy promises for it. */
import type { SchemaIndex } from '../core/schema-index.ts';
import type { DeleteTrial, ScratchDatabase, ScratchRow, TrialResult } from '../core/contracts/scratch.ts';
import { sameTable, type DeleteClause, type ForeignKey, type TableName } from '../core/model.ts';
import { isActive } from '../core/referential-actions.ts';
import { fixtureFor, type Depth, type Fixture } from './fixtures.ts';
import { countOf, outcomeOf, tablesOf, type Outcome } from './delete-model.ts';

/** One thing that was tried. */
export interface Trial {
  /** `parents one by one`, `whole chains below`, … */
  readonly what: string;
  readonly verdict: 'as promised' | 'differs' | 'not tried';
  /** What became of the rows, or what differed, or why it was not tried. */
  readonly detail: string;
}

interface Kind {
  readonly what: string;
  readonly depth: Depth;
  readonly parents: number;
  readonly bulk: boolean;
}

const kinds: readonly Kind[] = [
  { what: 'parents one by one', depth: 'children', parents: 2, bulk: false },
  { what: 'parents in bulk', depth: 'children', parents: 2, bulk: true },
  { what: 'whole chains below', depth: 'chains', parents: 1, bulk: true },
  { what: 'a chain that ends in a refusal', depth: 'refusal', parents: 1, bulk: true },
];

/**
 * Deletes parents of the key on the scratch database in every way that matters.
 * @param schema the scratch database as it is now
 * @param clauseOf what each key does on a delete, as the policy promises
 * @param tell what a table of the scratch database is called at home
 */
export async function runTrials(
  key: ForeignKey,
  schema: SchemaIndex,
  clauseOf: (key: ForeignKey) => DeleteClause,
  scratch: Pick<ScratchDatabase, 'tryDelete'>,
  tell: (table: TableName) => string,
): Promise<readonly Trial[]> {
  if (!isActive(key)) {
    return [
      {
        what: 'deletes',
        verdict: 'not tried',
        detail: 'the key is not enforced, or its triggers are switched off',
      },
    ];
  }
  const trials: Trial[] = [];
  for (const kind of kinds) {
    const family = fixtureFor(key, schema, clauseOf, kind.depth, kind.parents);
    if (family === null) continue;
    // Without anything below the children a chain is the first trial once more.
    if (kind.depth === 'chains' && clauseOf(key).onDelete !== 'CASCADE') continue;
    const remove = [...family.rows.keys()].slice(0, family.parents);
    const promised = outcomeOf(family.rows, remove, schema.snapshot, clauseOf);
    const experiment: DeleteTrial = {
      rows: family.rows,
      deleteRows: remove,
      bulk: kind.bulk,
      expect: [
        ...promised.left,
        ...family.rows,
        ...tablesOf(family.rows).map((table) => ({ table, cells: {} })),
      ],
    };
    const result = await scratch.tryDelete(experiment);
    trials.push(trialOf(kind, family, promised, experiment, result, tell));
  }
  return trials;
}

function trialOf(
  kind: Kind,
  family: Fixture,
  promised: Outcome,
  experiment: DeleteTrial,
  result: TrialResult,
  tell: (table: TableName) => string,
): Trial {
  const { what } = kind;
  const { rows } = family;
  if (result.kind === 'impossible') return { what, verdict: 'not tried', detail: result.why };
  if (result.kind === 'failed')
    return { what, verdict: 'differs', detail: `the delete fails: ${result.why}` };
  if (promised.defaults && result.kind === 'refused') {
    return { what, verdict: 'as promised', detail: 'refused, because no parent bears the default' };
  }
  if (result.kind !== promised.kind) {
    const words = { deleted: 'go through', refused: 'be refused' } as const;
    return {
      what,
      verdict: 'differs',
      detail: `the delete should ${words[promised.kind]}, and it was ${result.kind}`,
    };
  }
  const expected = experiment.expect.map((look) => countOf(promised.left, look));
  const wrong = expected.findIndex((number, index) => result.counts[index] !== number);
  const look = experiment.expect[wrong];
  if (look !== undefined) {
    const where = tell(look.table);
    const detail = `${where} should hold ${expected[wrong] ?? 0} such rows afterwards, and holds ${result.counts[wrong] ?? 0}`;
    return { what, verdict: 'differs', detail };
  }
  const rest = family.cut ? '; what lies further below was not tried' : '';
  return { what, verdict: 'as promised', detail: `${summary(rows, promised, tell)}${rest}` };
}

/** `2 of customers deleted, 4 of orders set to NULL`. */
function summary(rows: readonly ScratchRow[], promised: Outcome, tell: (table: TableName) => string): string {
  if (promised.kind === 'refused') return 'refused, and nothing was changed';
  const words = tablesOf(rows).flatMap((table) => {
    const look = { table, cells: {} };
    const gone = countOf(rows, look) - countOf(promised.left, look);
    return gone === 0 ? [] : [`${gone} of ${tell(table)} deleted`];
  });
  const kept = promised.left.filter((row) => {
    return !rows.some((one) => sameTable(one.table, row.table) && sameCells(one, row));
  });
  const changed = tablesOf(kept).map((table) => {
    const number = kept.filter((row) => sameTable(row.table, table)).length;
    return `${number} of ${tell(table)} ${promised.defaults ? 'set to the default' : 'set to NULL'}`;
  });
  return [...words, ...changed].join(', ');
}

function sameCells(a: ScratchRow, b: ScratchRow): boolean {
  const columns = new Set([...Object.keys(a.cells), ...Object.keys(b.cells)]);
  return [...columns].every((column) => a.cells[column] === b.cells[column]);
}
