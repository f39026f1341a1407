/** Keys whose change was begun: known by the mark in their comment, or by marked twins on the leaves of a partitioned child. */
import { groupBy } from '../../../src/core/group-by.ts';
import type { ForeignKey, HalfDone } from '../../../src/core/model.ts';
import { identicalClause } from '../../../src/core/names.ts';
import { readComment } from '../half-done-mark.ts';
import { deleteClause } from './keys.ts';
import type { KeyRow } from './queries.ts';
import type { CatalogTable } from './tables.ts';

type Tables = ReadonlyMap<number, CatalogTable>;
type Progress = Pick<ForeignKey, 'comment' | 'halfDone'>;

export interface HalfDoneKeys {
  /** Oids of twin keys, which are part of their root's key and no keys by themselves. */
  readonly secondKeys: ReadonlySet<number>;
  /** By the oid of the key; only keys that have a comment or twins. */
  readonly progress: ReadonlyMap<number, Progress>;
}

export function halfDoneKeys(keys: readonly KeyRow[], tables: Tables): HalfDoneKeys {
  const commented = keys.filter((key) => key.comment !== null && key.copyOf === 0);
  const progress = new Map(commented.map((key) => [key.oid, progressOf(key, tables)]));
  const byChild = groupBy(keys, (key) => key.child);
  const secondKeys = new Set<number>();
  for (const key of commented) {
    const { mark } = readComment(key.comment);
    if (mark?.secondOf == null) continue;
    const root = ancestors(key.child, tables)
      .flatMap((table) => byChild.get(table) ?? [])
      .find(({ name, copyOf }) => name === mark.secondOf && copyOf === 0);
    if (root === undefined) continue;
    secondKeys.add(key.oid);
    const others = progress.get(root.oid)?.halfDone?.secondKeys ?? 0;
    const halfDone: HalfDone = { from: mark.from, to: mark.to, temporaryName: null, secondKeys: others + 1 };
    progress.set(root.oid, { comment: root.comment, halfDone });
  }
  return { secondKeys, progress };
}

function progressOf(key: KeyRow, tables: Tables): Progress {
  const { mark, comment } = readComment(key.comment);
  const child = tables.get(key.child);
  // a mark that does not fit the key's own action was left behind by hand: then it is a comment like any other
  const fits =
    mark !== null &&
    mark.secondOf === null &&
    child !== undefined &&
    identicalClause(mark.to, deleteClause(key, child));
  if (!fits) return { comment: key.comment, halfDone: null };
  return { comment, halfDone: { from: mark.from, to: mark.to, temporaryName: null, secondKeys: 0 } };
}

/** The partitioned tables above a partition, nearest first. */
export function ancestors(oid: number, tables: Tables): readonly number[] {
  const above = tables.get(oid)?.partitionOf ?? null;
  return above === null ? [] : [above, ...ancestors(above, tables)];
}
