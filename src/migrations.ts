/** From a plan to migrations: how many files, what they are called, and which changes stand in the folder already. */
import type { Dialect } from './dialect.ts';
import { OndeleteError } from './errors.ts';
import {
  alikeKeys,
  downHeader,
  readHeader,
  speaksOf,
  upHeader,
  type KeyLine,
  type Receipt,
} from './header.ts';
import {
  clauseText,
  compareText,
  keyText,
  type Change,
  type DeleteClause,
  type Flavor,
  type ForeignKey,
  type Hazard,
  type Plan,
  type Snapshot,
  type Step,
} from './model.ts';
import { sameClause } from './policy.ts';
import type { Migration, Template } from './template.ts';

/** A file of the output folder that belongs to the tool. */
export interface ExistingFile {
  readonly path: string;
  readonly content: string;
}

/** What the output folder says about one change. */
export type Standing =
  | { readonly kind: 'new'; readonly change: Change }
  /** The same change is written and not applied yet. */
  | {
      readonly kind: 'written';
      readonly change: Change;
      /** The file that leads to what the change wants. */
      readonly path: string;
      /** That file and those before it that are not applied yet either, in the order of application. */
      readonly pending: readonly string[];
    }
  /** A file that is not applied yet leads elsewhere. */
  | {
      readonly kind: 'contradicted';
      readonly change: Change;
      /** What the names of all files of the set begin with. */
      readonly set: string;
      readonly to: DeleteClause;
    };

/**
 * Which changes are already written. Per key the files form a chain of from → to: if the live clause is where the chain
 * ends, everything is applied; if it is where some file begins, the files from there on are pending.
 */
export function standings(
  changes: readonly Change[],
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
  snapshot: Snapshot,
  dialect: Pick<Dialect, 'sameAction'>,
): readonly Standing[] {
  const links = readChains(files, template);
  return changes.map((change): Standing => {
    const chain = chainOf(change.foreignKey, links, snapshot);
    const last = chain.at(-1);
    if (last === undefined) return { kind: 'new', change };
    const same = (a: DeleteClause, b: DeleteClause): boolean =>
      sameClause(a, b, change.foreignKey, (one, other) => dialect.sameAction(one, other));
    const halfDone = change.foreignKey.halfDone !== null;
    const live: DeleteClause = change.foreignKey;
    if (!halfDone && same(last.line.to, live)) return { kind: 'new', change };
    const pending = chain.find((link) => (halfDone ? same(link.line.to, live) : same(link.line.from, live)));
    if (pending === undefined) return { kind: 'new', change };
    if (same(last.line.to, change.to)) {
      const paths = chain.slice(chain.indexOf(pending)).map((link) => link.path);
      return { kind: 'written', change, path: last.path, pending: paths };
    }
    return { kind: 'contradicted', change, set: last.line.set, to: last.line.to };
  });
}

/** The links of one key. Its name, or for unnamed ones its place, decides only where a second key over the same columns makes it ambiguous. */
function chainOf(key: ForeignKey, links: readonly Link[], snapshot: Snapshot): readonly Link[] {
  const flavor = snapshot.server.flavor;
  const chain = links.filter((link) => speaksOf(link.line, key, flavor));
  const alike = chain.length === 0 ? [] : alikeKeys(key, snapshot);
  if (alike.length < 2) return chain;
  const twin = alike.indexOf(key);
  return chain.filter((link) =>
    key.name === null ? link.line.twin === twin : link.line.constraint === key.name,
  );
}

/**
 * A key that stands under a temporary name gets its own name back from the file that began the change.
 * @returns the change as it is, or with the name filled in
 */
export function withOriginalName(
  change: Change,
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
  flavor: Flavor,
): Change {
  const { foreignKey } = change;
  if (foreignKey.halfDone?.temporaryName == null || foreignKey.name !== null) return change;
  const link = readChains(files, template).findLast(
    (candidate) => candidate.line.constraint !== null && speaksOf(candidate.line, foreignKey, flavor),
  );
  if (link === undefined) return change;
  return { ...change, from: link.line.from, foreignKey: { ...foreignKey, name: link.line.constraint } };
}

interface Link {
  readonly path: string;
  readonly line: KeyLine;
}

/** Every key line of the folder in the order of application, one per set of files. */
function readChains(
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
): readonly Link[] {
  const ups = files
    .flatMap((file) => {
      const name = template.migrationName(file.path);
      return name !== null && template.holdsUp(file.path) ? [{ name, file }] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const seen = new Set<string>();
  const links: Link[] = [];
  for (const { file } of ups) {
    for (const line of readHeader(file.content)) {
      const { set, child, columns, parent, parentColumns, constraint, twin } = line;
      const id = JSON.stringify([set, child, columns, parent, parentColumns, constraint, twin]);
      if (!seen.has(id)) links.push({ path: file.path, line });
      seen.add(id);
    }
  }
  return links;
}

/** All files, of both directions, of the sets that hold one of these up files. */
export function filesOfSets(
  paths: readonly string[],
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName'>,
): readonly ExistingFile[] {
  const setsIn = (file: ExistingFile): readonly string[] => readHeader(file.content).map((line) => line.set);
  const sets = new Set(files.filter((file) => paths.includes(file.path)).flatMap(setsIn));
  const names = new Set(
    files
      .filter((file) => setsIn(file).some((set) => sets.has(set)))
      .map((file) => template.migrationName(file.path)),
  );
  return files.filter((file) => names.has(template.migrationName(file.path)));
}

export interface NamingOptions {
  /** What the user called the migration; null for the default. */
  readonly name: string | null;
  readonly now: Date;
  /** Names of the migrations in the folder. */
  readonly existing: readonly string[];
  /** What a rehearsal of these files proved; null where there was none. */
  readonly receipt: Receipt | null;
}

/** The migrations of a plan for a tool. */
export function migrations(
  plan: Plan,
  snapshot: Snapshot,
  template: Pick<Template, 'wraps'>,
  naming: NamingOptions,
): readonly Migration[] {
  const flavor = plan.server.flavor;
  const groups = groupSteps(plan.steps, template.wraps(flavor));
  const slug = slugOf(naming.name ?? defaultName(plan.changes));
  const stamp = prefix(naming.existing, naming.now, slug);
  const width = String(groups.length).length;
  const changesOf = changesByStep(plan.changes);
  return groups.map((steps, index) => {
    const number = String(index + 1).padStart(width, '0');
    const name = groups.length === 1 ? `${stamp}_${slug}` : `${stamp}_${slug}_${number}_${stepSlug(steps)}`;
    const changes = changesOf(steps);
    const part =
      groups.length === 1 ? titleOf(steps) : `File ${index + 1} of ${groups.length}: ${titleOf(steps)}`;
    return {
      name,
      flavor,
      header: upHeader(changes, snapshot, {
        set: `${stamp}_${slug}`,
        part,
        allowed: plan.allowed,
        receipt: naming.receipt,
      }),
      downHeader: downHeader(changes, part),
      steps,
    };
  });
}

/** What steps change, in the order of the plan. Looked up, because thousands of files ask for one of thousands of changes each. */
function changesByStep(changes: readonly Change[]): (steps: readonly Step[]) => readonly Change[] {
  const places = new Map(changes.map((change, place) => [change.foreignKey, place]));
  return (steps) => {
    const keys = new Set(steps.flatMap((step) => step.keys));
    const found = [...keys].flatMap((key) => places.get(key) ?? []);
    return found.sort((a, b) => a - b).flatMap((place) => changes[place] ?? []);
  };
}

/** One file for everything where a file may hold several transactions; else each step that must be alone gets its own. */
function groupSteps(
  steps: readonly Step[],
  wraps: ReturnType<Template['wraps']>,
): readonly (readonly Step[])[] {
  if (steps.length === 0) return [];
  return wraps === 'nothing' || !steps.some((step) => step.alone) ? [steps] : steps.map((step) => [step]);
}

/** What the runner's own transactions mean for this plan. */
export function runnerHazards(plan: Plan, template: Pick<Template, 'name' | 'wraps'>): readonly Hazard[] {
  const wraps = template.wraps(plan.server.flavor);
  if (wraps !== 'all pending files' || !plan.steps.some((step) => step.alone)) return [];
  return [
    {
      code: 'ONE_TRANSACTION_RUNNER',
      subject: template.name,
      detail: `${template.name} runs all pending files in one transaction`,
    },
  ];
}

function titleOf(steps: readonly Step[]): string {
  const [first] = steps;
  return steps.length === 1 && first !== undefined
    ? first.title
    : `${steps.length} steps, one after the other.`;
}

function stepSlug(steps: readonly Step[]): string {
  const [first] = steps;
  return first === undefined ? 'empty' : slugOf(`${first.slug} ${first.keys[0]?.child.name ?? ''}`);
}

function defaultName(changes: readonly Change[]): string {
  const [first] = changes;
  if (changes.length !== 1 || first === undefined) return 'on_delete_policy';
  return `${first.to.onDelete} ${first.foreignKey.child.name} ${first.foreignKey.columns.join(' ')}`;
}

/** Letters, digits and underscores of ASCII, lower case, at most 60: safe in file names of every system. */
export function slugOf(text: string): string {
  const plain = text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
  return plain === '' ? 'on_delete' : plain;
}

/**
 * The prefix that sorts behind everything in the folder and follows its habit: dates as written there, milliseconds since
 * the epoch, running numbers, or (the default) UTC as YYYYMMDDHHMMSS. A runner refuses a new file that sorts before an
 * applied one.
 * @throws OndeleteError USAGE where nothing of that habit sorts behind the last name
 */
function prefix(existing: readonly string[], now: Date, slug: string): string {
  const last = [...existing].sort(compareText).at(-1) ?? '';
  const found = candidates(last, now).find((candidate) => compareText(`${candidate}_${slug}`, last) > 0);
  if (found !== undefined) return found;
  throw new OndeleteError(
    'USAGE',
    `no name that ondelete would write sorts behind ${last}, which stands in the output folder`,
    'Rename that file, take it out of the folder, or write to another folder with --out.',
  );
}

/** In the order of preference. */
function candidates(last: string, now: Date): readonly string[] {
  const iso = now.toISOString();
  const utc = iso.replace(/\D/g, '').slice(0, 14);
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

/** `users(team_id) -> teams(id): the migration 20260101_x leads to CASCADE`, for the message that tells a contradiction. */
export function contradictionText(standing: Extract<Standing, { kind: 'contradicted' }>): string {
  const key: ForeignKey = standing.change.foreignKey;
  return `${keyText(key)}: the migration ${standing.set} leads to ${clauseText(standing.to)}, the policy asks for ${clauseText(standing.change.to)}`;
}
