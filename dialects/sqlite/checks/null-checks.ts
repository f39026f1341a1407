/** CHECK constraints that refuse NULL. */
import { is, nameAt, standsAt, type Token, tokenize } from '../text/tokens.ts';

/**
 * Columns that a CHECK refuses NULL in: `a IS NOT NULL`, `a NOT NULL` or `a NOTNULL`, alone or joined by AND.
 * Every other CHECK passes on NULL or depends on the row: a CHECK fails on false only, https://sqlite.org/lang_createtable.html#ckconst
 */
export function columnsRefusingNull(check: string): readonly string[] {
  const tokens = tokenize(check);
  const isAnd = (at: number): boolean => tokens[at] === undefined || standsAt(tokens, at, 'AND');
  // Parentheses around anything but whole conditions, and words that change what AND means: not judged.
  const isPlain = (token: Token, at: number): boolean => {
    if (is(token, '(')) return isAnd(at - 1) || is(tokens[at - 1], '(');
    if (is(token, ')')) return isAnd(at + 1) || is(tokens[at + 1], ')');
    return !['OR', 'CASE', 'BETWEEN'].some((word) => is(token, word));
  };
  return tokens.every(isPlain) ? conditionsOf(tokens).flatMap(refusingNull) : [];
}

/** The tokens between the ANDs, without parentheses. */
function conditionsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const conditions: Token[][] = [[]];
  for (const token of tokens) {
    if (is(token, 'AND')) conditions.push([]);
    else if (!is(token, '(') && !is(token, ')')) conditions.at(-1)?.push(token);
  }
  return conditions;
}

const refusals = [['IS', 'NOT', 'NULL'], ['NOT', 'NULL'], ['NOTNULL']];

function refusingNull(condition: readonly Token[]): readonly string[] {
  const refuses = refusals.some(
    (words) => words.length === condition.length - 1 && standsAt(condition, 1, ...words),
  );
  return refuses ? [nameAt(condition, 0)] : [];
}
