/** Writes a Snapshot: the same text for the same schema. */
import type { Introspection, Snapshot } from './model.ts';

/** @param figures statistics, which change with the rows; null to leave them out */
export function snapshotText(
  snapshot: Snapshot,
  figures: Pick<Introspection, 'statistics' | 'keyStatistics'> | null,
): string {
  const { statistics, keyStatistics } = figures ?? {};
  const content = figures === null ? snapshot : { ...snapshot, statistics, keyStatistics };
  return `${JSON.stringify(content, null, 2)}\n`;
}
