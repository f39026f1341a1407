/** One policy for several databases: each is looked at by itself, a few at a time, and those with the same answer are reported together. */
import type { Config } from '../../config/read.ts';
import { groupBy } from '../../core/group-by.ts';
import { keyText } from '../../core/names.ts';
import { OndeleteError, withoutPasswords } from '../../core/errors.ts';
import type { Change, Server } from '../../core/model.ts';
import type { DiffReport } from '../../report/text/diff.ts';
import { compare, type SourceOptions } from './compare.ts';
import type { Models } from './models.ts';
import { databaseUrls } from './open-schema.ts';
import type { Context } from './options.ts';

/** A server has to keep connections for the application. */
const atOnce = 4;

/** What one database answered, or why it did not. */
export type Answered<T> =
  { readonly url: string; readonly answer: T } | { readonly url: string; readonly error: OndeleteError };

/**
 * Asks each database, in the order of the list. What cannot be answered keeps nobody from the others.
 * @param ask `models` are those that the first database was compared with: the application's code is run once
 */
export async function askEach<T extends { readonly models: Models | null }>(
  urls: readonly string[],
  context: Context,
  ask: (url: string, models: Models | null) => Promise<T>,
): Promise<readonly Answered<T>[]> {
  const answers: Answered<T>[] = [];
  let done = 0;
  const answer = async (place: number, models: Models | null): Promise<void> => {
    const url = urls[place] ?? '';
    try {
      answers[place] = { url, answer: await ask(url, models) };
    } catch (error) {
      if (!(error instanceof OndeleteError)) throw error;
      answers[place] = { url, error };
    }
    context.progress(`${++done} of ${urls.length} databases`);
  };
  await answer(0, null);
  const [first] = answers;
  const models = first !== undefined && 'answer' in first ? first.answer.models : null;
  const waiting = urls.keys();
  waiting.next();
  const worker = async (): Promise<void> => {
    for (const place of waiting) await answer(place, models);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  context.progress('');
  return answers;
}

/** One error for all databases that could not be compared; null where all were. */
export function failureOf(answers: readonly Answered<unknown>[]): OndeleteError | null {
  const failed = answers.flatMap((one) => ('error' in one ? [one] : []));
  const [first, ...others] = failed;
  if (first === undefined) return null;
  if (others.length === 0) return first.error;
  const lines = failed.map(({ url, error }) => `${withoutPasswords(url)}: ${error.message}`);
  return new OndeleteError(
    first.error.code,
    [`${failed.length} of ${answers.length} databases could not be compared`, ...lines],
    first.error.help,
  );
}

/** Reports that say the same are one: the first of them, under the names of all. */
export function alike<T extends { readonly report: DiffReport }>(
  answers: readonly T[],
): readonly (T & { readonly databases: readonly string[] })[] {
  return [...groupBy(answers, ({ report }) => saying(report)).values()].flatMap((group) => {
    const databases = group.map(({ report }) => report.database);
    return group
      .slice(0, 1)
      .map((first) => ({ ...first, databases, report: { ...first.report, database: namesOf(databases) } }));
  });
}

const namesShown = 3;

function namesOf(names: readonly string[]): string {
  if (names.length === 1) return names.join('');
  const others = names.length - namesShown;
  const shown = names.slice(0, namesShown).join(', ');
  return `${names.length} databases (${shown}${others > 0 ? ` and ${others} more` : ''})`;
}

/** All that is printed of a database but its name. */
function saying({ diff, exitCode, known, possible, refusals, written, blocking }: DiffReport): string {
  const { server } = diff.snapshot;
  const told = {
    server: server.product,
    possible: possible.map(changeText),
    refusals: refusals.map(({ change, hazards }) => [changeText(change), hazards]),
    findings: [diff.findings, known],
    counts: [diff.matching, diff.undecided, written, exitCode],
    blocking,
  };
  return withoutOwnName(JSON.stringify(told), server);
}

/** Each database of MySQL and MariaDB names itself before its tables. */
function withoutOwnName(text: string, { settings }: Server): string {
  const { database } = settings;
  return database === undefined ? text : text.replaceAll(`${database}.`, '');
}

/** The constraint's name is left out: it may differ from one environment to the next. */
function changeText({ foreignKey, from, rule, to }: Change): string {
  return JSON.stringify([keyText(foreignKey), from, to, rule.position]);
}

interface Needed {
  readonly models: Models | null;
  readonly label: string;
  readonly database: string;
  /** What has to change, as one text; empty for nothing. */
  readonly changes: string;
}

/**
 * The database to write files from, where all that differ need the same: the files change those, and do nothing in the others.
 * @returns null for what flag, config or environment name by themselves
 * @throws OndeleteError DATABASES_DIFFER, and what comparing one of them throws
 */
export async function databaseToWriteFor(
  options: SourceOptions,
  context: Context,
  config: Config | null,
): Promise<string | null> {
  const urls = options.snapshot === null ? databaseUrls(options.database, context, config) : [];
  if (urls.length < 2) return options.database;
  const answers = await askEach(urls, context, async (database, models): Promise<Needed> => {
    const comparison = await compare({ ...options, database }, context, config, models);
    const { diff, source } = comparison;
    await source.close();
    const changes = withoutOwnName(diff.changes.map(changeText).join('\n'), diff.snapshot.server);
    return { models: comparison.models, label: source.label, database, changes };
  });
  const failure = failureOf(answers);
  if (failure !== null) throw failure;
  const needed = answers.flatMap((one) => ('answer' in one && one.answer.changes !== '' ? [one.answer] : []));
  const [same = [], ...others] = [...groupBy(needed, ({ changes }) => changes).values()];
  if (others.length > 0)
    throw new OndeleteError(
      'DATABASES_DIFFER',
      `the databases do not need the same change: ${[same, ...others].map((group) => namesOf(group.map(({ label }) => label))).join('; ')}`,
      'See `ondelete diff`, and write for one of them with --database URL.',
    );
  const [first] = same;
  if (first === undefined) return urls[0] ?? null;
  const rest = same.length === urls.length ? 'all of them differ alike' : 'the others match';
  context.log(
    `One change for ${same.length} of ${urls.length} databases; ${rest}. Rows and orphans are looked at in ${first.label} alone.`,
  );
  return first.database;
}
