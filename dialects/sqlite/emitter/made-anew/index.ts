/**
 * The steps of a change where nobody may edit the stored schema: the child is made anew (rebuild.ts), on Cloudflare D1, where keys cannot
 * be switched off, with all tables below it, or with --allow COLUMN_ORDER the column alone is replaced, where that is possible (swap.ts).
 */
import type { Ddl } from '../../../sql/ddl.ts';
import type { EmitContext } from '../../../../src/core/contracts/engine.ts';
import { tableText } from '../../../../src/core/names.ts';
import type { Change, StepBody, Statement, Step } from '../../../../src/core/model.ts';
import { chainOf, madeAnew } from '../../checks/chain.ts';
import { editsOf } from '../key-edits.ts';
import { type KeyEdit, reversed } from '../key-table.ts';
import { loopsOf } from './loops.ts';
import { type Rebuilt, rebuildStatements } from './rebuild.ts';
import { type Swap, swappedBack, swapStatements, swapOf } from './swap.ts';

/** 200,000 rows of two tables with an index each are made anew in 0.2 s locally (measured); what the hosted service bears is not known. */
const mostRows = 100_000;

interface Edited {
  readonly change: Change;
  readonly edit: KeyEdit;
  /** Null for a key whose table is made anew. */
  readonly swap: Swap | null;
}

export function madeAnewSteps(ddl: Ddl, changes: readonly Change[], context: EmitContext): readonly Step[] {
  const { capabilities, schema } = context;
  const keysOff = capabilities['pragmaOff']?.has === true;
  const edits = editsOf(ddl, changes, schema);
  const swaps = !keysOff && context.allowed?.includes('COLUMN_ORDER') === true;
  const edited = changes.map((change, at): readonly Edited[] => {
    const edit = edits[at];
    return edit === undefined ? [] : [{ change, edit, swap: swaps ? swapOf(change, edit, schema) : null }];
  });
  const all = edited.flat();
  const chain = madeAnew(
    all.flatMap(({ change, swap }) => (swap === null ? [change.foreignKey.child] : [])),
    schema,
    capabilities,
  );
  const isRebuilt = ({ change }: Edited): boolean =>
    chain.some((table) => table.name === change.foreignKey.child.name);
  const rebuilt = all.filter(isRebuilt);
  const swapped = all.filter((one) => !isRebuilt(one));
  return [
    ...(chain.length === 0 ? [] : [rebuildStep(ddl, rebuilt, chain.map(withChanges(rebuilt)), context)]),
    ...(swapped.length === 0 ? [] : [swapStep(ddl, swapped, context)]),
  ];
}

type Chain = readonly Rebuilt[];

function withChanges(edited: readonly Edited[]): (table: Rebuilt['table']) => Rebuilt {
  return (table) => {
    const before = table.definition ?? '';
    const own = edited.map(({ edit }) => edit).filter(({ child }) => child === table.name);
    // Each piece stands in the text once.
    const after = own.reduce(
      (text, { becomes, text: anchor, was }) => text.replace(anchor + was, () => anchor + becomes),
      before,
    );
    return { table, before, after };
  };
}

function rebuildStep(ddl: Ddl, edited: readonly Edited[], chain: Chain, context: EmitContext): Step {
  const bound = context.allowed?.includes('TABLE_REBUILD') === true ? null : mostRows;
  const tables = chain.map(({ table }) => table);
  const keysOff = context.capabilities['pragmaOff']?.has === true;
  const changes = edited.map(({ change }) => change);
  const options = {
    plain: context.plain,
    withOperations: context.withOperations,
    mostRows: bound,
    keysOff,
    counted: chainOf(tables, context.schema),
    loops: keysOff ? [] : loopsOf(tables, changes, context.schema),
  };
  const edits = edited.map(({ edit }) => edit);
  const back = chain.map(({ after, before, table }) => ({ table, before: after, after: before }));
  const names = tables.map(tableText).join(', ');
  return {
    ...step(
      'rebuild',
      `Make ${chain.length === 1 ? 'the table' : `${chain.length} tables`} anew with the new ON DELETE clauses`,
      edited,
      rebuildStatements(ddl, chain, edits, options),
      rebuildStatements(ddl, back, reversed(edits), options),
    ),
    notices: [
      {
        code: 'TABLES_MADE_ANEW',
        subject: names,
        detail: `${names}: the children of the keys${keysOff ? '' : ' and every table below them'}`,
      },
    ],
  };
}

function swapStep(ddl: Ddl, edited: readonly Edited[], context: EmitContext): Step {
  const statements = (some: readonly Edited[]): readonly Statement[] =>
    some.flatMap(({ edit, swap }) => (swap === null ? [] : swapStatements(ddl, swap, edit, context)));
  const back = edited.toReversed().map((one) => ({
    ...one,
    swap: one.swap === null ? null : swappedBack(one.swap),
    edit: { ...one.edit, from: one.edit.to, to: one.edit.from },
  }));
  return step('swap', 'Replace the columns of the keys', edited, statements(edited), statements(back));
}

function step(
  slug: string,
  title: string,
  edited: readonly Edited[],
  up: readonly Statement[],
  down: readonly Statement[],
): Step {
  const side = (statements: readonly Statement[]): StepBody => ({
    kind: 'run',
    statements,
    always: [],
    retry: null,
    fallback: [],
  });
  return {
    slug,
    title,
    keys: edited.map(({ change }) => change.foreignKey),
    transaction: null,
    alone: false,
    up: side(up),
    down: side(down),
  };
}
