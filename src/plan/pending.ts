/** Pending migrations: which changes the files in the folder of the migrations already make, or are in conflict with. */
import type { Engine } from '../core/contracts/engine.ts';
import { groupBy } from '../core/group-by.ts';
import { duplicateKeys, idOfKey, idOfRecorded, placeAmong, readRecord, type RecordedKey } from './record.ts';
import { clauseText, keyText } from '../core/names.ts';
import type { Change, DeleteClause, EngineName, ForeignKey } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { sameClause } from '../core/referential-actions.ts';
import type { ExistingFile, Template } from '../core/contracts/template.ts';

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

/** How a tool names and orders its files. */
export type ToolFiles = Pick<Template, 'migrationName' | 'holdsUp' | 'inOrder'>;

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
  engine: Pick<Engine, 'sameAction'>,
): readonly MigrationStatus[] {
  const links = byKey(readChains(files, template));
  const waiting = applied === null ? waitingNames(links, schema, engine) : new Set<string>();
  return changes.map((change): MigrationStatus => {
    const chain = chainOf(change.foreignKey, links, schema);
    const last = chain.at(-1);
    if (last === undefined) return { kind: 'new', change };
    const same = (a: DeleteClause, b: DeleteClause): boolean =>
      sameClause(a, b, change.foreignKey, (one, other) => engine.sameAction(one, other));
    const halfDone = change.foreignKey.halfDone !== null;
    const live: DeleteClause = change.foreignKey;
    if (!halfDone && same(last.recorded.to, live)) return { kind: 'new', change };
    const begun = chain.find(({ name, recorded }) => {
      if (applied !== null && !halfDone) return !applied.has(name);
      return same(halfDone ? recorded.to : recorded.from, live);
    });
    const pending = begun ?? (halfDone ? undefined : chain.find(({ name }) => waiting.has(name)));
    if (pending === undefined) return { kind: 'new', change };
    const stops = halfDone ? null : whyItStops(pending.recorded, change.foreignKey, schema, same);
    if (stops !== null) {
      const { set, to } = pending.recorded;
      return { kind: 'conflict', change, set, to, stops };
    }
    if (same(last.recorded.to, change.to)) {
      const paths = chain.slice(chain.indexOf(pending)).map((link) => link.path);
      return { kind: 'pending', change, path: last.path, files: paths };
    }
    return { kind: 'conflict', change, set: last.recorded.set, to: last.recorded.to, stops: null };
  });
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
    const isLive = (clause: DeleteClause): boolean =>
      sameClause(clause, key, key, (one, other) => engine.sameAction(one, other));
    const last = chain.at(-1);
    if (last === undefined || key.halfDone !== null || isLive(last.recorded.to)) return [];
    const first = chain.findIndex(({ recorded }) => isLive(recorded.from));
    return first === -1 ? [] : chain.slice(first).map(({ name }) => name);
  });
  return new Set(names);
}

/** Files look at the action and, but for SQLite, at the name before they change anything; null where both are as recorded. */
function whyItStops(
  { constraint, from, to }: RecordedKey,
  key: ForeignKey,
  { snapshot }: SchemaIndex,
  same: (a: DeleteClause, b: DeleteClause) => boolean,
): string | null {
  if (!same(from, key) && !same(to, key))
    return `it expects ${clauseText(from)}, and the key has ${clauseText(key)} now`;
  if (snapshot.server.flavor === 'sqlite' || constraint === null || constraint === key.name) return null;
  return `it expects the name ${constraint}, and the key is called ${key.name ?? 'nothing'} now`;
}

/** The links of one key. Several keys over the same columns are told apart by name, unnamed ones by place. */
function chainOf(key: ForeignKey, links: Links, schema: SchemaIndex): readonly Link[] {
  const chain = links.get(idOfKey(key, schema.snapshot.server.flavor)) ?? [];
  const duplicates = chain.length === 0 ? [] : duplicateKeys(key, schema);
  if (duplicates.length < 2) return chain;
  const place = placeAmong(duplicates, key);
  return chain.filter((link) =>
    key.name === null ? link.recorded.place === place : link.recorded.constraint === key.name,
  );
}

/**
 * A key that has a temporary name gets its own name from the file that began the change.
 * @returns the same change, or one with the name filled in
 */
export function withOriginalName(
  change: Change,
  files: readonly ExistingFile[],
  template: ToolFiles,
  flavor: EngineName,
): Change {
  const { foreignKey } = change;
  if (foreignKey.halfDone?.temporaryName == null || foreignKey.name !== null) return change;
  const links = byKey(readChains(files, template)).get(idOfKey(foreignKey, flavor)) ?? [];
  const link = links.findLast(({ recorded }) => recorded.constraint !== null);
  if (link === undefined) return change;
  return {
    ...change,
    from: link.recorded.from,
    foreignKey: { ...foreignKey, name: link.recorded.constraint },
  };
}

interface Link {
  /** Of the migration. */
  readonly name: string;
  readonly path: string;
  readonly recorded: RecordedKey;
}

/** What the files record, by the key that it is about. */
type Links = ReadonlyMap<string, readonly Link[]>;

function byKey(links: readonly Link[]): Links {
  return groupBy(links, ({ recorded }) => idOfRecorded(recorded));
}

/** Every recorded key of the folder in the order of application, once per set of files. */
function readChains(files: readonly ExistingFile[], template: ToolFiles): readonly Link[] {
  const order = new Map(template.inOrder?.(files).map((name, place) => [name, place]));
  const place = (name: string): number => order.get(name) ?? order.size;
  const ups = files
    .flatMap((file) => {
      const name = template.migrationName(file.path);
      return name !== null && template.holdsUp(file.path) ? [{ name, file }] : [];
    })
    .sort((a, b) => place(a.name) - place(b.name) || (a.name < b.name ? -1 : 1));
  const seen = new Set<string>();
  const links: Link[] = [];
  for (const { file, name } of ups) {
    for (const recorded of readRecord(file.content)) {
      const { set, child, columns, parent, parentColumns, constraint, place } = recorded;
      const id = JSON.stringify([set, child, columns, parent, parentColumns, constraint, place]);
      if (!seen.has(id)) links.push({ name, path: file.path, recorded });
      seen.add(id);
    }
  }
  return links;
}

/** What all files together do to one key. */
export interface KeyInFiles {
  readonly foreignKey: ForeignKey;
  /** Before the first file. */
  readonly from: DeleteClause;
  /** After the last file. */
  readonly to: DeleteClause;
  /** The constraint's name when no change is in progress; null where the file does not have it. */
  readonly constraint: string | null;
}

/** Every key of the snapshot that one of the files changes, applied or not. */
export function keysInFiles(
  files: readonly ExistingFile[],
  template: ToolFiles,
  schema: SchemaIndex,
): readonly KeyInFiles[] {
  const links = byKey(readChains(files, template));
  return schema.snapshot.foreignKeys.flatMap((foreignKey) => {
    const chain = chainOf(foreignKey, links, schema);
    const [first, last] = [chain[0]?.recorded, chain.at(-1)?.recorded];
    if (first === undefined || last === undefined) return [];
    return [{ foreignKey, from: first.from, to: last.to, constraint: first.constraint }];
  });
}

/** All files, up and down, of the sets to which these up files belong. */
export function filesOfSets(
  paths: readonly string[],
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName'>,
): readonly ExistingFile[] {
  const setsIn = (file: ExistingFile): readonly string[] => readRecord(file.content).map((key) => key.set);
  const sets = new Set(files.filter((file) => paths.includes(file.path)).flatMap(setsIn));
  const names = new Set(
    files
      .filter((file) => setsIn(file).some((set) => sets.has(set)))
      .map((file) => template.migrationName(file.path)),
  );
  return files.filter((file) => names.has(template.migrationName(file.path)));
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
