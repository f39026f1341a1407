/** How SQLite compares names. */
import type { TableName } from '../../../src/core/model.ts';

/** The name of a table of the file itself: attached databases and temporary tables are never looked at. */
export const main = (name: string): TableName => ({ schema: 'main', name });

/** As SQLite folds names: ASCII letters only. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function sameName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && foldName(a) === foldName(b));
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, place) => sameName(name, b[place] ?? ''));
}
