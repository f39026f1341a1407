/** What a configuration says of findings: how bad they are here, and which of them somebody has accepted. */
import type { RawConfig } from './schema.ts';
import { invalid, type ConfigText } from './positions.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { catalogue, entryOf } from '../core/codes/index.ts';
import {
  keyText,
  tableText,
  type Finding,
  type ForeignKey,
  type Position,
  type Snapshot,
  type TableName,
} from '../core/model.ts';
import { keyMatcher, tableMatcher } from '../policy/pattern/match.ts';
import type { Pattern, TablePattern } from '../policy/pattern/ast.ts';
import { parsePattern, parseTablePattern, type Parsed } from '../policy/pattern/parse.ts';
import { didYouMean } from '../core/suggest.ts';

export interface FindingSettings {
  /** By code. */
  readonly severity: Readonly<Record<string, Finding['severity'] | 'off'>>;
  readonly ignore: readonly Ignore[];
}

export interface Ignore {
  readonly code: string;
  /** Null: every key. */
  readonly match: Pattern | null;
  readonly table: TablePattern | null;
  readonly reason: string;
  readonly position: Position;
}

export const noSettings: FindingSettings = { severity: {}, ignore: [] };

/** Throws CONFIG_INVALID with file, line and column for codes that do not exist and patterns that cannot be read. */
export function readFindingSettings(
  raw: Pick<RawConfig, 'severity' | 'ignore'>,
  source: ConfigText,
): FindingSettings {
  const known = (code: string, path: readonly (string | number)[], position: Position): string => {
    const upper = code.trim().toUpperCase();
    if (entryOf(upper) !== null) return upper;
    throw invalid(
      position,
      `${path.join('.')}: no finding is called ${JSON.stringify(code)}${didYouMean(upper, Object.keys(catalogue))}`,
      '`ondelete explain` lists the codes.',
    );
  };
  const severity = Object.entries(raw.severity ?? {}).map(([code, level]) => {
    const path = ['severity', code];
    return [known(code, ['severity'], source.keyPosition(path)), level] as const;
  });
  const ignore = (raw.ignore ?? []).map((entry, at): Ignore => {
    const pattern = <T>(name: 'match' | 'table', parse: (text: string) => Parsed<T>): T | null => {
      const text = entry[name];
      if (text === undefined) return null;
      const parsed = parse(text);
      if (parsed.ok) return parsed.value;
      throw invalid(
        source.position(['ignore', at, name]),
        `'${text}': ${parsed.message}`,
        'Write the pattern in single quotes.',
      );
    };
    return {
      code: known(entry.code, ['ignore', at, 'code'], source.position(['ignore', at, 'code'])),
      match: pattern('match', parsePattern),
      table: pattern('table', parseTablePattern),
      reason: entry.reason,
      position: source.position(['ignore', at]),
    };
  });
  return { severity: Object.fromEntries(severity), ignore };
}

/** The findings as the configuration wants them: those that are ignored or off are gone, the others as bad as it says. */
export function asConfigured<F extends Finding>(
  findings: readonly F[],
  settings: FindingSettings,
  snapshot: Pick<Snapshot, 'foreignKeys' | 'tables'>,
  names: NameMatching,
): readonly F[] {
  if (Object.keys(settings.severity).length === 0 && settings.ignore.length === 0) return findings;
  const entries = settings.ignore.map((ignore) => ({
    code: ignore.code,
    covers: coverage(ignore, snapshot, names),
  }));
  return findings.flatMap((finding): readonly F[] => {
    const severity = settings.severity[finding.code] ?? finding.severity;
    const ignored = entries.some(({ code, covers }) => code === finding.code && covers(finding.subject));
    return ignored || severity === 'off' ? [] : [{ ...finding, severity }];
  });
}

/**
 * Entries of `ignore` that ignore nothing.
 * @param findings all that can be found of this database, before anything was ignored
 */
export function idleIgnores(
  findings: readonly Finding[],
  settings: FindingSettings,
  snapshot: Pick<Snapshot, 'foreignKeys' | 'tables'>,
  names: NameMatching,
): readonly Finding[] {
  return settings.ignore
    .filter((ignore) => {
      const covers = coverage(ignore, snapshot, names);
      return !findings.some(({ code, subject }) => code === ignore.code && covers(subject));
    })
    .map((ignore) => ({
      code: 'IGNORE_MATCHES_NOTHING',
      severity: 'warning',
      subject: ignore.code,
      detail: ignore.reason,
      position: ignore.position,
    }));
}

/** Findings name keys and tables as people read them, so what an entry covers is put into the same words. */
function coverage(
  { match, table }: Ignore,
  { foreignKeys, tables }: Pick<Snapshot, 'foreignKeys' | 'tables'>,
  names: NameMatching,
): (subject: string) => boolean {
  if (match === null && table === null) return () => true;
  const ofKey = match === null ? null : keyMatcher(match, names);
  const ofTable = table === null ? null : tableMatcher(table, names);
  const keys = foreignKeys.filter(
    (key: ForeignKey) => (ofKey === null || ofKey(key)) && (ofTable === null || ofTable(key.child)),
  );
  const named: readonly TableName[] = ofKey === null && ofTable !== null ? tables.filter(ofTable) : [];
  const subjects = new Set([...keys.map(keyText), ...named.map(tableText)]);
  return (subject) =>
    subjects.has(subject) || (ofKey === null && ofTable !== null && isNamed(subject, ofTable));
}

/** A table that no key touches stands in no snapshot; its finding names it as `schema.table`. */
function isNamed(subject: string, matches: (table: TableName) => boolean): boolean {
  const dot = subject.indexOf('.');
  return (
    dot > 0 &&
    !subject.includes(' -> ') &&
    matches({ schema: subject.slice(0, dot), name: subject.slice(dot + 1) })
  );
}
