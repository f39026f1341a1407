/** The keys as a Mermaid flowchart, for documentation: children point to parents, changes are thick. */
import { tableText } from '../../core/names.ts';
import type { Change, Snapshot } from '../../core/model.ts';
import { mermaidLabel } from '../escape.ts';
import { drawnKeys, drawnTables, tableIds } from './graph.ts';

export function mermaid(snapshot: Snapshot, changes: readonly Change[]): string {
  const keys = drawnKeys(snapshot, changes);
  const tables = drawnTables(keys);
  const idOf = tableIds(tables);
  return [
    'flowchart LR',
    ...tables.map((table) => `  ${idOf(table)}["${mermaidLabel(tableText(table))}"]`),
    ...keys.map(({ key, change, label }) => {
      const arrow = change === null ? '-->' : '==>';
      const text = mermaidLabel(`${key.columns.join(', ')}: ${label}`);
      return `  ${idOf(key.child)} ${arrow}|"${text}"| ${idOf(key.parent)}`;
    }),
    ...keys.map(
      ({ change, color }, index) =>
        `  linkStyle ${index} stroke:${color}${change === null ? '' : ',stroke-width:4px'}`,
    ),
  ].join('\n');
}
