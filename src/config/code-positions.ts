/** Where the texts of a configuration stand that is code (`.ts`, `.js`): its rules are found by the string literals in the source. */
import { groupBy } from '../core/group-by.ts';
import type { Position } from '../core/model.ts';
import { type ConfigText, type Path, startOf } from './positions.ts';

interface Literal {
  readonly text: string;
  readonly offset: number;
}

/** A value that the source does not hold as it is (computed, imported) has the position of what stands around it. */
export function positionsInCode(data: unknown, source: string, file: string): ConfigText {
  const places = placesOf(data, source);
  const lineStarts = [...source.matchAll(/^/gm)].map(({ index }) => index);
  const position = (path: Path): Position => {
    for (let { length } = path; length > 0; length -= 1) {
      const offset = places.get(JSON.stringify(path.slice(0, length)));
      if (offset === undefined) continue;
      const line = lineStarts.findLastIndex((start) => start <= offset);
      return { file, line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 };
    }
    return startOf(file);
  };
  return { data, position, keyPosition: position, unquoted: () => false };
}

/** Offsets by path. Something with parts stands where the first text in it does; a rule where its pattern does, wherever its action stands. */
function placesOf(data: unknown, source: string): ReadonlyMap<string, number> {
  const literals = groupBy(literalsOf(source), ({ text }) => text);
  const places = new Map<string, number>();
  let last = -1;
  for (const { path, text } of textsOf(data, [])) {
    if (path[1] === 'rules' && path[3] !== 'match') continue;
    const alike = literals.get(text) ?? [];
    // Rules stand in their order, so the next one with this text is meant; else the first, as for a list that is used twice.
    const next = alike.find(({ offset }) => offset > last);
    const found = next ?? alike[0];
    if (found === undefined) continue;
    if (next !== undefined) last = next.offset;
    for (let { length } = path; length > 0; length -= 1) {
      const inside = JSON.stringify(path.slice(0, length));
      if (!places.has(inside) || length === path.length) places.set(inside, found.offset);
    }
  }
  return places;
}

function textsOf(value: unknown, path: Path): readonly { readonly path: Path; readonly text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((one: unknown, at) => textsOf(one, [...path, at]));
  if (typeof value !== 'object' || value === null || path.length > 10) return [];
  return Object.entries(value).flatMap(([key, one]) => textsOf(one, [...path, key]));
}

/** Comments are skipped; of escapes only those of quotes and backslashes are read. */
const tokens = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g;

function literalsOf(source: string): readonly Literal[] {
  return [...source.matchAll(tokens)].flatMap(({ 1: single, 2: double, 3: template, index }) => {
    const text = single ?? double ?? template;
    return text === undefined ? [] : [{ text: text.replace(/\\(['"`\\])/g, '$1'), offset: index }];
  });
}
