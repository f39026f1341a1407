/** Indexes out of the rows of STATISTICS. */
import { compareText, sortInPlace, type Index } from '../../../src/core/model.ts';
import type { Cells } from '../connection/connect.ts';
import { rowsByTable } from './group-rows.ts';
import { cellText } from './keys.ts';

/** By tableId, each table's by name. */
export function indexesByTable(rows: readonly Cells[]): ReadonlyMap<string, readonly Index[]> {
  const tables = new Map<string, readonly Index[]>();
  for (const [id, parts] of rowsByTable(rows)) {
    sortInPlace(parts, byIndex);
    const firsts = parts.flatMap((part, at) => (part[3] === parts[at - 1]?.[3] ? [] : [at]));
    tables.set(
      id,
      firsts.map((first, nth) => indexOf(parts.slice(first, firsts[nth + 1]))),
    );
  }
  return tables;
}

function byIndex(a: Cells, b: Cells): number {
  return compareText(cellText(a[3]), cellText(b[3])) || Number(a[2]) - Number(b[2]);
}

function indexOf(parts: readonly Cells[]): Index {
  const [first = []] = parts;
  const name = cellText(first[3]);
  return {
    name,
    // A prefix of a column cannot serve a key any more than an expression can.
    columns: parts.map(([, , , , column, prefix]) =>
      column === null || prefix !== null ? null : cellText(column),
    ),
    unique: Number(first[6]) === 0,
    primary: name === 'PRIMARY',
    predicate: null,
    method: first[7] === undefined ? 'btree' : cellText(first[7]).toLowerCase(),
  };
}
