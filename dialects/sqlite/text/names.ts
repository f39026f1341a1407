/** How SQLite compares names. */
import { lowerAscii } from '../../../src/core/names.ts';
import type { TableName } from '../../../src/core/model.ts';

/** The name of a table of the file itself: attached databases and temporary tables are never looked at. */
export const main = (name: string): TableName => ({ schema: 'main', name });

/** As SQLite folds names: ASCII letters only. */
export const foldName = lowerAscii;

export function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && foldName(a) === foldName(b));
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, place) => sameName(name, b[place] ?? ''));
}
