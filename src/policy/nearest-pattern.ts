/** The pattern that was probably meant by one that matches no key: one misspelt name in it is put right. Pure. */
import type { NameMatching } from '../core/contracts/engine.ts';
import type { ForeignKey } from '../core/model.ts';
import { suggest } from '../core/suggest.ts';
import {
  literalName,
  type NamePart,
  type NamePattern,
  type Pattern,
  type EndPattern,
} from './pattern/ast.ts';
import { keyMatcher } from './pattern/match.ts';
import { patternText } from './pattern/print.ts';

/** Null where no single name, put right, makes the pattern match. */
export function nearestPattern(
  pattern: Pattern,
  keys: readonly ForeignKey[],
  names: NameMatching,
): string | null {
  const { child, parent } = pattern;
  const ofChild = ends(child, (key) => [key.child, key.columns], keys);
  const ofParent = parent === null ? [] : ends(parent, (key) => [key.parent, key.parentColumns], keys);
  const candidates = [
    ...ofChild.map((end): Pattern => ({ child: end, parent })),
    ...ofParent.map((end): Pattern => ({ child, parent: end })),
  ];
  const found = candidates.find((candidate) => keys.some(keyMatcher(candidate, names)));
  return found === undefined ? null : patternText(found);
}

/** The end with one of its names put right, in each way that there is. */
function ends(
  end: EndPattern,
  namesOf: (key: ForeignKey) => readonly [table: ForeignKey['child'], columns: readonly string[]],
  keys: readonly ForeignKey[],
): readonly EndPattern[] {
  const known = keys.map(namesOf);
  const { schema, name, columns } = end;
  const tables = known.map(([table]) => table);
  return [
    ...nearest(
      name,
      tables.map((table) => table.name),
    ).map((meant) => ({ ...end, name: meant })),
    ...nearest(
      schema ?? [],
      tables.map((table) => table.schema),
    ).map((meant) => ({ ...end, schema: meant })),
    ...(columns ?? []).flatMap((column, at) =>
      nearest(
        column,
        known.flatMap(([, all]) => all),
      ).map((meant) => ({ ...end, columns: columns?.with(at, meant) ?? null })),
    ),
  ];
}

/** A name, or a glob with text at one end, put right; none where nothing is near. */
function nearest(pattern: NamePattern, known: readonly string[]): readonly NamePattern[] {
  const [first] = pattern;
  const last = pattern.at(-1);
  if (pattern.length === 1 && first?.kind === 'text')
    return put(first.text, known, (text) => literalName(text));
  const rest = (from: number, to?: number): readonly NamePart[] => pattern.slice(from, to);
  return [
    ...(first?.kind === 'text'
      ? put(
          first.text,
          known.map((name) => name.slice(0, first.text.length)),
          (text) => [{ kind: 'text', text }, ...rest(1)],
        )
      : []),
    ...(last?.kind === 'text'
      ? put(
          last.text,
          known.map((name) => name.slice(-last.text.length)),
          (text) => [...rest(0, -1), { kind: 'text', text }],
        )
      : []),
  ];
}

function put(
  text: string,
  known: readonly string[],
  patternOf: (text: string) => NamePattern,
): readonly NamePattern[] {
  const meant = suggest(
    text,
    [...new Set(known)].filter((name) => name !== text),
  );
  return meant === null ? [] : [patternOf(meant)];
}
