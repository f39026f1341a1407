/** Patterns as text; parsing that text gives the same pattern again. */
import type { NamePart, NamePattern, Pattern, EndPattern } from './ast.ts';

export function patternText(pattern: Pattern): string {
  const child = endText(pattern.child);
  return pattern.parent === null ? child : `${child} -> ${endText(pattern.parent)}`;
}

function endText(end: EndPattern): string {
  const schema = end.schema === null ? '' : `${namePatternText(end.schema)}.`;
  return `${schema}${namePatternText(end.name)}${columnsText(end.columns)}`;
}

/** `(a, "b c")`, or nothing where the pattern matches any columns. */
export function columnsText(columns: readonly NamePattern[] | null): string {
  return columns === null ? '' : `(${columns.map(namePatternText).join(', ')})`;
}

export function namePatternText(pattern: NamePattern): string {
  return pattern.map(partText).join('');
}

function partText(part: NamePart): string {
  switch (part.kind) {
    case 'text':
      return nameText(part.text);
    case 'any':
      return '*';
    case 'one':
      return '?';
    case 'choice':
      return `{${part.options.map(namePatternText).join(',')}}`;
  }
}

/** A literal name as a pattern writes it: in double quotes unless every character is harmless. */
export function nameText(name: string): string {
  return /^[\p{L}\p{M}\p{N}_$-]+$/u.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
