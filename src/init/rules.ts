/** The rules that state what a database does today: few of them, or one per key. Pure. */
import { actionText } from '../policy/actions.ts';
import type { NameMatching } from '../core/contracts/engine.ts';
import { doubts } from './warnings.ts';
import { group, patternWriter } from './pattern-cover.ts';
import type { PatternWriter } from './pattern-cover.ts';
import { compareText } from '../core/model.ts';
import type { ForeignKey, Snapshot } from '../core/model.ts';
import { foldName } from '../policy/pattern/match.ts';

/** A rule as `init` writes it. */
export interface InitRule {
  /** A doubt about the keys of this rule, one line; null where there is none. */
  readonly doubt: string | null;
  readonly match: readonly string[];
  readonly constraint: string | null;
  /** As a policy writes it. */
  readonly onDelete: string;
}

/** Sections in the order of the file; within and across them no two rules match the same key, save `byParent`. */
export interface InitRules {
  readonly doubtful: readonly InitRule[];
  /** Keys that differ from what most keys of their parent do. */
  readonly exceptions: readonly InitRule[];
  /** What most keys of each parent do; matches the keys above as well, so it stands last. */
  readonly byParent: readonly InitRule[];
}

/** Of two actions that are equally frequent for a parent, the one that deletes less speaks for it. */
const carefulFirst = ['refuse', 'set default', 'set null', 'cascade'];

const TWINS =
  'Two keys over the same columns that say different things: both act on every delete, so look which one is meant.';

interface Work {
  readonly keys: readonly ForeignKey[];
  readonly writer: PatternWriter;
  readonly names: NameMatching;
  readonly doubt: (place: number) => string | null;
  readonly action: (place: number) => string;
}

/** Rules by group: doubtful keys, exceptions, and per parent what most of its keys do. */
export function groupedRules(snapshot: Snapshot, names: NameMatching): InitRules {
  const work = workOn(snapshot, names);
  const { contradicting, agreeing } = classes(work);
  const doubtOf = new Map(
    agreeing.flatMap((members) => members.map((place) => [place, doubtAbout(work, members)] as const)),
  );
  const places = [...doubtOf.keys()].sort((a, b) => a - b);
  const { usual, unusual } = byParent(
    work,
    places.filter((place) => doubtOf.get(place) === null),
  );
  return {
    doubtful: [
      ...contradicting.flatMap((members) => contradiction(work, members)),
      ...rulesFor(
        work,
        places.filter((place) => doubtOf.get(place) !== null),
        (place) => doubtOf.get(place) ?? null,
      ),
    ],
    exceptions: rulesFor(work, unusual, () => null),
    byParent: group(usual, (each) => each.action)
      .map((same) => ({
        doubt: null,
        match: work.writer.parents(same.map((each) => each.parent)),
        constraint: null,
        onDelete: same[0]?.action ?? '',
      }))
      .sort((a, b) => rank(a.onDelete) - rank(b.onDelete)),
  };
}

/** One rule for each key, in the order of the Snapshot; keys that no pattern can tell apart and that agree share one. */
export function perKeyRules(snapshot: Snapshot, names: NameMatching): readonly InitRule[] {
  const work = workOn(snapshot, names);
  return work.writer.classes.flatMap((members): readonly InitRule[] => {
    if (contradicts(work, members)) return contradiction(work, members);
    const among = new Set(members);
    const match = [...new Set(members.flatMap((place) => work.writer.exact(place, among) ?? []))];
    return [
      { doubt: doubtAbout(work, members), match, constraint: null, onDelete: work.action(members[0] ?? 0) },
    ];
  });
}

function classes(work: Work): Record<'contradicting' | 'agreeing', readonly (readonly number[])[]> {
  return {
    contradicting: work.writer.classes.filter((members) => contradicts(work, members)),
    agreeing: work.writer.classes.filter((members) => !contradicts(work, members)),
  };
}

function contradicts(work: Work, members: readonly number[]): boolean {
  return new Set(members.map(work.action)).size > 1;
}

/** The first doubt about any of the keys that a rule cannot part. */
function doubtAbout(work: Work, members: readonly number[]): string | null {
  return members.map(work.doubt).find((doubt) => doubt !== null) ?? null;
}

/** Keys that no pattern can tell apart and that say different things: told by constraint name, else kept as they are. */
function contradiction(work: Work, members: readonly number[]): readonly InitRule[] {
  const named = new Set(
    members.map((place) => foldName(work.keys[place]?.name ?? '', work.names.columnsIgnoreCase)),
  );
  if (named.size < members.length || named.has('')) {
    const match = [...new Set(members.map((place) => work.writer.longest(place)))];
    return [{ doubt: TWINS, match, constraint: null, onDelete: 'keep' }];
  }
  return members.map((place) => ({
    doubt: TWINS,
    match: [work.writer.longest(place)],
    constraint: work.keys[place]?.name ?? null,
    onDelete: work.action(place),
  }));
}

function workOn(snapshot: Snapshot, names: NameMatching): Work {
  const keys = snapshot.foreignKeys;
  const doubtOf = doubts(snapshot);
  const at = <T>(place: number, read: (key: ForeignKey) => T, otherwise: T): T => {
    const key = keys[place];
    return key === undefined ? otherwise : read(key);
  };
  return {
    keys,
    names,
    writer: patternWriter(keys, names),
    doubt: (place) => at(place, doubtOf, null),
    action: (place) => at(place, stated, 'keep'),
  };
}

/** `refuse` for RESTRICT and NO ACTION: on a deferrable key, or copied by habit, `restrict` would say more than is meant. */
function stated(key: ForeignKey): string {
  return key.onDelete === 'NO ACTION' || key.onDelete === 'RESTRICT' ? 'refuse' : actionText(key);
}

/** One rule per doubt and action. */
function rulesFor(
  work: Work,
  places: readonly number[],
  doubt: (place: number) => string | null,
): readonly InitRule[] {
  return group(places, (place) => `${doubt(place) ?? ''}\0${work.action(place)}`)
    .map((same) => ({
      doubt: doubt(same[0] ?? 0),
      match: work.writer.cover(same),
      constraint: null,
      onDelete: work.action(same[0] ?? 0),
    }))
    .sort((a, b) => compareText(a.doubt ?? '', b.doubt ?? '') || rank(a.onDelete) - rank(b.onDelete));
}

interface Usual {
  readonly parent: ForeignKey['parent'];
  readonly action: string;
}

/** Per parent the most frequent action and the keys that do something else; a column list never speaks for a parent. */
function byParent(
  work: Work,
  places: readonly number[],
): { readonly usual: readonly Usual[]; readonly unusual: readonly number[] } {
  const usual: Usual[] = [];
  const unusual: number[] = [];
  const parentOf = (place: number): string => {
    const key = work.keys[place];
    return key === undefined ? '' : work.writer.table(key.parent);
  };
  for (const ofParent of group(places, parentOf)) {
    const [most] = group(ofParent, work.action)
      .filter(([place]) => place !== undefined && carefulFirst.includes(work.action(place)))
      .sort((a, b) => b.length - a.length || rank(work.action(a[0] ?? 0)) - rank(work.action(b[0] ?? 0)));
    const key = work.keys[most?.[0] ?? -1];
    if (key !== undefined) usual.push({ parent: key.parent, action: work.action(most?.[0] ?? 0) });
    const chosen = new Set(most);
    unusual.push(...ofParent.filter((place) => !chosen.has(place)));
  }
  return { usual, unusual };
}

/** Sorts actions: the careful first, column lists last. */
function rank(action: string): number {
  const place = carefulFirst.indexOf(action);
  return place < 0 ? carefulFirst.length : place;
}
