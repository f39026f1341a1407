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
  /** The folder has none yet. */
  readonly isNew: boolean;
}

const dialects = { postgres: 'postgresql', mysql: 'mysql', mariadb: 'mysql', sqlite: 'sqlite' } as const;
/** Of drizzle-kit 0.31. */
const versions = { postgres: '7', mysql: '5', mariadb: '5', sqlite: '6' } as const;

/** @throws OndeleteError USAGE where the journal cannot be continued */
export function readJournal(existing: readonly ExistingFile[], flavor: EngineName): Journal {
  const file = existing.find(({ path }) => path === journalPath);
  if (file === undefined) {
    if (existing.some(({ path }) => path.endsWith('.sql')))
      throw unusable('is missing, though there are migrations');
    return { version: versions[flavor], dialect: dialects[flavor], entries: [], isNew: true };
  }
  const journal = parse(file.content);
  if (journal === null) throw unusable('does not parse');
  const isMeant =
    journal.dialect === dialects[flavor] || (flavor === 'sqlite' && journal.dialect === 'turso');
  if (!isMeant) throw unusable(`is for ${journal.dialect}, and the database is ${dialects[flavor]}`);
  return { ...journal, isNew: false };
}

function unusable(why: string): OndeleteError {
  return new OndeleteError(
    'USAGE',
    `${journalPath} ${why}, so no migration can be added`,
    'Repair it, or choose another folder with --out; `drizzle-kit check` looks at it as well.',
  );
}

function parse(text: string): Omit<Journal, 'isNew'> | null {
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
  return entries.every(isEntry) ? { dialect, entries, version: String(version) } : null;
}

/** Empty without a journal that parses. */
export function entriesOf(existing: readonly ExistingFile[]): readonly Entry[] {
  return parse(existing.find(({ path }) => path === journalPath)?.content ?? '')?.entries ?? [];
}

/** Drizzle passes over an entry that is not newer than the newest applied one, so a new one is newer than all. */
export function journalWith(
  { isNew, ...journal }: Journal,
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
  const content = JSON.stringify({ ...journal, entries: [...entries, ...added] }, null, 2);
  return { path: journalPath, content, replaces: !isNew };
}
