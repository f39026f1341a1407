/** Pieces of JavaScript and TypeScript files. */

/** A string: one line in single quotes, several lines as a template literal. */
export function jsString(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('\r', '\\r')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  if (!text.includes('\n')) return `'${escaped.replaceAll("'", "\\'")}'`;
  return `\`${escaped.replaceAll('`', '\\`').replaceAll('${', '\\${')}\``;
}

export function jsComment(text: string): string {
  return text === '' ? '//' : `// ${text.replace(/[\r\n\u2028\u2029]+/g, ' ')}`;
}
