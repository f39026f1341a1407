/** What the files in the folder of the migrations do to each key: chains of from → to, in the order of application. */
import type { ExistingFile, Template } from '../core/contracts/template.ts';
import { groupBy } from '../core/group-by.ts';
import type { Change, DeleteClause, EngineName, ForeignKey, ReferentialAction } from '../core/model.ts';
import { isRefusing } from '../core/referential-actions.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { readRecord } from './record.ts';
import { duplicateKeys, idOfKey, idOfRecorded, ordinalAmong, type RecordedKey } from './recorded-key.ts';

/** How a tool names and orders its files. */
export type ToolFiles = Pick<Template, 'migrationName' | 'holdsUp' | 'inOrder'>;

export interface Link {
  /** Of the migration. */
  readonly name: string;
  readonly path: string;
  readonly recorded: RecordedKey;
}

/** What the files record, by the key that it is about. */
export type Links = ReadonlyMap<string, readonly Link[]>;

export function linksIn(files: readonly ExistingFile[], template: ToolFiles): Links {
  return groupBy(readChains(files, template), ({ recorded }) => idOfRecorded(recorded));
}

/** The migrations of the folder, in the order of application. */
export function namesInOrder(files: readonly ExistingFile[], template: ToolFiles): readonly string[] {
  return upFiles(files, template).map(({ name }) => name);
}

/** The migrations that make the same changes as the files at these paths: a tool may need two for one change. */
export function namesOfSets(
  paths: readonly string[],
  files: readonly ExistingFile[],
  template: ToolFiles,
): readonly string[] {
  return upFilesOfSets(paths, files, template).map(({ name }) => name);
}

/** Their files. */
export function pathsOfSets(
  paths: readonly string[],
  files: readonly ExistingFile[],
  template: ToolFiles,
): readonly string[] {
  return upFilesOfSets(paths, files, template).map(({ file }) => file.path);
}

function upFilesOfSets(paths: readonly string[], files: readonly ExistingFile[], template: ToolFiles) {
  const ups = upFiles(files, template).map((up) => ({ ...up, set: readRecord(up.file.content)[0]?.set }));
  const sets = new Set(ups.flatMap(({ file, set }) => (paths.includes(file.path) ? (set ?? []) : [])));
  return ups.filter(({ set }) => set !== undefined && sets.has(set));
}

function upFiles(
  files: readonly ExistingFile[],
  template: ToolFiles,
): readonly { readonly name: string; readonly file: ExistingFile }[] {
  const order = new Map(template.inOrder?.(files).map((name, at) => [name, at]));
  const rank = (name: string): number => order.get(name) ?? order.size;
  return files
    .flatMap((file) => {
      const name = template.migrationName(file.path);
      return name !== null && template.holdsUp(file.path) ? [{ name, file }] : [];
    })
    .sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1));
}

/** Every recorded key of the folder in the order of application, once per set of files. */
function readChains(files: readonly ExistingFile[], template: ToolFiles): readonly Link[] {
  const seen = new Set<string>();
  const links: Link[] = [];
  for (const { file, name } of upFiles(files, template)) {
    for (const recorded of readRecord(file.content)) {
      const { set, child, columns, parent, parentColumns, constraint, ordinal } = recorded;
      const id = JSON.stringify([set, child, columns, parent, parentColumns, constraint, ordinal]);
      if (!seen.has(id)) links.push({ name, path: file.path, recorded });
      seen.add(id);
    }
  }
  return links;
}

/** The links of one key. Several keys over the same columns are told apart by name, unnamed ones by number. */
export function chainOf(key: ForeignKey, links: Links, schema: SchemaIndex): readonly Link[] {
  const chain = links.get(idOfKey(key, schema.snapshot.server.flavor)) ?? [];
  const duplicates = chain.length === 0 ? [] : duplicateKeys(key, schema);
  if (duplicates.length < 2) return chain;
  const ordinal = ordinalAmong(duplicates, key);
  return chain.filter((link) =>
    key.name === null ? link.recorded.ordinal === ordinal : link.recorded.constraint === key.name,
  );
}

/** NO ACTION or RESTRICT, whichever the files last gave the key or took from it; null where they know of neither. */
export function lastRefusal(chain: readonly Link[]): ReferentialAction | null {
  const actions = chain.flatMap(({ recorded: { from, to } }) => [from.onDelete, to.onDelete]);
  return actions.findLast(isRefusing) ?? null;
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
  const links = linksIn(files, template).get(idOfKey(foreignKey, flavor)) ?? [];
  const link = links.findLast(({ recorded }) => recorded.constraint !== null);
  if (link === undefined) return change;
  return {
    ...change,
    from: link.recorded.from,
    foreignKey: { ...foreignKey, name: link.recorded.constraint },
  };
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
  const links = linksIn(files, template);
  return schema.snapshot.foreignKeys.flatMap((foreignKey) => {
    const chain = chainOf(foreignKey, links, schema);
    const [first, last] = [chain[0]?.recorded, chain.at(-1)?.recorded];
    if (first === undefined || last === undefined) return [];
    return [{ foreignKey, from: first.from, to: last.to, constraint: first.constraint }];
  });
}

/** What these files change that is no key of the snapshot: dropped or renamed since, or not made yet. A file stops at such a key. */
export function keysNotFound(
  files: readonly ExistingFile[],
  { snapshot }: SchemaIndex,
): readonly RecordedKey[] {
  const here = new Set(snapshot.foreignKeys.map((key) => idOfKey(key, snapshot.server.flavor)));
  return files
    .flatMap(({ content }) => readRecord(content))
    .filter((recorded) => !here.has(idOfRecorded(recorded)));
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
