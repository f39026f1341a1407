/**
 * Whether a CHECK, as pg_get_expr prints it, is violated whenever some columns are NULL. Only what is certain counts: a conjunct
 * `(column IS NOT NULL)`, or a count of filled columns that can no longer be reached. A CHECK that yields NULL passes.
 */

/** `expression` is fully parenthesised by the server; `columns` are plain names. */
export function checkRefusesNull(expression: string, columns: readonly string[]): boolean {
  const nulls = new Set(columns.flatMap((column) => [column, `"${column.replaceAll('"', '""')}"`]));
  return conjuncts(expression).some((part) => refuses(part, nulls));
}

function refuses(part: string, nulls: ReadonlySet<string>): boolean {
  const notNull = /^(.*) IS NOT NULL$/s.exec(part)?.[1];
  if (notNull !== undefined) return nulls.has(notNull);
  // num_nonnulls(a, b) = 1: a polymorphic reference, of which exactly one is filled
  const [, list = '', operator = '', wanted = ''] = /^num_nonnulls\((.*)\) (=|>=|>) (\d+)$/s.exec(part) ?? [];
  if (operator === '') return false;
  const args = splitTop(list, ', ');
  const left = args.filter((arg) => !nulls.has(arg)).length;
  if (left === args.length) return false;
  // Before the action the sum was reached with the column filled, so one less misses `= n`, whatever the others hold.
  return operator === '=' || (operator === '>=' ? left < Number(wanted) : left <= Number(wanted));
}

function conjuncts(expression: string): readonly string[] {
  const inner = withoutParentheses(expression);
  const parts = splitTop(inner, ' AND ');
  return parts.length === 1 ? [inner] : parts.flatMap(conjuncts);
}

function withoutParentheses(expression: string): string {
  const enclosed = expression.startsWith('(') && closing(expression) === expression.length - 1;
  return enclosed ? withoutParentheses(expression.slice(1, -1)) : expression;
}

/** The position of the parenthesis that closes the first one, outside of names and literals. */
function closing(text: string): number {
  let depth = 0;
  for (const [at, sign] of signs(text)) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function splitTop(text: string, separator: string): readonly string[] {
  const cuts: number[] = [];
  let depth = 0;
  for (const [at, sign] of signs(text)) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth === 0 && text.startsWith(separator, at)) cuts.push(at);
  }
  const starts = [0, ...cuts.map((at) => at + separator.length)];
  return starts.map((start, n) => text.slice(start, cuts[n] ?? text.length));
}

/** Code units outside of 'literals' and "names". */
function* signs(text: string): Generator<readonly [number, string]> {
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    if (quote === '' && (sign === "'" || sign === '"')) quote = sign;
    else if (sign === quote) quote = '';
    else if (quote === '') yield [at, sign];
  }
}
