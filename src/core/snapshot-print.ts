/** Printing a Snapshot: the same text for the same schema. Apart from reading it, which loads the validation. */
import { visibleLines } from './visible.ts';
import type { ForeignKey, Introspection, Snapshot } from './model.ts';

export function snapshotText(
  snapshot: Snapshot,
  figures: Pick<Introspection, 'statistics' | 'keyStatistics'> | null,
): string {
  const { statistics, keyStatistics } = figures ?? {};
  const data = { ...snapshot, foreignKeys: snapshot.foreignKeys.map(keyData) };
  const content = figures === null ? data : { ...data, statistics, keyStatistics };
  return `${visibleLines(JSON.stringify(content, null, 2))}\n`;
}

/** The file says twins for second keys, and always has. */
function keyData(key: ForeignKey): object {
  if (key.halfDone === null) return key;
  const { secondKeys, ...halfDone } = key.halfDone;
  return { ...key, halfDone: { ...halfDone, twins: secondKeys } };
}
