/** What holds for every delete of a schema on one engine, made once: the graph, and keys over which no delete passes. Pure. */
import type { SchemaIndex } from '../core/schema-index.ts';
import type { Capabilities, Cascading, Engine } from '../core/contracts/engine.ts';
import type { Code } from '../core/codes/index.ts';
import { checkOnEveryEngine } from '../diff/checks.ts';
import type { ForeignKey } from '../core/model.ts';
import { type Graph, graphOf } from './graph.ts';

/** What reach needs of an engine. */
export type ReachEngine = Pick<Engine, 'cascading' | 'checkChange' | 'capabilities'>;

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
    for (const table of new Set([graph.numberOf(key.child), graph.numberOf(key.parent)])) {
      if (table === null) continue;
      const known = found.get(table);
      if (known === undefined) found.set(table, [[key, why]]);
      else known.push([key, why]);
    }
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
  return [...checkOnEveryEngine(key, key, schema), ...engine.checkChange(key, key, schema, capabilities)]
    .filter((hazard) => fatal.has(hazard.code))
    .map(({ code, detail }) => ({ code: code as Code, detail }));
}
