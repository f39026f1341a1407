/** Names of new migrations: they sort after those of the folder and have the same form. */
import { OndeleteError } from '../../src/core/errors.ts';
import { compareText } from '../../src/core/names.ts';
import type { ExistingFile, NameRequest } from '../../src/core/contracts/template.ts';

interface NameForm {
  /** Before the number. */
  readonly prefix?: string;
  /** Between the words. */
  readonly separator?: string;
  /** The number in an empty folder; `20261128093000` by default. */
  readonly first?: (now: Date) => string;
}

/**
 * `20261128093000_slug`, or `…_slug_1_swap` where there are several. The number follows the form of the last name: dates, milliseconds since
 * the epoch, running numbers, or (the default) UTC as YYYYMMDDHHMMSS. A runner refuses a new file that sorts before an applied one.
 * @throws OndeleteError USAGE where no number of that form sorts after the last name
 */
export function stampedNames(
  { existing, now, parts, slug }: NameRequest,
  { first = utcStamp, prefix = '', separator = '_' }: NameForm = {},
): readonly string[] {
  const last = [...existing].sort(compareText).at(-1) ?? '';
  const name = (stamp: string, words: readonly string[]): string =>
    prefix + [stamp, ...words].join('_').replaceAll('_', separator);
  const numbered = last.startsWith(prefix) ? last.slice(prefix.length) : last;
  const stamps = last === '' ? [first(now)] : candidates(numbered, now);
  // Some tools tell files apart by the number alone: two calls within a second must not share it.
  const taken = /^\d+(?=\D|$)/.exec(numbered)?.[0];
  const stamp = stamps.find(
    (candidate) => candidate !== taken && compareText(name(candidate, [slug]), last) > 0,
  );
  if (stamp === undefined) throw noNameAfter(last);
  const width = String(parts.length).length;
  return parts.map((part, index) => {
    const number = String(index + 1).padStart(width, '0');
    return name(stamp, parts.length === 1 ? [slug] : [slug, number, part]);
  });
}

export function noNameAfter(last: string): OndeleteError {
  return new OndeleteError(
    'USAGE',
    `no migration name that ondelete can write sorts after ${last} in the output folder`,
    'Rename or move that file, or write to another folder with --out.',
  );
}

/** The best first. */
function candidates(last: string, now: Date): readonly string[] {
  const iso = now.toISOString();
  const utc = utcStamp(now);
  if (/^\d{4}-\d{2}-\d{2}/.test(last)) {
    const day = iso.slice(0, 10);
    const dayAndTime = iso.slice(0, 19).replaceAll(':', '-');
    return /^\d{4}-\d{2}-\d{2}T/.test(last) ? [dayAndTime] : [day, dayAndTime, `${day}_z`];
  }
  const digits = /^\d+(?=\D|$)/.exec(last)?.[0] ?? '';
  const isDate = /^(?:19|20)\d{6}(?:\d{4})?$/.test(digits);
  if (digits === '' || isDate) return [utc];
  const next = String(BigInt(digits) + 1n).padStart(digits.length, '0');
  if (digits.length === 14) return [utc, next];
  if (digits.length === 13) return [String(now.getTime()), next];
  return [next];
}

/** `20261128093000`. */
function utcStamp(now: Date): string {
  return now.toISOString().replace(/\D/g, '').slice(0, 14);
}

/** `on_delete_policy` as `OnDeletePolicy`, for the names of classes. */
export function pascalCase(slug: string): string {
  return slug.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** The migrations of the folder whose number in front `isApplied`, for tools whose table holds numbers alone. */
export function numberedNames(
  existing: readonly ExistingFile[],
  migrationName: (path: string) => string | null,
  isApplied: (number: bigint) => boolean,
): readonly string[] {
  const names = new Set(existing.flatMap(({ path }) => migrationName(path) ?? []));
  return [...names].filter((name) => {
    const digits = /^\D*(\d+)/.exec(name)?.[1];
    return digits !== undefined && isApplied(BigInt(digits));
  });
}

/**
 * One number per part for tools that tell files apart by the number in front of the name: the date and time, a second apart,
 * or the next running numbers where the folder has those.
 */
export function nextNumbers({ existing, now, parts }: NameRequest): readonly string[] {
  const digits = existing.flatMap((name) => /^\d+/.exec(name)?.[0] ?? []);
  const last = digits.reduce((most, one) => (BigInt(one) > BigInt(most) ? one : most), '0');
  const isDate = digits.length === 0 || /^(?:19|20)\d{12}$/.test(last);
  return parts.map((_, at) => {
    const stamp = utcStamp(new Date(now.getTime() + at * 1000));
    const next = String(BigInt(last) + BigInt(at + 1)).padStart(last.length, '0');
    return isDate && BigInt(stamp) > BigInt(last) + BigInt(at) ? stamp : next;
  });
}
