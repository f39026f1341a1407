/** Pending migrations: which changes the files in the folder of the migrations already make, or are in conflict with. */
import type { Engine } from '../core/contracts/engine.ts';
import { chainOf, type Link, type Links, linksIn, type ToolFiles } from './chains.ts';
import type { RecordedKey } from './recorded-key.ts';
import { clauseText, keyText } from '../core/names.ts';
import type { Change, DeleteClause, ForeignKey } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { sameClause } from '../core/referential-actions.ts';
import type { ExistingFile } from '../core/contracts/template.ts';

/** The state of one change in the folder of the migrations. */
export type MigrationStatus =
  | { readonly kind: 'new'; readonly change: Change }
  /** The same change is written but not applied yet. */
  | {
      readonly kind: 'pending';
      readonly change: Change;
      /** The file that makes the change. */
      readonly path: string;
      /** That file and the unapplied ones before it, in the order of application. */
      readonly files: readonly string[];
    }
  /** An unapplied file changes the key to something else, or will stop. */
  | {
      readonly kind: 'conflict';
      readonly change: Change;
      /** The common prefix of the names of the set's files. */
      readonly set: string;
      readonly to: DeleteClause;
      /** Why the file will stop at this key; null where it would run. */
      readonly stops: string | null;
    };

/** The folder of the migrations, and the names of its applied migrations; null where the tool's own table was not asked. */
export interface FolderState {
  readonly files: readonly ExistingFile[];
  readonly applied: ReadonlySet<string> | null;
}

/**
 * Which changes are already written. Where the tool's table says which files are applied, the others are pending. Without it,
 * the files of a key form a chain of from → to: if the live clause is the end of the chain, all are applied; if it is the beginning
 * of one file, that file and the later ones are pending, for each of their keys.
 */
export function migrationStatuses(
  changes: readonly Change[],
  { applied, files }: FolderState,
  template: ToolFiles,
  schema: SchemaIndex,
  engine: Pick<Engine, 'sameAction' | 'traits'>,
): readonly MigrationStatus[] {
  const links = linksIn(files, template);
  const waiting = applied === null ? waitingNames(links, schema, engine) : new Set<string>();
  return changes.map((change) => {
    const chain = chainOf(change.foreignKey, links, schema);
    const same = sameOn(change.foreignKey, engine);
    return statusOf(change, chain, { applied, waiting, engine, same });
  });
}

type Same = (a: DeleteClause, b: DeleteClause) => boolean;

/** Whether two clauses do the same on this key. */
function sameOn(key: ForeignKey, engine: Pick<Engine, 'sameAction'>): Same {
  return (a, b) => sameClause(a, b, key, (one, other) => engine.sameAction(one, other));
}

interface Known {
  readonly applied: ReadonlySet<string> | null;
  /** Migrations that have not run, as other keys tell. */
  readonly waiting: ReadonlySet<string>;
  readonly engine: Pick<Engine, 'traits'>;
  readonly same: Same;
}

function statusOf(change: Change, chain: readonly Link[], known: Known): MigrationStatus {
  const { engine, same } = known;
  const { foreignKey: key } = change;
  const last = chain.at(-1);
  if (last === undefined) return { kind: 'new', change };
  if (key.halfDone === null && same(last.recorded.to, key)) return { kind: 'new', change };
  const pending = firstPending(key, chain, known);
  if (pending === undefined) return { kind: 'new', change };
  const stops = key.halfDone === null ? whyItStops(pending.recorded, key, engine, same) : null;
  if (stops !== null) {
    const { set, to } = pending.recorded;
    return { kind: 'conflict', change, set, to, stops };
  }
  if (same(last.recorded.to, change.to)) {
    const paths = chain.slice(chain.indexOf(pending)).map((link) => link.path);
    return { kind: 'pending', change, path: last.path, files: paths };
  }
  return { kind: 'conflict', change, set: last.recorded.set, to: last.recorded.to, stops: null };
}

/** The first file of the chain that has not run, or not to its end. */
function firstPending(
  key: ForeignKey,
  chain: readonly Link[],
  { applied, waiting, same }: Known,
): Link | undefined {
  if (key.halfDone !== null) return chain.find(({ recorded }) => same(recorded.to, key));
  const atItsBeginning = chain.find(({ name, recorded }) =>
    applied === null ? same(recorded.from, key) : !applied.has(name),
  );
  // A file that has not run for one key has run for none.
  return atItsBeginning ?? chain.find(({ name }) => waiting.has(name));
}

/** Migrations of which some key says that they have not run: it is where they begin, and not where they end. */
function waitingNames(
  links: Links,
  schema: SchemaIndex,
  engine: Pick<Engine, 'sameAction'>,
): ReadonlySet<string> {
  if (links.size === 0) return new Set();
  const names = schema.snapshot.foreignKeys.flatMap((key) => {
    const chain = chainOf(key, links, schema);
    const same = sameOn(key, engine);
    const last = chain.at(-1);
    if (last === undefined || key.halfDone !== null || same(last.recorded.to, key)) return [];
    const first = chain.findIndex(({ recorded }) => same(recorded.from, key));
    return first === -1 ? [] : chain.slice(first).map(({ name }) => name);
  });
  return new Set(names);
}

/** What files look at before they change anything is not as recorded; null where it is. */
function whyItStops(
  { constraint, from, to }: RecordedKey,
  key: ForeignKey,
  { traits }: Pick<Engine, 'traits'>,
  same: Same,
): string | null {
  if (!same(from, key) && !same(to, key))
    return `it expects ${clauseText(from)}, and the key has ${clauseText(key)} now`;
  if (!traits.filesExpectNames || constraint === null || constraint === key.name) return null;
  return `it expects the name ${constraint}, and the key is called ${key.name ?? 'nothing'} now`;
}

export type Conflict = Extract<MigrationStatus, { kind: 'conflict' }>;

export function conflictsIn(statuses: readonly MigrationStatus[]): readonly Conflict[] {
  return statuses.flatMap((status) => (status.kind === 'conflict' ? [status] : []));
}

/** `users(team_id) -> teams(id): the pending migration 20260101_x sets CASCADE, the policy asks for SET NULL`. */
export function conflictText(conflict: Conflict): string {
  return `${keyText(conflict.change.foreignKey)}: ${conflictReason(conflict)}`;
}

export function conflictReason({ change, set, stops, to }: Conflict): string {
  if (stops !== null) return `the pending migration ${set} will stop, because ${stops}`;
  return `the pending migration ${set} sets ${clauseText(to)}, the policy asks for ${clauseText(change.to)}`;
}
