/** Pieces of Ruby files. */

/** A call with one text: in quotes where nothing has to be escaped, else as a heredoc, which escapes nothing. */
export function rubyCall(method: string, text: string, indent: string): readonly string[] {
  if (text.includes('\r')) return [`${indent}${method} ${escaped(text)}`];
  if (!/["\\#\n]/.test(text)) return [`${indent}${method} "${text}"`];
  if (!/['\\\n]/.test(text)) return [`${indent}${method} '${text}'`];
  const lines = text.split('\n');
  let end = 'SQL';
  while (lines.some((line) => line.trim() === end)) end += '_';
  return [
    `${indent}${method} <<~'${end}'`,
    ...lines.map((line) => (line === '' ? '' : `${indent}  ${line}`)),
    `${indent}${end}`,
  ];
}

/** A heredoc would turn CR LF into LF. */
function escaped(text: string): string {
  const inner = text
    .replace(/[\\"#]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${inner}"`;
}

export function rubyComment(text: string): string {
  return text === '' ? '#' : `# ${text.replace(/[\r\n]+/g, ' ')}`;
}
