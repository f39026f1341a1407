/** The keys as a Mermaid flowchart, for documentation: children point to parents, changes are drawn thick. */
import { tableId, tableText, type Change, type Snapshot } from '../../core/model.ts';
import { actionColours, drawnKeys, numbered } from './graph.ts';

/** @returns the text of a diagram; labels hold no sign that Mermaid reads */
export function mermaid(snapshot: Snapshot, changes: readonly Change[]): string {
  const keys = drawnKeys(snapshot, changes);
  const tables = numbered(keys);
  const idOf = (table: { readonly schema: string; readonly name: string }): string =>
    tables.get(tableId(table))?.id ?? '';
  return [
    'flowchart LR',
    ...[...tables.values()].map(({ id, table }) => `  ${id}["${label(tableText(table))}"]`),
    ...keys.map(({ key, change, label: words }) => {
      const arrow = change === null ? '-->' : '==>';
      return `  ${idOf(key.child)} ${arrow}|"${label(`${key.columns.join(', ')}: ${words}`)}"| ${idOf(key.parent)}`;
    }),
    ...keys.map(({ key, change }, at) => {
      const colour = actionColours[change?.to.onDelete ?? key.onDelete];
      return `  linkStyle ${at} stroke:${colour}${change === null ? '' : ',stroke-width:4px'}`;
    }),
  ].join('\n');
}

/** Mermaid reads `#35;` as a sign by its number; everything but letters, digits and a few harmless signs is written so. */
function label(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[^\p{L}\p{N} .,:_→-]/gu, (sign) => `#${sign.codePointAt(0) ?? 32};`);
}
