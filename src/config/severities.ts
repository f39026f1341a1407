/** What a configuration says about findings: their severity here, and which of them are accepted. */
import { catalogue, entryOf } from '../core/codes/index.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { keyText, tableText } from '../core/names.ts';
import type { Finding, Position, Snapshot, TableName } from '../core/model.ts';
import { didYouMean } from '../core/suggest.ts';
import type { Pattern, TablePattern } from '../policy/pattern/ast.ts';
import { keyMatcher, tableMatcher } from '../policy/pattern/match.ts';
import { type Parsed, parsePattern, parseTablePattern } from '../policy/pattern/parse.ts';
import { type ConfigText, invalid, type Path, valueOf } from './positions.ts';
import type { RawConfig } from './schema.ts';

export interface FindingSettings {
  /** By code. */
  readonly severity: Readonly<Record<string, Finding['severity'] | 'off'>>;
  readonly ignore: readonly Ignore[];
}

interface Ignore {
  readonly code: string;
  /** Null: every key. */
  readonly match: Pattern | null;
  readonly table: TablePattern | null;
  readonly reason: string;
  readonly position: Position;
}

export const noSettings: FindingSettings = { severity: {}, ignore: [] };

type Schema = Pick<Snapshot, 'foreignKeys' | 'tables'>;

/** @throws OndeleteError CONFIG_INVALID for codes that do not exist and patterns that cannot be parsed */
export function readFindingSettings(
  raw: Pick<RawConfig, 'severity' | 'ignore'>,
  source: ConfigText,
): FindingSettings {
  const severity = Object.entries(raw.severity ?? {}).map(
    ([code, level]) => [knownCode(code, 'severity', source.keyPosition(['severity', code])), level] as const,
  );
  const ignore = (raw.ignore ?? []).map((entry, at): Ignore => {
    const path: Path = ['ignore', at];
    const pattern = <T>(name: 'match' | 'table', parse: (text: string) => Parsed<T>): T | null => {
      const text = entry[name];
      return text === undefined ? null : valueOf(parse(text), text, source.position([...path, name]));
    };
    return {
      code: knownCode(entry.code, `ignore.${at}.code`, source.position([...path, 'code'])),
      match: pattern('match', parsePattern),
      table: pattern('table', parseTablePattern),
      reason: entry.reason,
      position: source.position(path),
    };
  });
  return { severity: Object.fromEntries(severity), ignore };
}

function knownCode(code: string, path: string, position: Position): string {
  const upper = code.trim().toUpperCase();
  if (entryOf(upper) !== null) return upper;
  const guess = didYouMean(upper, Object.keys(catalogue));
  throw invalid(
    position,
    `${path}: no finding is called ${JSON.stringify(code)}${guess}`,
    '`ondelete explain` lists the codes.',
  );
}

/** Applies the configuration: without the findings that are ignored or off, the others with the severity it sets. */
export function asConfigured<F extends Finding>(
  findings: readonly F[],
  settings: FindingSettings,
  schema: Schema,
  names: NameMatching,
): readonly F[] {
  const ignored = settings.ignore.map((ignore) => covers(ignore, schema, names));
  return findings.flatMap((finding): readonly F[] => {
    const severity = settings.severity[finding.code] ?? finding.severity;
    return severity === 'off' || ignored.some((covered) => covered(finding))
      ? []
      : [{ ...finding, severity }];
  });
}

/**
 * Entries of `ignore` that ignore nothing.
 * @param findings all that can be found of this database, before anything was ignored
 */
export function idleIgnores(
  findings: readonly Finding[],
  settings: FindingSettings,
  schema: Schema,
  names: NameMatching,
): readonly Finding[] {
  return settings.ignore
    .filter((ignore) => !findings.some(covers(ignore, schema, names)))
    .map(({ code, reason, position }) => ({
      code: 'IGNORE_MATCHES_NOTHING',
      severity: 'warning',
      subject: code,
      detail: reason,
      position,
    }));
}

/** Findings have keys and tables as text, so what an entry covers is turned into the same text. */
function covers(
  { code, match, table }: Ignore,
  { foreignKeys, tables }: Schema,
  names: NameMatching,
): (finding: Finding) => boolean {
  if (match === null && table === null) return (finding) => finding.code === code;
  const matchesKey = match === null ? () => true : keyMatcher(match, names);
  const matchesTable = table === null ? () => true : tableMatcher(table, names);
  const keys = foreignKeys.filter((key) => matchesKey(key) && matchesTable(key.child));
  const alsoTables = match === null;
  const named = alsoTables ? tables.filter(matchesTable) : [];
  const subjects = new Set([...keys.map(keyText), ...named.map(tableText)]);
  return (finding) =>
    finding.code === code &&
    (subjects.has(finding.subject) || (alsoTables && isNamed(finding.subject, matchesTable)));
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
