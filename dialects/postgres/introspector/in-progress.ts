/** Keys whose change was begun: told by the mark in their comment, or by marked twins on the leaves of a partitioned child. */
import type { DeleteClause, ForeignKey, HalfDone } from '../../../src/core/model.ts';
import { readComment, type Mark } from '../progress-comment.ts';
import type { CatalogTable } from './tables.ts';

/** A row of pg_constraint. Oids and attribute numbers are numbers: as texts they take the client a seventh more (measured). */
export interface KeyRow {
  readonly oid: number;
  readonly name: string;
  readonly childOid: number;
  readonly parentOid: number;
  readonly indexOid: number;
  /** The key on the partitioned table that this one is a copy of; 0 for none. */
  readonly parentKey: number;
  readonly comment: string | null;
  readonly shape: KeyShape;
}

/** What keys have in common with many others, with words for letters; keys alike share it. */
export interface KeyShape extends Pick<
  ForeignKey,
  'onDelete' | 'onUpdate' | 'match' | 'deferrability' | 'validated' | 'enforced' | 'period'
> {
  readonly numbers: readonly number[];
  readonly parentNumbers: readonly number[];
  readonly onDeleteNumbers: readonly number[] | null;
}

interface HalfDoneKeys {
  /** Oids of twin keys, which are part of their root's key and no keys by themselves. */
  readonly twins: ReadonlySet<number>;
  of(key: KeyRow): Pick<ForeignKey, 'comment' | 'halfDone'>;
}

export function halfDoneKeys(
  keys: readonly KeyRow[],
  tables: ReadonlyMap<number, CatalogTable>,
): HalfDoneKeys {
  const twins = new Set<number>();
  const byRoot = new Map<number, HalfDone>();
  const marked = keys.filter((key) => key.comment !== null);
  const roots =
    marked.length === 0
      ? new Map<string, KeyRow>()
      : new Map(keys.filter((key) => key.parentKey === 0).map((key) => [`${key.childOid} ${key.name}`, key]));
  for (const key of marked) {
    const { mark } = readComment(key.comment);
    if (mark?.twinOf === null || mark?.twinOf === undefined || key.parentKey !== 0) continue;
    const root = ancestors(key.childOid, tables)
      .map((table) => roots.get(`${table} ${mark.twinOf ?? ''}`))
      .find((found) => found !== undefined);
    if (root === undefined) continue;
    twins.add(key.oid);
    byRoot.set(root.oid, {
      from: mark.from,
      to: mark.to,
      temporaryName: null,
      twins: (byRoot.get(root.oid)?.twins ?? 0) + 1,
    });
  }
  return { twins, of: (key) => halfDoneOf(key, tables.get(key.childOid), byRoot.get(key.oid)) };
}

const unmarked = { comment: null, halfDone: null };

function halfDoneOf(
  key: KeyRow,
  child: CatalogTable | undefined,
  twins: HalfDone | undefined,
): Pick<ForeignKey, 'comment' | 'halfDone'> {
  if (twins !== undefined) return { comment: key.comment, halfDone: twins };
  if (key.comment === null) return unmarked;
  const { mark, comment } = readComment(key.comment);
  // a mark that does not fit the key's own action was left behind by hand: then it is a comment like any other
  if (mark === null || mark.twinOf !== null || !leadsTo(mark, key, child))
    return { comment: key.comment, halfDone: null };
  return { comment, halfDone: { from: mark.from, to: mark.to, temporaryName: null, twins: 0 } };
}

function leadsTo({ to }: Mark, key: KeyRow, child: CatalogTable | undefined): boolean {
  const columns = key.shape.onDeleteNumbers?.map((number) => child?.columnName(number) ?? '') ?? null;
  const clause: DeleteClause = { onDelete: key.shape.onDelete, onDeleteColumns: columns };
  return (
    to.onDelete === clause.onDelete &&
    JSON.stringify(to.onDeleteColumns) === JSON.stringify(clause.onDeleteColumns)
  );
}

/** The partitioned tables above a partition, nearest first. */
function ancestors(oid: number, tables: ReadonlyMap<number, CatalogTable>): readonly number[] {
  const above: number[] = [];
  for (
    let next = tables.get(oid)?.partitionOf ?? null;
    next !== null;
    next = tables.get(next)?.partitionOf ?? null
  )
    above.push(next);
  return above;
}
