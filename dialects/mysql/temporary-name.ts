/**
 * The name a key bears between the two steps of a change, which is also the mark by which a half-done change is recognised:
 * `<name>__od_<4 hex of what the key joins><4 hex of its name>`. A constraint that somebody else called so does not fit its own checksum.
 */
import { hash } from 'node:crypto';
import type { ForeignKey } from '../../src/core/model.ts';

type Joined = Pick<ForeignKey, 'columns' | 'parent' | 'parentColumns'>;

/** Identifiers end at 64 characters on both servers (https://dev.mysql.com/doc/refman/9.7/en/identifier-length.html). */
export const longestName = 64;
const mark = '__od_';
const kept = longestName - mark.length - 8;

function fourDigits(text: string): string {
  return hash('sha256', text).slice(0, 4);
}

/** Without the schema and the child's name, which differ between environments, and without case, which the server may fold. */
function joinedHash(key: Joined): string {
  return fourDigits([key.parent.name, ...key.columns, '', ...key.parentColumns].join('\0').toLowerCase());
}

/** The temporary name of a key called `name`; names hold no character beyond the basic plane, so none is cut in two. */
export function temporaryName(name: string, key: Joined): string {
  return `${name.slice(0, kept)}${mark}${joinedHash(key)}${fourDigits(name)}`;
}

/**
 * Reads a temporary name.
 * @returns null for a name that is none; otherwise the key's own name, itself null where it was too long to be kept
 */
export function originalName(constraint: string, key: Joined): { readonly name: string | null } | null {
  const parts = /^(.+)__od_([0-9a-f]{4})([0-9a-f]{4})$/su.exec(constraint);
  const [, prefix = '', joined, own] = parts ?? [];
  if (parts === null || joined !== joinedHash(key)) return null;
  if (own === fourDigits(prefix)) return { name: prefix };
  return prefix.length === kept ? { name: null } : null;
}

/** The eight digits behind the mark, with which SQL puts the temporary name together again. */
export function digitsOf(temporary: string): string {
  return temporary.slice(-8);
}

/** The temporary name, from SQL expressions for the key's name and for the digits. */
export function temporaryNameSql(name: string, digits: string): string {
  return `CONCAT(LEFT(${name}, ${kept}), '${mark}', ${digits})`;
}
