/** The rules that state what a database does today: few of them, or one per key. Pure. */
import type { NameMatching } from '../core/contracts/engine.ts';
import { groupBy } from '../core/group-by.ts';
import { compareText, tableId } from '../core/names.ts';
import type { ForeignKey, Snapshot } from '../core/model.ts';
import { isRefusing } from '../core/referential-actions.ts';
import { actionText } from '../policy/actions.ts';
import { foldName } from '../policy/pattern/match.ts';
import { patternWriter, type PatternWriter } from './pattern-cover.ts';
import { type WarningOf, warningsOf } from './warnings.ts';

/** A rule as `init` writes it. */
export interface InitRule {
  /** A warning about the keys of this rule, one line; null where there is none. */
  readonly warning: string | null;
  readonly match: readonly string[];
  readonly constraint: string | null;
  /** As a policy writes it. */
  readonly onDelete: string;
  /** A pattern for each key that it decides, where `match` does not name them. */
  readonly keys: readonly string[];
}

/** Sections in the order of the file; within and across them no two rules match the same key, except `byParent`. */
interface InitRules {
  readonly warned: readonly InitRule[];
  /** Keys that differ from what most keys of their parent do. */
  readonly exceptions: readonly InitRule[];
  /** What most keys of each parent do; matches the keys above as well, so it stands last. */
  readonly byParent: readonly InitRule[];
}

const SAME_COLUMNS =
  'Two keys over the same columns have different actions. Both act on every delete: decide which one is meant.';

export function groupedRules(snapshot: Snapshot, names: NameMatching): InitRules {
  const writer = patternWriter(snapshot.foreignKeys, names);
  const warningOf = warningsOf(snapshot);
  const warnings = new Map<ForeignKey, string | null>();
  for (const members of writer.classes.filter((each) => !contradicts(each)))
    for (const key of members) warnings.set(key, firstWarning(members, warningOf));
  const agreeing = snapshot.foreignKeys.filter((key) => warnings.has(key));
  const warned = agreeing.filter((key) => warnings.get(key) !== null);
  const { usual, unusual } = byParent(
    agreeing.filter((key) => warnings.get(key) === null),
    names,
  );
  const usualWith = (action: string): readonly string[] =>
    agreeing
      .filter((key) => warnings.get(key) === null && !unusual.includes(key) && actionOf(key) === action)
      .map((key) => shortPattern(key, writer));
  return {
    warned: [
      ...writer.classes.filter(contradicts).flatMap((members) => contradiction(members, writer, names)),
      ...rulesFor(warned, (key) => warnings.get(key) ?? null, writer),
    ],
    exceptions: rulesFor(unusual, () => null, writer),
    byParent: [...groupBy(usual, actionOf)]
      .map(([action, keys]) => ({
        ...rule(action, writer.parents(keys.map((key) => key.parent))),
        keys: usualWith(action),
      }))
      .sort((a, b) => rank(a.onDelete) - rank(b.onDelete)),
  };
}

/** A pattern for each key that refuses. */
export function refusingKeys(snapshot: Snapshot, names: NameMatching): readonly string[] {
  const writer = patternWriter(snapshot.foreignKeys, names);
  const refusing = snapshot.foreignKeys.filter(({ onDelete }) => isRefusing(onDelete));
  return refusing.map((key) => shortPattern(key, writer));
}

function shortPattern(key: ForeignKey, writer: PatternWriter): string {
  return writer.exact(key, new Set([key])) ?? writer.longest(key);
}

/** One rule for each key, in the order of the Snapshot; keys that no pattern distinguishes and that agree share one. */
export function perKeyRules(snapshot: Snapshot, names: NameMatching): readonly InitRule[] {
  const writer = patternWriter(snapshot.foreignKeys, names);
  const warningOf = warningsOf(snapshot);
  return writer.classes.flatMap((members) => {
    if (contradicts(members)) return contradiction(members, writer, names);
    const among = new Set(members);
    const match = [...new Set(members.flatMap((key) => writer.exact(key, among) ?? []))];
    return [...new Set(members.map(actionOf))].map((action) =>
      rule(action, match, firstWarning(members, warningOf)),
    );
  });
}

function rule(
  onDelete: string,
  match: readonly string[],
  warning: string | null = null,
  constraint: string | null = null,
): InitRule {
  return { warning, match, constraint, onDelete, keys: [] };
}

/** `refuse` for RESTRICT and NO ACTION: on a deferrable key, or copied by habit, `restrict` would say more than is meant. */
function actionOf(key: ForeignKey): string {
  return isRefusing(key.onDelete) ? 'refuse' : actionText(key);
}

function contradicts(members: readonly ForeignKey[]): boolean {
  return new Set(members.map(actionOf)).size > 1;
}

function firstWarning(members: readonly ForeignKey[], warningOf: WarningOf): string | null {
  return members.map(warningOf).find((warning) => warning !== null) ?? null;
}

/** Keys that no pattern distinguishes and that have different actions: named by their constraints, else kept as they are. */
function contradiction(
  members: readonly ForeignKey[],
  writer: PatternWriter,
  names: NameMatching,
): readonly InitRule[] {
  const constraints = new Set(members.map((key) => foldName(key.name ?? '', names.columnsIgnoreCase)));
  if (constraints.size < members.length || constraints.has(''))
    return [rule('keep', [...new Set(members.map((key) => writer.longest(key)))], SAME_COLUMNS)];
  return members.map((key) => rule(actionOf(key), [writer.longest(key)], SAME_COLUMNS, key.name));
}

/** One rule per warning and action. */
function rulesFor(
  keys: readonly ForeignKey[],
  warningOf: WarningOf,
  writer: PatternWriter,
): readonly InitRule[] {
  return [...groupBy(keys, warningOf)]
    .flatMap(([warning, alike]) =>
      [...groupBy(alike, actionOf)].map(([action, members]) => rule(action, writer.cover(members), warning)),
    )
    .sort((a, b) => compareText(a.warning ?? '', b.warning ?? '') || rank(a.onDelete) - rank(b.onDelete));
}

/** Per parent one key with its most frequent action, and all keys that do something else; no column list is usual. */
function byParent(
  keys: readonly ForeignKey[],
  names: NameMatching,
): { readonly usual: readonly ForeignKey[]; readonly unusual: readonly ForeignKey[] } {
  const fold = (name: string): string => foldName(name, names.tablesIgnoreCase);
  const parents = groupBy(keys, ({ parent }) =>
    tableId({ schema: fold(parent.schema), name: fold(parent.name) }),
  );
  const usual: ForeignKey[] = [];
  const unusual: ForeignKey[] = [];
  for (const members of parents.values()) {
    const [most = ['', []]] = [...groupBy(members, actionOf)]
      .filter(([action]) => carefulFirst.includes(action))
      .sort(([a, as], [b, bs]) => bs.length - as.length || rank(a) - rank(b));
    usual.push(...most[1].slice(0, 1));
    unusual.push(...members.filter((key) => actionOf(key) !== most[0]));
  }
  return { usual, unusual };
}

/** Of two actions that are equally frequent for a parent, the one that deletes less is taken as usual. */
const carefulFirst: readonly string[] = ['refuse', 'set default', 'set null', 'cascade'];

/** Sorts actions: the careful first, column lists last. */
function rank(action: string): number {
  const place = carefulFirst.indexOf(action);
  return place < 0 ? carefulFirst.length : place;
}
