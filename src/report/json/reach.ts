/** Reach for machines: `"version": 1`, stable names, everything that the text says. */
import { entryOf } from '../../core/codes/index.ts';
import type { Server } from '../../core/model.ts';
import type { ReachChange } from '../../reach/diff.ts';
import type { ReachSummary } from '../../reach/summary.ts';
import type { ReachReport } from '../text/reach.ts';

interface Head {
  readonly database: string;
  readonly server: Server;
}

/** @returns the reach of one table as JSON text */
export function reachJson({ database, server, reach, counted }: ReachReport): string {
  return text(
    'reach',
    { database, server },
    {
      table: reach.table,
      where: counted?.where ?? null,
      rowsPicked: counted?.picked ?? null,
      incomplete: counted?.incomplete ?? null,
      depth: reach.depth,
      rows: reach.rows,
      touched: reach.touched.map((one) => ({ ...one, counted: counted?.of(one) ?? null })),
      failures: reach.failures.map((one) => {
        const entry = entryOf(one.code);
        return {
          ...one,
          title: entry?.title ?? '',
          effect: entry?.effect ?? '',
          help: entry?.help ?? '',
        };
      }),
    },
  );
}

/** @returns the reach of all tables in numbers as JSON text */
export function reachSummaryJson(head: Head, summaries: readonly ReachSummary[]): string {
  return text('reach-summary', head, { tables: summaries });
}

/** @returns what changes mean for deletes as JSON text */
export function reachDiffJson(head: Head, changes: readonly ReachChange[]): string {
  return text('reach-diff', head, { tables: changes });
}

function text(report: string, { database, server }: Head, content: object): string {
  return JSON.stringify({ version: 1, report, database, server, ...content }, null, 2);
}
