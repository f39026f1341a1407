/** Where a delete fails, or may fail, on its way over the keys. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import type { Capabilities, Cascading, Engine } from '../core/contracts/engine.ts';
import type { Code } from '../core/codes/index.ts';
import { checkChange } from '../diff/checks.ts';
import { compareTables, compareText, keyText, tableText } from '../core/names.ts';
import type { ForeignKey, TableName } from '../core/model.ts';
import { type Graph, graphOf, type ReachStep } from './graph.ts';
import { pathOf, type Traversal, type Visit } from './traversal.ts';

/** What reach needs of an engine. */
export type ReachEngine = Pick<Engine, 'cascading' | 'checkChange' | 'capabilities'>;

/** A key where the delete fails or may fail; the catalogue explains the code. */
export interface ReachFailure {
  readonly code: Code;
  readonly key: string;
  readonly table: TableName;
  /** True: fails as soon as there are rows on the path. False: depends on the rows, or on the engine's order. */
  readonly certain: boolean;
  readonly detail: string;
  readonly path: readonly ReachStep[];
}

/** What holds for every table of a schema on one engine. */
export interface ReachContext {
  readonly schema: SchemaIndex;
  readonly graph: Graph;
  readonly cascading: Cascading;
  /** Why every delete over the key fails. */
  readonly faults: ReadonlyMap<ForeignKey, readonly Fault[]>;
  /** Why a delete over the key may fail on this engine. */
  readonly cascadeHazards: ReturnType<Cascading['cascadeHazards']>;
  /** By table: keys that make every delete there fail, and why. */
  readonly invalid: ReadonlyMap<number, readonly (readonly [key: ForeignKey, why: string])[]>;
}

interface Fault {
  readonly code: Code;
  readonly detail: string;
}

/** Made once per schema. */
export function reachContext(schema: SchemaIndex, engine: ReachEngine): ReachContext {
  const { snapshot } = schema;
  const cascading = engine.cascading(snapshot.server);
  const capabilities = engine.capabilities(snapshot.server);
  const graph = graphOf(snapshot, cascading);
  return {
    schema,
    graph,
    cascading,
    faults: new Map(
      snapshot.foreignKeys.map((key) => [key, faultsIn(key, schema, engine, capabilities)] as const),
    ),
    cascadeHazards: cascading.cascadeHazards(schema),
    invalid: invalidKeys(schema, graph, cascading),
  };
}

function invalidKeys(schema: SchemaIndex, graph: Graph, cascading: Cascading): ReachContext['invalid'] {
  const found = new Map<number, (readonly [ForeignKey, string])[]>();
  for (const key of schema.snapshot.foreignKeys) {
    const why = cascading.invalidReason(key, schema);
    if (why === null) continue;
    for (const table of new Set([graph.numberOf(key.child), graph.numberOf(key.parent)]))
      if (table !== null) found.set(table, [...(found.get(table) ?? []), [key, why]]);
  }
  return found;
}

/** Hazards of the clause that a key has now, of those with which every later delete fails. */
const fatal: ReadonlySet<string> = new Set<Code>([
  'SET_NULL_ON_NOT_NULL',
  'SET_NULL_ON_IDENTITY',
  'SET_NULL_ON_GENERATED',
  'SET_NULL_ON_CHECK',
  'SET_NULL_SUBSET_MATCH_FULL',
  'SET_DEFAULT_WITHOUT_DEFAULT',
  'RULE_INSTEAD',
]);

function faultsIn(
  key: ForeignKey,
  schema: SchemaIndex,
  engine: ReachEngine,
  capabilities: Capabilities,
): readonly Fault[] {
  return [...checkChange(key, key, schema), ...engine.checkChange(key, key, schema, capabilities)]
    .filter((hazard) => fatal.has(hazard.code))
    .map(({ code, detail }) => ({ code: code as Code, detail }));
}

export function failuresOf(traversal: Traversal, context: ReachContext): readonly ReachFailure[] {
  const longest = longestDepths(traversal, context.graph);
  return [
    ...traversal.refusals.flatMap((visit) => refusalOf(visit, traversal, context, longest)),
    ...[...traversal.deleted.values(), ...traversal.writes].flatMap((visit) =>
      faultsAt(visit, traversal, context),
    ),
    ...tooDeep(traversal, context, longest),
    ...invalidAt(traversal, context),
    ...deletedOrSet(traversal, context),
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
  const { edge } = visit;
  if (edge === null) return [];
  return [
    { code, key: edge.steps[visit.on].key, table: edge.key.child, certain, detail, path: pathOf(visit) },
  ];
}

/** Invalid keys of every table that the delete reaches; a table that is only written may have no such row. */
function invalidAt(traversal: Traversal, { invalid }: ReachContext): readonly ReachFailure[] {
  if (invalid.size === 0) return [];
  const all = [...traversal.deleted.values(), ...traversal.writes, ...traversal.refusals];
  const visits = new Map<number, Visit | null>([[traversal.start, null]]);
  for (const visit of all) if (!visits.has(visit.table)) visits.set(visit.table, visit);
  return [...visits].flatMap(([table, visit]) =>
    (invalid.get(table) ?? []).map(([key, detail]): ReachFailure => ({
      code: 'PARENT_MISMATCH',
      key: keyText(key),
      table: key.child,
      certain: visit === null || visit.effect === 'deleted',
      detail,
      path: visit === null ? [] : pathOf(visit),
    })),
  );
}

/** Keys that cascade over columns that the same delete sets. */
function deletedOrSet(traversal: Traversal, { graph }: ReachContext): readonly ReachFailure[] {
  if (traversal.writes.length === 0) return [];
  return [traversal.start, ...traversal.deleted.keys()].flatMap((parent) =>
    (graph.outgoing[parent] ?? []).flatMap((edge): readonly ReachFailure[] => {
      if (edge.onDelete !== 'CASCADE') return [];
      const { key } = edge;
      const write = traversal.writes.find(
        (one) => one.table === edge.child && one.columns.some((column) => key.columns.includes(column)),
      );
      if (write?.edge == null) return [];
      const { key: other } = write.edge.steps[write.on];
      return [
        {
          code: 'DELETED_OR_SET',
          key: edge.steps.delete.key,
          table: key.child,
          certain: false,
          detail: `CASCADE deletes rows whose ${write.columns.join(', ')} ${other} sets`,
          path: pathOf(write),
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
  { cascading }: ReachContext,
  longest: ReadonlyMap<number, number>,
): readonly ReachFailure[] {
  const { edge } = visit;
  if (edge === null) return [];
  const { key } = edge;
  const action = visit.on === 'update' ? `ON UPDATE ${key.onUpdate}` : key.onDelete;
  const rows = `${action}: rows of ${tableText(key.child)}`;
  const refuses = (): readonly ReachFailure[] =>
    failure(
      visit,
      visit.depth > 1 ? 'REFUSED_BELOW_CASCADE' : 'REFUSES_DELETE',
      true,
      `${rows} stop the delete`,
    );
  const gone = traversal.deleted.get(edge.child);
  const isSet = traversal.writes.some(
    (other) => other.table === edge.child && other.columns.some((column) => key.columns.includes(column)),
  );
  if (gone === undefined && !isSet) return refuses();
  const which = gone === undefined ? 'whose columns another key sets' : 'that another path deletes';
  const sparesThem = (): readonly ReachFailure[] =>
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
): readonly ReachFailure[] {
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
): readonly ReachFailure[] {
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
