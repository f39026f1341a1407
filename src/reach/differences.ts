/** Where two reaches of one table differ, in numbers of tables: what all tables are asked makes no paths. Pure. */
import type { TableName } from '../core/model.ts';
import type { Graph } from './graph.ts';
import { type Effect, type Traversal, traverseFrom, type Visit } from './traversal.ts';

/** What a delete does to a table's rows. */
export type Outcome = Effect | 'untouched';

/** In which ways the rows of a table fare otherwise. */
export const kinds = ['deleted', 'set', 'passes', 'refused', 'spared'] as const;
export type Kind = (typeof kinds)[number];
export type Numbers = Readonly<Record<Kind, number>>;

/** The same keys with their old and their new actions, so that both number the tables alike. */
export interface Graphs {
  readonly before: Graph;
  readonly after: Graph;
}

/** Where a table fares otherwise, by number. */
export interface Difference {
  readonly table: number;
  readonly kinds: readonly Kind[];
  readonly before: Outcome;
  readonly after: Outcome;
  readonly main: Visit;
  /** What makes it refuse from now on. */
  readonly refusal: Visit | null;
}

export function numbersOf(all: readonly Pick<Difference, 'kinds'>[]): Numbers {
  const numbers = { deleted: 0, set: 0, passes: 0, refused: 0, spared: 0 };
  for (const one of all) for (const kind of one.kinds) numbers[kind] += 1;
  return numbers;
}

export function leftOut(all: readonly Difference[]): Numbers {
  return numbersOf(all.map(({ kinds: own }) => ({ kinds: inWords(own) })));
}

/** Who reads that a table passes and is deleted, or that it is spared and refuses, needs the second alone. */
export function inWords(own: readonly Kind[]): readonly Kind[] {
  if (own.length === 1) return own;
  const isOpened = own.includes('deleted') || own.includes('set');
  return own.filter(
    (kind) => !(kind === 'passes' && isOpened) && !(kind === 'spared' && own.includes('refused')),
  );
}

export function differences({ before, after }: Reached): readonly Difference[] {
  const [old, now] = [effectsOn(before), effectsOn(after)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((number): readonly Difference[] => {
    const [was, is] = [old.get(number), now.get(number)];
    const own = kindsOf(was, is);
    const main = is?.loss ?? is?.refusal ?? was?.loss ?? was?.refusal;
    if (main === undefined || own.length === 0) return [];
    const ends = { before: outcomeOf(was), after: outcomeOf(is) };
    return [{ table: number, kinds: own, ...ends, main, refusal: is?.refusal ?? null }];
  });
}

function kindsOf(was: Effects | undefined, is: Effects | undefined): readonly Kind[] {
  const [lost, loses] = [was?.loss?.effect, is?.loss?.effect];
  const [refused, refuses] = [was?.refusal !== undefined, is?.refusal !== undefined];
  const own: Kind[] = [];
  if (loses === 'deleted' && lost !== 'deleted') own.push('deleted');
  else if (loses !== undefined && lost === undefined) own.push('set');
  else if (lost !== undefined && loses !== lost && (lost === 'deleted' || loses === undefined))
    own.push('spared');
  if (refused && !refuses) own.push('passes');
  if (!refused && refuses) own.push('refused');
  return own;
}

/** Null for a table that no key knows. */
export interface Reached {
  readonly before: Traversal | null;
  readonly after: Traversal | null;
}

export function reached({ before, after }: Graphs, table: TableName): Reached {
  const traversalOf = (graph: Graph): Traversal | null => {
    const start = graph.numberOf(table);
    return start === null ? null : traverseFrom(graph, start);
  };
  return { before: traversalOf(before), after: traversalOf(after) };
}

interface Effects {
  /** The worst effect on its rows. */
  loss?: Visit;
  refusal?: Visit;
}

/** By table. */
function effectsOn(traversal: Traversal | null): ReadonlyMap<number, Effects> {
  const all = new Map<number, Effects>();
  if (traversal === null) return all;
  for (const visit of traversal.deleted.values()) all.set(visit.table, { loss: visit });
  for (const visit of traversal.writes) {
    const known = all.get(visit.table);
    if (known === undefined) all.set(visit.table, { loss: visit });
    else if (known.loss?.effect === 'defaulted' && visit.effect === 'nulled') known.loss = visit;
  }
  for (const visit of traversal.refusals) {
    const known = all.get(visit.table);
    if (known === undefined) all.set(visit.table, { refusal: visit });
    else known.refusal ??= visit;
  }
  return all;
}

function outcomeOf(ofTable: Effects | undefined): Outcome {
  return ofTable?.loss?.effect ?? ofTable?.refusal?.effect ?? 'untouched';
}
