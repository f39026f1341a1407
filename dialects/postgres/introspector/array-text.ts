/** PostgreSQL's text form of an array of one dimension, without NULLs: `{1,2}`, `{plain,"quo\\"ted"}`. */
export function listOf(array: string | null | undefined): readonly string[] {
  const inside = (array ?? '{}').slice(1, -1);
  if (inside === '') return [];
  return inside.includes('"') ? quotedItems(inside) : inside.split(',');
}

/** Items that hold a comma, a quote, a brace, a backslash or a space stand in quotes, with backslashes before quotes and backslashes. */
function quotedItems(inside: string): readonly string[] {
  const items = inside.matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs);
  return [...items].map(([, quoted, plain]) => quoted?.replace(/\\(.)/gs, '$1') ?? plain ?? '');
}
