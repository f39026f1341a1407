/** Pieces of PHP files. */

/** A call with one text: in single quotes where nothing has to be escaped, else as a nowdoc, which escapes nothing. */
export function phpCall(method: string, text: string, indent: string): readonly string[] {
  if (text.includes('\r')) return [`${indent}${method}(${escaped(text)});`];
  if (!/['\\\n]/.test(text)) return [`${indent}${method}('${text}');`];
  const lines = text.split('\n');
  let end = 'SQL';
  // PHP ends the text at a line that begins with the word.
  while (lines.some((line) => line.trimStart().startsWith(end))) end += '_';
  return [
    `${indent}${method}(<<<'${end}'`,
    ...lines.map((line) => (line === '' ? '' : `${indent}    ${line}`)),
    `${indent}    ${end});`,
  ];
}

/** PHP takes a lone CR for the end of a line, which would have to be indented. */
function escaped(text: string): string {
  const inner = text
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${inner}"`;
}

export function phpComment(text: string): string {
  // `?>` would end the code, in a comment too
  return text === '' ? '//' : `// ${text.replace(/[\r\n]+/g, ' ').replaceAll('?>', '? >')}`;
}
