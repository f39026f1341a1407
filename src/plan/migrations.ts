/** From a plan to migrations: how many files there are, and their names. */
import { downHead, type HeadOptions, upHead } from './head.ts';
import { type Receipt, recordLine } from './record.ts';
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
  template: Pick<Template, 'wraps' | 'commands' | 'names'>,
  naming: NamingOptions,
): readonly Migration[] {
  const flavor = plan.server.flavor;
  const { changes, allowed } = plan;
  const groups = groupSteps(plan.steps, template.wraps(flavor));
  const { existing, now } = naming;
  const slug = slugOf(naming.name ?? defaultName(changes));
  const parts = groups.map((steps) => (groups.length === 1 ? '' : slugOf(steps[0]?.slug ?? '')));
  const names = template.names({ slug, parts, existing, now });
  const record = recordLine(changes, schema, names[0] ?? slug, naming.receipt);
  return groups.map((steps, index) => {
    const name = names[index] ?? slug;
    const head: HeadOptions = {
      part: groups.length === 1 ? null : `File ${index + 1} of ${groups.length}. ${steps[0]?.title ?? ''}`,
      commands: template.commands(flavor, name),
      allowed,
      proof: naming.receipt === null ? null : proofText(naming.receipt),
      plain: naming.plain ? plainText : null,
    };
    return {
      name,
      flavor,
      head: upHead(changes, head),
      downHead: downHead(changes, head),
      steps,
      changes,
      record,
    };
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

/** Hazards of what the tool itself does around our files. */
export function runnerHazards(
  { server, steps }: Plan,
  { name, title, ...template }: Pick<Template, 'name' | 'title' | 'wraps' | 'checksEveryKey'>,
): readonly Hazard[] {
  const isOneTransaction = template.wraps(server.flavor) === 'all pending files';
  const hazards: readonly (Hazard | null)[] = [
    isOneTransaction && steps.some((step) => step.alone)
      ? {
          code: 'ONE_TRANSACTION_RUNNER',
          subject: name,
          detail: `${name} runs all pending files in one transaction`,
        }
      : null,
    template.checksEveryKey?.(server.flavor) === true && steps.length > 0
      ? {
          code: 'TOOL_CHECKS_EVERY_KEY',
          subject: name,
          detail: `${title} looks for rows without a parent in all tables after each migration`,
        }
      : null,
  ];
  return hazards.filter((hazard) => hazard !== null);
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
