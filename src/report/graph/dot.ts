/** The keys as a Graphviz digraph: children point to parents, changes are bold. */
import { tableText } from '../../core/names.ts';
import type { Change, Snapshot } from '../../core/model.ts';
import { dotString } from '../escape.ts';
import { drawnKeys, drawnTables, tableIds } from './graph.ts';

/** @returns a digraph to be drawn with `dot -Tsvg` */
export function dot(snapshot: Snapshot, changes: readonly Change[]): string {
  const keys = drawnKeys(snapshot, changes);
  const tables = drawnTables(keys);
  const idOf = tableIds(tables);
  return [
    'digraph ondelete {',
    '  rankdir=LR;',
    '  node [shape=box, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...tables.map((table) => `  ${idOf(table)} [label=${dotString(tableText(table))}];`),
    ...keys.map(({ key, change, label, color }) => {
      const thick = change === null ? '' : ', style=bold, penwidth=3';
      const text = dotString(`${key.columns.join(', ')}: ${label}`);
      return `  ${idOf(key.child)} -> ${idOf(key.parent)} [label=${text}, color="${color}"${thick}];`;
    }),
    '}',
  ].join('\n');
}
