/** From a plan to migrations: how many files there are, and their names. */
import { OndeleteError } from '../core/errors.ts';
import { downHead, type HeadOptions, upHead } from './head.ts';
import { type Receipt, recordLine } from './record.ts';
import { compareText } from '../core/names.ts';
import type { Change, Hazard, Plan, Step } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import type { Migration, Template } from '../core/contracts/template.ts';

export interface NamingOptions {
  /** What the user called the migration; null for the default. */
  readonly name: string | null;
  readonly now: Date;
  /** Names of the migrations in the folder. */
  readonly existing: readonly string[];
  /** The proof of a rehearsal of these files; null without one. */
  readonly receipt: Receipt | null;
  readonly plain: boolean;
}

/** The migrations of a plan for a tool: one, or one per step where the tool's own transactions demand it. */
export function migrations(
  plan: Plan,
  schema: SchemaIndex,
  template: Pick<Template, 'wraps' | 'commands'>,
  naming: NamingOptions,
): readonly Migration[] {
  const flavor = plan.server.flavor;
  const { changes, allowed } = plan;
  const groups = groupSteps(plan.steps, template.wraps(flavor));
  const slug = slugOf(naming.name ?? defaultName(changes));
  const set = `${prefix(naming.existing, naming.now, slug)}_${slug}`;
  const record = recordLine(changes, schema, set, naming.receipt);
  return groups.map((steps, index) => {
    const number = String(index + 1).padStart(String(groups.length).length, '0');
    const name = groups.length === 1 ? set : `${set}_${number}_${slugOf(steps[0]?.slug ?? '')}`;
    const head: HeadOptions = {
      part: groups.length === 1 ? null : `File ${index + 1} of ${groups.length}. ${steps[0]?.title ?? ''}`,
      commands: template.commands(flavor, name),
      allowed,
      proof: naming.receipt === null ? null : proofText(naming.receipt),
      plain: naming.plain ? plainText : null,
    };
    return { name, flavor, head: upHead(changes, head), downHead: downHead(changes, head), steps, record };
  });
}

function proofText({ date, server }: Receipt): string {
  return `Proven on ${server}, ${date}: up works, deletes do as promised, down restores the same keys.`;
}

const plainText =
  'Written with --plain: the statements alone. They do not look at the state of a key, do not try again when a lock cannot be had, and count no orphans.';

/** One file where a file may hold several transactions; otherwise one file per step if a step must be alone. */
function groupSteps(
  steps: readonly Step[],
  wraps: ReturnType<Template['wraps']>,
): readonly (readonly Step[])[] {
  if (steps.length === 0) return [];
  return wraps === 'nothing' || !steps.some((step) => step.alone) ? [steps] : steps.map((step) => [step]);
}

/** Hazards of the runner's own transactions. */
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

function defaultName(changes: readonly Change[]): string {
  const [first] = changes;
  if (changes.length !== 1 || first === undefined) return 'on_delete_policy';
  return `${first.to.onDelete} ${first.foreignKey.child.name} ${first.foreignKey.columns.join(' ')}`;
}

/** At most 60 lower-case ASCII letters, digits and underscores: safe in file names on every system. */
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
 * A prefix that sorts after everything in the folder and has the same form: dates, milliseconds since the epoch, running
 * numbers, or (the default) UTC as YYYYMMDDHHMMSS. A runner refuses a new file that sorts before an applied one.
 * @throws OndeleteError USAGE where no prefix of that form sorts after the last name
 */
function prefix(existing: readonly string[], now: Date, slug: string): string {
  const last = [...existing].sort(compareText).at(-1) ?? '';
  const found = candidates(last, now).find((candidate) => compareText(`${candidate}_${slug}`, last) > 0);
  if (found !== undefined) return found;
  throw new OndeleteError(
    'USAGE',
    `no migration name that ondelete can write sorts after ${last} in the output folder`,
    'Rename or move that file, or write to another folder with --out.',
  );
}

/** The best first. */
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
