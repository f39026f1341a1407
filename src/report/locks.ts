/** The locks of a step, each once, in words. Pure. */
import { locksInWords, type Lock, type Side } from '../core/model.ts';

export function locksOf(side: Side): readonly Lock[] {
  if (side.kind === 'nothing') return [];
  const all = side.statements.flatMap((statement) => statement.locks);
  return [...new Map(all.map((lock) => [JSON.stringify(lock), lock])).values()];
}

/** One line per kind of lock, with all its tables. */
export function lockLines(side: Side): readonly string[] {
  return locksInWords(locksOf(side));
}
