/** Pieces of Python files. */

/** A string: in the quotes that need the least escaping; several lines begin and end on lines of their own. */
export function pyString(text: string): string {
  const isLong = text.includes('\n');
  const prefix = text.includes('\\') ? 'r' : '';
  const quote = (isLong ? ['"""', "'''"] : ['"', "'", '"""', "'''"]).find(
    (one) =>
      !text.includes(one) &&
      !text.includes('\r') &&
      (isLong || !(text.endsWith(one.slice(0, 1)) || text.endsWith('\\'))),
  );
  if (quote === undefined) return `"${escaped(text).replaceAll('"', '\\"')}"`;
  return isLong ? `${prefix}${quote}\n${text}\n${quote}` : `${prefix}${quote}${text}${quote}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

export function pyComment(text: string): string {
  return text === '' ? '#' : `# ${text.replace(/[\r\n]+/g, ' ')}`;
}

/** A docstring of these lines. */
export function pyDocstring(lines: readonly string[], indent = ''): readonly string[] {
  const [first = '', ...rest] = lines.map((line) => escaped(line).replaceAll('"""', '\\"\\"\\"'));
  if (rest.length === 0 && !first.endsWith('"')) return [`${indent}"""${first}"""`];
  return [`"""${first}`, ...rest, '"""'].map((line) => (line === '' ? '' : `${indent}${line}`));
}
