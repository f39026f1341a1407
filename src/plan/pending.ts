/** What the output folder says about changes: new, pending, or in conflict. */
import type { Engine } from '../core/contracts/engine.ts';
import { duplicateKeys, readHeader, matchesKey, type KeyLine } from './header.ts';
import {
  clauseText,
  keyText,
  type Change,
  type DeleteClause,
  type Flavor,
  type ForeignKey,
} from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { sameClause } from '../policy/decide.ts';
import type { Template } from '../core/contracts/template.ts';

/** A file of the output folder that belongs to the tool. */
export interface ExistingFile {
  readonly path: string;
  readonly content: string;
}

/** What the output folder says about one change. */
export type MigrationStatus =
  | { readonly kind: 'new'; readonly change: Change }
  /** The same change is written and not applied yet. */
  | {
      readonly kind: 'pending';
      readonly change: Change;
      /** The file that leads to what the change wants. */
      readonly path: string;
      /** That file and those before it that are not applied yet either, in the order of application. */
      readonly files: readonly string[];
    }
  /** A file that is not applied yet leads elsewhere. */
  | {
      readonly kind: 'conflict';
      readonly change: Change;
      /** What the names of all files of the set begin with. */
      readonly set: string;
      readonly to: DeleteClause;
    };

/**
 * Which changes are already written. Per key the files form a chain of from → to: if the live clause is where the chain
 * ends, everything is applied; if it is where some file begins, the files from there on are pending.
 */
export function migrationStatuses(
  changes: readonly Change[],
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
  schema: SchemaIndex,
  dialect: Pick<Engine, 'sameAction'>,
): readonly MigrationStatus[] {
  const links = readChains(files, template);
  return changes.map((change): MigrationStatus => {
    const chain = chainOf(change.foreignKey, links, schema);
    const last = chain.at(-1);
    if (last === undefined) return { kind: 'new', change };
    const same = (a: DeleteClause, b: DeleteClause): boolean =>
      sameClause(a, b, change.foreignKey, (one, other) => dialect.sameAction(one, other));
    const halfDone = change.foreignKey.halfDone !== null;
    const live: DeleteClause = change.foreignKey;
    if (!halfDone && same(last.line.to, live)) return { kind: 'new', change };
    const pending = chain.find((link) => (halfDone ? same(link.line.to, live) : same(link.line.from, live)));
    if (pending === undefined) return { kind: 'new', change };
    if (same(last.line.to, change.to)) {
      const paths = chain.slice(chain.indexOf(pending)).map((link) => link.path);
      return { kind: 'pending', change, path: last.path, files: paths };
    }
    return { kind: 'conflict', change, set: last.line.set, to: last.line.to };
  });
}

/** The links of one key. Its name, or for unnamed ones its place, decides only where a second key over the same columns makes it ambiguous. */
function chainOf(key: ForeignKey, links: readonly Link[], schema: SchemaIndex): readonly Link[] {
  const flavor = schema.snapshot.server.flavor;
  const chain = links.filter((link) => matchesKey(link.line, key, flavor));
  const alike = chain.length === 0 ? [] : duplicateKeys(key, schema);
  if (alike.length < 2) return chain;
  const twin = alike.indexOf(key);
  return chain.filter((link) =>
    key.name === null ? link.line.twin === twin : link.line.constraint === key.name,
  );
}

/**
 * A key that stands under a temporary name gets its own name back from the file that began the change.
 * @returns the change as it is, or with the name filled in
 */
export function withOriginalName(
  change: Change,
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
  flavor: Flavor,
): Change {
  const { foreignKey } = change;
  if (foreignKey.halfDone?.temporaryName == null || foreignKey.name !== null) return change;
  const link = readChains(files, template).findLast(
    (candidate) => candidate.line.constraint !== null && matchesKey(candidate.line, foreignKey, flavor),
  );
  if (link === undefined) return change;
  return { ...change, from: link.line.from, foreignKey: { ...foreignKey, name: link.line.constraint } };
}

interface Link {
  readonly path: string;
  readonly line: KeyLine;
}

/** Every key line of the folder in the order of application, one per set of files. */
function readChains(
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
): readonly Link[] {
  const ups = files
    .flatMap((file) => {
      const name = template.migrationName(file.path);
      return name !== null && template.holdsUp(file.path) ? [{ name, file }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const seen = new Set<string>();
  const links: Link[] = [];
  for (const { file } of ups) {
    for (const line of readHeader(file.content)) {
      const { set, child, columns, parent, parentColumns, constraint, twin } = line;
      const id = JSON.stringify([set, child, columns, parent, parentColumns, constraint, twin]);
      if (!seen.has(id)) links.push({ path: file.path, line });
      seen.add(id);
    }
  }
  return links;
}

/** What files do to one key, taken together. */
export interface KeyInFiles {
  readonly foreignKey: ForeignKey;
  /** Before the first of them. */
  readonly from: DeleteClause;
  /** After the last of them. */
  readonly to: DeleteClause;
  /** What the constraint is called outside of a change; null where the file does not know. */
  readonly constraint: string | null;
}

/** Every key of the snapshot that one of the files changes, whatever stage it is at here. */
export function keysInFiles(
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
  schema: SchemaIndex,
): readonly KeyInFiles[] {
  const links = readChains(files, template);
  return schema.snapshot.foreignKeys.flatMap((foreignKey) => {
    const chain = chainOf(foreignKey, links, schema);
    const [first, last] = [chain[0]?.line, chain.at(-1)?.line];
    if (first === undefined || last === undefined) return [];
    return [{ foreignKey, from: first.from, to: last.to, constraint: first.constraint }];
  });
}

/** All files, of both directions, of the sets that hold one of these up files. */
export function filesOfSets(
  paths: readonly string[],
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName'>,
): readonly ExistingFile[] {
  const setsIn = (file: ExistingFile): readonly string[] => readHeader(file.content).map((line) => line.set);
  const sets = new Set(files.filter((file) => paths.includes(file.path)).flatMap(setsIn));
  const names = new Set(
    files
      .filter((file) => setsIn(file).some((set) => sets.has(set)))
      .map((file) => template.migrationName(file.path)),
  );
  return files.filter((file) => names.has(template.migrationName(file.path)));
}

/** `users(team_id) -> teams(id): the migration 20260101_x leads to CASCADE`, for the message that tells a contradiction. */
export function conflictText(standing: Extract<MigrationStatus, { kind: 'conflict' }>): string {
  const key: ForeignKey = standing.change.foreignKey;
  return `${keyText(key)}: the migration ${standing.set} leads to ${clauseText(standing.to)}, the policy asks for ${clauseText(standing.change.to)}`;
}
