/** Printing a Snapshot: the same text for the same schema. Apart from reading it, which loads the validation. */
import { visibleLines } from './visible.ts';
import type { Introspection, Snapshot } from './model.ts';

export function snapshotText(
  snapshot: Snapshot,
  figures: Pick<Introspection, 'statistics' | 'keyStatistics'> | null,
): string {
  const { statistics, keyStatistics } = figures ?? {};
  const content = figures === null ? snapshot : { ...snapshot, statistics, keyStatistics };
  return `${visibleLines(JSON.stringify(content, null, 2))}\n`;
}
