/** The keys as a Graphviz digraph: children point to parents, changes are drawn bold. */
import { tableId, tableText, type Change, type Snapshot } from '../../core/model.ts';
import { actionColours, drawnKeys, numbered } from './graph.ts';

/** @returns the text of a digraph, to be drawn with `dot -Tsvg` */
export function dot(snapshot: Snapshot, changes: readonly Change[]): string {
  const keys = drawnKeys(snapshot, changes);
  const tables = numbered(keys);
  const idOf = (table: { readonly schema: string; readonly name: string }): string =>
    tables.get(tableId(table))?.id ?? '';
  return [
    'digraph ondelete {',
    '  rankdir=LR;',
    '  node [shape=box, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...[...tables.values()].map(({ id, table }) => `  ${id} [label=${quoted(tableText(table))}];`),
    ...keys.map(({ key, change, label }) => {
      const colour = actionColours[change?.to.onDelete ?? key.onDelete];
      const thick = change === null ? '' : ', style=bold, penwidth=3';
      return `  ${idOf(key.child)} -> ${idOf(key.parent)} [label=${quoted(`${key.columns.join(', ')}: ${label}`)}, color="${colour}"${thick}];`;
    }),
    '}',
  ].join('\n');
}

/** https://graphviz.org/doc/info/lang.html: inside double quotes only the quote is escaped, but labels read backslashes, too. */
function quoted(text: string): string {
  const plain = text.replace(/[\s\p{Cc}]+/gu, ' ');
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
