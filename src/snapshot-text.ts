/** Writing a Snapshot: the same text for the same schema. */
import type { Snapshot, TableStatistics } from './model.ts';

/** @param figures the volatile figures, or null to leave them out */
export function snapshotText(snapshot: Snapshot, figures: readonly TableStatistics[] | null): string {
  const content = figures === null ? snapshot : { ...snapshot, statistics: figures };
  return `${JSON.stringify(content, null, 2)}\n`;
}
