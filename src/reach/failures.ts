/** Where a delete fails, or may fail, on its way over the keys. Pure. */
import type { Cascading, Engine } from '../core/contracts/engine.ts';
import type { Code } from '../core/codes/index.ts';
import { checkChange } from '../diff/checks.ts';
import {
  compareTables,
  compareText,
  keyText,
  tableText,
  type Change,
  type ForeignKey,
  type Snapshot,
  type TableName,
} from '../core/model.ts';
import { graphOf, type Graph, type Edge } from './graph.ts';
import { pathOf, stepOf, type ReachStep, type Traversal, type Visit } from './traversal.ts';

/** What reach asks of an engine. */
export type ReachEngine = Pick<Engine, 'cascading' | 'checkChange' | 'capabilities'>;

/** Where the delete fails, or may fail, and why; the catalogue explains the code. */
export interface ReachFailure {
  readonly code: Code;
  readonly key: string;
  readonly table: TableName;
  /** True: it fails as soon as rows are there. False: it depends on which rows there are, or on the engine's order. */
  readonly certain: boolean;
  readonly detail: string;
  readonly path: readonly ReachStep[];
}

/** What is known of a snapshot, whichever table is asked for. */
export interface ReachContext {
  readonly snapshot: Snapshot;
  readonly graph: Graph;
  readonly cascading: Cascading;
  readonly faultsOf: (way: Edge) => readonly Fault[];
  readonly trapsOf: (key: ForeignKey) => readonly Fault[];
  /** By table: keys for which every delete there fails, and why. */
  readonly broken: ReadonlyMap<number, readonly (readonly [key: ForeignKey, why: string])[]>;
}

interface Fault {
  readonly code: Code;
  readonly detail: string;
}

const grounds = new WeakMap<Snapshot, ReachContext>();

/** Gathered once: one snapshot belongs to one server, so to one engine. */
export function contextFor(snapshot: Snapshot, engine: ReachEngine): ReachContext {
  const known = grounds.get(snapshot);
  if (known !== undefined) return known;
  const cascading = engine.cascading(snapshot.server);
  const faults = new Map<Edge, readonly Fault[]>();
  let traps: ReadonlyMap<ForeignKey, readonly Fault[]> | null = null;
  const graph = graphOf(snapshot, cascading);
  const made: ReachContext = {
    snapshot,
    graph,
    broken: brokenIn(snapshot, graph, cascading),
    cascading,
    faultsOf(way) {
      const found = faults.get(way) ?? faultsIn(way.key, snapshot, engine);
      faults.set(way, found);
      return found;
    },
    trapsOf(key) {
      traps ??= cascading.cascadeHazards(snapshot);
      return traps.get(key) ?? [];
    },
  };
  grounds.set(snapshot, made);
  return made;
}

function brokenIn(snapshot: Snapshot, graph: Graph, cascading: Cascading): ReachContext['broken'] {
  const found = new Map<number, (readonly [ForeignKey, string])[]>();
  for (const key of snapshot.foreignKeys) {
    const why = cascading.invalidReason(key, snapshot);
    if (why === null) continue;
    for (const table of new Set([graph.numberOf(key.child), graph.numberOf(key.parent)]))
      if (table !== null) found.set(table, [...(found.get(table) ?? []), [key, why]]);
  }
  return found;
}

/** What `judge` says of a change that would make the key what it is: only that which every later delete would fail on. */
const failing: ReadonlySet<string> = new Set<Code>([
  'SET_NULL_ON_NOT_NULL',
  'SET_NULL_ON_IDENTITY',
  'SET_NULL_ON_GENERATED',
  'SET_NULL_ON_CHECK',
  'SET_NULL_SUBSET_MATCH_FULL',
  'SET_DEFAULT_WITHOUT_DEFAULT',
  'RULE_INSTEAD',
]);

function faultsIn(key: ForeignKey, snapshot: Snapshot, engine: ReachEngine): readonly Fault[] {
  const clause = { onDelete: key.onDelete, onDeleteColumns: key.onDeleteColumns };
  const rule = { match: '', reason: null, position: { file: '', line: 0, column: 0 } };
  const change: Change = { kind: 'finish', foreignKey: key, from: clause, to: clause, rule };
  const hazards = [
    ...checkChange(change, snapshot),
    ...engine.checkChange(change, snapshot, engine.capabilities(snapshot.server)),
  ];
  return hazards
    .filter((hazard) => failing.has(hazard.code))
    .map(({ code, detail }) => ({ code: code as Code, detail }));
}

export function failuresOf(spread: Traversal, ground: ReachContext): readonly ReachFailure[] {
  const longest = longestDepths(spread, ground.graph);
  return [
    ...spread.refusals.map((visit) => refusalOf(visit, spread, ground, longest)),
    ...[...spread.deleted.values(), ...spread.writes].flatMap((visit) => faultsAt(visit, spread, ground)),
    ...tooDeep(spread, ground, longest),
    ...brokenAt(spread, ground),
    ...deletedOrSet(spread, ground),
  ].sort(
    (a, b) =>
      Number(b.certain) - Number(a.certain) ||
      a.path.length - b.path.length ||
      compareTables(a.table, b.table) ||
      compareText(a.code, b.code) ||
      compareText(a.key, b.key),
  );
}

function failure(visit: Visit, code: Code, certain: boolean, detail: string): readonly ReachFailure[] {
  const { way } = visit;
  if (way === null) return [];
  return [
    { code, key: stepOf(way, visit.on).key, table: way.key.child, certain, detail, path: pathOf(visit) },
  ];
}

/** Keys that cannot be looked at, wherever the delete comes to; a table that is only written may be spared. */
function brokenAt(spread: Traversal, { broken }: ReachContext): readonly ReachFailure[] {
  if (broken.size === 0) return [];
  const all = [...spread.deleted.values(), ...spread.writes, ...spread.refusals];
  const visits = new Map<number, Visit | null>([[spread.start, null]]);
  for (const visit of all) if (!visits.has(visit.table)) visits.set(visit.table, visit);
  return [...visits].flatMap(([table, visit]) =>
    (broken.get(table) ?? []).map(([key, detail]): ReachFailure => ({
      code: 'PARENT_MISMATCH',
      key: keyText(key),
      table: key.child,
      certain: visit === null || visit.effect === 'deleted',
      detail,
      path: visit === null ? [] : pathOf(visit),
    })),
  );
}

/** Keys that cascade over columns which the same delete sets. */
function deletedOrSet(spread: Traversal, { graph }: ReachContext): readonly ReachFailure[] {
  if (spread.writes.length === 0) return [];
  return [spread.start, ...spread.deleted.keys()].flatMap((parent) =>
    (graph.outgoing[parent] ?? []).flatMap((way): readonly ReachFailure[] => {
      if (way.onDelete !== 'CASCADE') return [];
      const { key } = way;
      const write = spread.writes.find(
        (one) => one.table === way.child && one.columns.some((column) => key.columns.includes(column)),
      );
      if (write?.way == null) return [];
      const { key: other } = stepOf(write.way, write.on);
      return [
        {
          code: 'DELETED_OR_SET',
          key: stepOf(way, 'delete').key,
          table: key.child,
          certain: false,
          detail: `CASCADE, and ${other} sets ${write.columns.join(', ')}`,
          path: pathOf(write),
        },
      ];
    }),
  );
}

/** By table: the largest number of keys on a path to it; Infinity in and behind a circle. */
function longestDepths(spread: Traversal, graph: Graph): ReadonlyMap<number, number> {
  const { start } = spread;
  const longest = new Map<number, number>([[start, 0]]);
  for (const table of spread.deleted.keys()) if (graph.circular[table] === true) longest.set(table, Infinity);
  for (const table of graph.order) {
    const own = longest.get(table);
    if (own === undefined) continue;
    for (const way of graph.outgoing[table] ?? []) {
      if (way.onDelete === 'CASCADE') longest.set(way.child, Math.max(longest.get(way.child) ?? 0, own + 1));
    }
  }
  return longest;
}

function refusalOf(
  visit: Visit,
  spread: Traversal,
  { cascading }: ReachContext,
  longest: ReadonlyMap<number, number>,
): ReachFailure {
  const way = visit.way as Edge;
  const { key } = way;
  const made = (code: Code, certain: boolean, detail: string): ReachFailure => ({
    code,
    key: stepOf(way, visit.on).key,
    table: key.child,
    certain,
    detail,
    path: pathOf(visit),
  });
  const below = visit.depth > 1;
  const action = visit.on === 'update' ? `ON UPDATE ${key.onUpdate}` : key.onDelete;
  const plain = (): ReachFailure =>
    made(
      below ? 'REFUSED_BELOW_CASCADE' : 'REFUSES_DELETE',
      true,
      `${action}: rows of ${tableText(key.child)} stop the delete`,
    );
  const gone = spread.deleted.get(way.child);
  const isSet = spread.writes.some(
    (other) => other.table === way.child && other.columns.some((column) => key.columns.includes(column)),
  );
  if (gone === undefined && !isSet) return plain();
  const what = gone === undefined ? 'whose columns another key sets' : 'that another path deletes';
  const child = tableText(key.child);
  const spares = (): ReachFailure =>
    made('REFUSES_ROWS_LEFT', false, `${action}: rows of ${child} ${what} do not stop it, others do`);
  const timing = visit.on === 'update' ? 'at once' : cascading.refusalTiming(key);
  if (timing === 'at the end') return spares();
  if (timing === 'level by level' && gone !== undefined && !isSet) {
    const shortestOf = (table: number): number =>
      table === spread.start ? 0 : (spread.deleted.get(table)?.depth ?? 0);
    const parentFirst = shortestOf(way.parent);
    if ((longest.get(way.child) ?? Infinity) <= parentFirst) return spares();
    if (gone.depth > (longest.get(way.parent) ?? Infinity) + 1) return plain();
  }
  return made(
    'ORDER_DECIDES',
    false,
    `${action}: rows of ${child} ${what} stop it or not, whichever the server comes to first`,
  );
}

function faultsAt(
  visit: Visit,
  spread: Traversal,
  { faultsOf, trapsOf }: ReachContext,
): readonly ReachFailure[] {
  if (visit.way === null) return [];
  const { key } = visit.way;
  const alsoGone = visit.effect !== 'deleted' && spread.deleted.has(visit.table);
  return [
    ...(visit.on === 'delete' ? faultsOf(visit.way) : []).flatMap(({ code, detail }) =>
      failure(visit, code, !alsoGone, detail),
    ),
    ...trapsOf(key).flatMap(({ code, detail }) => failure(visit, code, false, detail)),
    ...(visit.effect === 'defaulted'
      ? failure(
          visit,
          'DEFAULT_WITHOUT_PARENT',
          false,
          `${visit.columns.join(', ')}: refused where no row of ${tableText(key.parent)} bears the default`,
        )
      : []),
  ];
}

/** A chain that is too long fails as a whole; behind a circle it depends on the rows. */
function tooDeep(
  spread: Traversal,
  { graph, cascading }: ReachContext,
  longest: ReadonlyMap<number, number>,
): readonly ReachFailure[] {
  const most = cascading.mostLevels;
  if (most === null) return [];
  const visits = [...spread.deleted.values()];
  const certain = visits.find((visit) => visit.depth > most);
  if (certain !== undefined) {
    return failure(
      certain,
      'CASCADE_TOO_DEEP',
      true,
      `${certain.depth} keys in a row, and the server follows ${most}`,
    );
  }
  const possible = visits.find((visit) => (longest.get(visit.table) ?? 0) > most);
  if (possible === undefined) return [];
  const circular = graph.circular[possible.table] === true;
  const detail = circular
    ? `rows deeper than ${most} levels below stop the delete`
    : `a longer path leads there than the ${most} keys that the server follows`;
  return failure(possible, 'CASCADE_TOO_DEEP', false, detail);
}
