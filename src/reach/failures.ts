/** Where a delete fails, or may fail, on its way over the keys. Pure. */
import type { Code } from '../core/codes/index.ts';
import { groupBy } from '../core/group-by.ts';
import { compareTables, compareText, keyText, tableText } from '../core/names.ts';
import type { TableName } from '../core/model.ts';
import type { ReachContext } from './context.ts';
import type { Graph, ReachStep } from './graph.ts';
import { pathOf, type Traversal, type Visit } from './traversal.ts';

/** A key where the delete fails or may fail; the catalogue explains the code. */
export interface ReachFailure {
  readonly code: Code;
  readonly key: string;
  readonly table: TableName;
  /** True: fails as soon as there are rows on the path. False: depends on the rows, or on the engine's order. */
  readonly certain: boolean;
  readonly detail: string;
  /** The number of keys on the path. */
  readonly depth: number;
  /** Of a long path the keys at both ends. */
  readonly path: readonly ReachStep[];
}

/** A failure without the path to it: what is asked of all tables makes no paths. */
interface FoundFailure extends Omit<ReachFailure, 'path' | 'depth'> {
  /** Null for the table whose row is deleted. */
  readonly visit: Visit | null;
}

export function failuresOf(traversal: Traversal, context: ReachContext): readonly ReachFailure[] {
  const sorted = [...foundFailures(traversal, context)].sort(
    (a, b) =>
      Number(b.certain) - Number(a.certain) ||
      (a.visit?.depth ?? 0) - (b.visit?.depth ?? 0) ||
      compareTables(a.table, b.table) ||
      compareText(a.code, b.code) ||
      compareText(a.key, b.key),
  );
  return sorted.map(({ visit, ...one }) => ({
    ...one,
    depth: visit?.depth ?? 0,
    path: visit === null ? [] : pathOf(visit),
  }));
}

/** The codes of all failures, without what is particular to each. */
export function failureCodes(traversal: Traversal, context: ReachContext): ReadonlySet<string> {
  return new Set(foundFailures(traversal, context).map(({ code }) => code));
}

function foundFailures(traversal: Traversal, context: ReachContext): readonly FoundFailure[] {
  const longest = longestDepths(traversal, context.graph);
  const writes = groupBy(traversal.writes, ({ table }) => table);
  return [
    ...traversal.refusals.flatMap((visit) => refusalOf(visit, traversal, writes, context, longest)),
    ...[...traversal.deleted.values(), ...traversal.writes].flatMap((visit) =>
      faultsAt(visit, traversal, context),
    ),
    ...tooDeep(traversal, context, longest),
    ...invalidAt(traversal, context),
    ...deletedOrSet(traversal, writes, context),
  ];
}

function failure(visit: Visit, code: Code, certain: boolean, detail: string): readonly FoundFailure[] {
  const { edge } = visit;
  return edge === null
    ? []
    : [{ code, key: edge.steps[visit.on].key, table: edge.key.child, certain, detail, visit }];
}

/** By table: the visits that set columns of it. */
type Writes = ReadonlyMap<number, readonly Visit[]>;

/** Invalid keys of every table that the delete reaches; a table that is only written may have no such row. */
function invalidAt(traversal: Traversal, { invalid }: ReachContext): readonly FoundFailure[] {
  if (invalid.size === 0) return [];
  const all = [...traversal.deleted.values(), ...traversal.writes, ...traversal.refusals];
  const visits = new Map<number, Visit | null>([[traversal.start, null]]);
  for (const visit of all) if (!visits.has(visit.table)) visits.set(visit.table, visit);
  return [...visits].flatMap(([table, visit]) =>
    (invalid.get(table) ?? []).map(([key, detail]): FoundFailure => ({
      code: 'PARENT_MISMATCH',
      key: keyText(key),
      table: key.child,
      certain: visit === null || visit.effect === 'deleted',
      detail,
      visit,
    })),
  );
}

/** Keys that cascade over columns that the same delete sets. */
function deletedOrSet(
  traversal: Traversal,
  writes: Writes,
  { graph }: ReachContext,
): readonly FoundFailure[] {
  if (writes.size === 0) return [];
  return [traversal.start, ...traversal.deleted.keys()].flatMap((parent) =>
    (graph.outgoing[parent] ?? []).flatMap((edge): readonly FoundFailure[] => {
      if (edge.onDelete !== 'CASCADE') return [];
      const { key } = edge;
      const write = writes
        .get(edge.child)
        ?.find(({ columns }) => columns.some((column) => key.columns.includes(column)));
      if (write?.edge == null) return [];
      const { key: other } = write.edge.steps[write.on];
      return [
        {
          code: 'DELETED_OR_SET',
          key: edge.steps.delete.key,
          table: key.child,
          certain: false,
          detail: `CASCADE deletes rows whose ${write.columns.join(', ')} ${other} sets`,
          visit: write,
        },
      ];
    }),
  );
}

/** By table: the length of the longest path; Infinity in a circle and below one. */
function longestDepths(traversal: Traversal, graph: Graph): ReadonlyMap<number, number> {
  const { start } = traversal;
  const longest = new Map<number, number>([[start, 0]]);
  for (const table of traversal.deleted.keys())
    if (graph.circular[table] === true) longest.set(table, Infinity);
  for (const table of graph.order) {
    const own = longest.get(table);
    if (own === undefined) continue;
    for (const edge of graph.outgoing[table] ?? []) {
      if (edge.onDelete === 'CASCADE')
        longest.set(edge.child, Math.max(longest.get(edge.child) ?? 0, own + 1));
    }
  }
  return longest;
}

function refusalOf(
  visit: Visit,
  traversal: Traversal,
  writes: Writes,
  { cascading }: ReachContext,
  longest: ReadonlyMap<number, number>,
): readonly FoundFailure[] {
  const { edge } = visit;
  if (edge === null) return [];
  const { key } = edge;
  const action = visit.on === 'update' ? `ON UPDATE ${key.onUpdate}` : key.onDelete;
  const rows = `${action}: rows of ${tableText(key.child)}`;
  const refuses = (): readonly FoundFailure[] =>
    failure(
      visit,
      visit.depth > 1 ? 'REFUSED_BELOW_CASCADE' : 'REFUSES_DELETE',
      true,
      `${rows} stop the delete`,
    );
  const gone = traversal.deleted.get(edge.child);
  const isSet =
    writes.get(edge.child)?.some(({ columns }) => columns.some((column) => key.columns.includes(column))) ===
    true;
  if (gone === undefined && !isSet) return refuses();
  const which = gone === undefined ? 'whose columns another key sets' : 'that another path deletes';
  const sparesThem = (): readonly FoundFailure[] =>
    failure(visit, 'REFUSES_ROWS_LEFT', false, `${rows} ${which} do not stop the delete, other rows do`);
  const timing = visit.on === 'update' ? 'at once' : cascading.refusalTiming(key);
  if (timing === 'at the end') return sparesThem();
  if (timing === 'level by level' && gone !== undefined && !isSet) {
    const parentDepth =
      edge.parent === traversal.start ? 0 : (traversal.deleted.get(edge.parent)?.depth ?? 0);
    if ((longest.get(edge.child) ?? Infinity) <= parentDepth) return sparesThem();
    if (gone.depth > (longest.get(edge.parent) ?? Infinity) + 1) return refuses();
  }
  const detail = `${rows} ${which} stop the delete if the server checks this key first`;
  return failure(visit, 'ORDER_DECIDES', false, detail);
}

function faultsAt(
  visit: Visit,
  traversal: Traversal,
  { faults, cascadeHazards }: ReachContext,
): readonly FoundFailure[] {
  if (visit.edge === null) return [];
  const { key } = visit.edge;
  const alsoGone = visit.effect !== 'deleted' && traversal.deleted.has(visit.table);
  return [
    ...(visit.on === 'delete' ? (faults.get(key) ?? []) : []).flatMap(({ code, detail }) =>
      failure(visit, code, !alsoGone, detail),
    ),
    ...(cascadeHazards.get(key) ?? []).flatMap(({ code, detail }) => failure(visit, code, false, detail)),
    ...(visit.effect === 'defaulted'
      ? failure(
          visit,
          'DEFAULT_WITHOUT_PARENT',
          false,
          `the server refuses the delete if no row of ${tableText(key.parent)} has the default of ${visit.columns.join(', ')}`,
        )
      : []),
  ];
}

/** A chain that is too long always fails; below a circle it depends on the rows. */
function tooDeep(
  traversal: Traversal,
  { graph, cascading }: ReachContext,
  longest: ReadonlyMap<number, number>,
): readonly FoundFailure[] {
  const most = cascading.mostLevels;
  if (most === null) return [];
  const visits = [...traversal.deleted.values()];
  const certain = visits.find((visit) => visit.depth > most);
  if (certain !== undefined) {
    return failure(
      certain,
      'CASCADE_TOO_DEEP',
      true,
      `the path has ${certain.depth} keys in a row; the server follows at most ${most}`,
    );
  }
  const possible = visits.find((visit) => (longest.get(visit.table) ?? 0) > most);
  if (possible === undefined) return [];
  const circular = graph.circular[possible.table] === true;
  const detail = circular
    ? `rows more than ${most} levels below stop the delete`
    : `another path to the table has more keys than the ${most} that the server follows`;
  return failure(possible, 'CASCADE_TOO_DEEP', false, detail);
}
