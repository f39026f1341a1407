/** The list of Drizzle's migrations, `meta/_journal.json`. */
import { OndeleteError } from '../../src/core/errors.ts';
import type { ExistingFile, Migration, MigrationFile } from '../../src/core/contracts/template.ts';
import type { EngineName } from '../../src/core/model.ts';

const journalPath = 'meta/_journal.json';

interface Entry {
  readonly idx: number;
  readonly version: string;
  readonly when: number;
  readonly tag: string;
  readonly breakpoints: boolean;
}

interface Journal {
  readonly version: string;
  readonly dialect: string;
  readonly entries: readonly Entry[];
}

/** A journal as it lies in the folder; its text is null where there is none yet. */
interface OpenJournal extends Journal {
  readonly text: string | null;
}

const dialects = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' } as const;
/** Of drizzle-kit 0.31. */
const versions = { postgres: '7', mysql: '5', mariadb: '5', sqlite: '6' } as const;

/** @throws OndeleteError USAGE where the journal cannot be continued */
export function readJournal(existing: readonly ExistingFile[], flavor: EngineName): OpenJournal {
  const file = existing.find(({ path }) => path === journalPath);
  if (file === undefined) {
    if (existing.some(({ path }) => path.endsWith('.sql')))
      throw unusable('is missing, though there are migrations');
    return { version: versions[flavor], dialect: dialects[flavor], entries: [], text: null };
  }
  const journal = parse(file.content);
  if (journal === null) throw unusable('does not parse');
  const isMeant =
    journal.dialect === dialects[flavor] || (flavor === 'sqlite' && journal.dialect === 'turso');
  if (!isMeant) throw unusable(`is for ${journal.dialect}, and the database is ${dialects[flavor]}`);
  return { ...journal, text: file.content };
}

function unusable(why: string): OndeleteError {
  return new OndeleteError(
    'USAGE',
    `${journalPath} ${why}, so no migration can be added`,
    'Repair it, or choose another folder with --out; `drizzle-kit check` looks at it as well.',
  );
}

function parse(text: string): Journal | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { dialect, entries, version } = Object(value) as Record<string, unknown>;
  if (typeof dialect !== 'string' || !Array.isArray(entries)) return null;
  const isEntry = (entry: unknown): entry is Entry => {
    const { idx, tag, when } = Object(entry) as Record<string, unknown>;
    return typeof idx === 'number' && typeof tag === 'string' && typeof when === 'number';
  };
  return entries.every(isEntry) ? { version: String(version), dialect, entries } : null;
}

/** Empty without a journal that parses. */
export function entriesOf(existing: readonly ExistingFile[]): readonly Entry[] {
  return parse(existing.find(({ path }) => path === journalPath)?.content ?? '')?.entries ?? [];
}

/** Drizzle passes over an entry that is not newer than the newest applied one, so a new one is newer than all. */
export function journalWith(
  { text, ...journal }: OpenJournal,
  migrations: readonly Migration[],
  now: Date,
): MigrationFile {
  const { entries, version } = journal;
  const newest = Math.max(now.getTime() - 1, ...entries.map(({ when }) => when));
  const last = Math.max(-1, ...entries.map(({ idx }) => idx));
  const added = migrations.map(({ name }, index): Entry => ({
    idx: last + 1 + index,
    version: entries.at(-1)?.version ?? version,
    when: newest + 1 + index,
    tag: name,
    breakpoints: true,
  }));
  const all = [...entries, ...added];
  if (text === null)
    return { path: journalPath, content: JSON.stringify({ ...journal, entries: all }, null, 2) };
  const whole = (): string => JSON.stringify({ ...(JSON.parse(text) as object), entries: all }, null, 2);
  return { path: journalPath, content: appended(text, added, all) ?? whole(), replaces: true };
}

/** The text with these entries behind its last one, and nothing else changed; null where it has no last one. */
function appended(text: string, added: readonly Entry[], all: readonly Entry[]): string | null {
  const unit = /^[ \t]+/m.exec(text)?.[0] ?? '  ';
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const inserted = added
    .map((entry) => `,\n${JSON.stringify(entry, null, unit)}`.replaceAll('\n', lineEnd + unit + unit))
    .join('');
  // The end of the last entry is where the result is what it should be.
  for (let end = text.lastIndexOf('}'); end > 0; end = text.lastIndexOf('}', end - 1)) {
    const result = text.slice(0, end + 1) + inserted + text.slice(end + 1);
    if (JSON.stringify(parse(result)?.entries) === JSON.stringify(all)) return result;
  }
  return null;
}
