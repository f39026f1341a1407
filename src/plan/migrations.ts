/** From a plan to migrations: how many files there are, and their names. */
import { downHead, type HeadOptions, upHead, withPlainMarks } from './head.ts';
import { recordLine } from './record.ts';
import type { Receipt } from './recorded-key.ts';
import type { Batch, Change, Hazard, Plan, Step, TableName } from '../core/model.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { unprovenText } from '../core/unproven.ts';
import type { EngineTraits } from '../core/contracts/engine.ts';
import type { AppMigrations, CommandTarget, Migration, Template } from '../core/contracts/template.ts';

interface NamingOptions {
  /** What the user called the migration; null for the default. */
  readonly name: string | null;
  readonly now: Date;
  /** Names of the migrations in the folder. */
  readonly existing: readonly string[];
  /** For the commands in the head. */
  readonly place: Omit<CommandTarget, 'names'>;
  /** The proof of a rehearsal of these files; null without one. */
  readonly receipt: Receipt | null;
  readonly plain: boolean;
  /** The app that makes a table, as far as models tell it. */
  readonly appOf: (table: TableName) => AppMigrations | null;
}

/** The migrations of a plan for a tool: one per batch, or one per step of it where the tool's own transactions demand it. */
export function migrations(
  plan: Plan,
  schema: SchemaIndex,
  template: Pick<Template, 'wraps' | 'commands' | 'names'>,
  naming: NamingOptions,
): readonly Migration[] {
  const flavor = plan.server.flavor;
  const { appOf, existing, now, place } = naming;
  const appsOf = (changes: readonly Change[]): readonly AppMigrations[] => {
    const apps = changes.flatMap(({ foreignKey }) => appOf(foreignKey.child) ?? []);
    return [...new Map(apps.map((one) => [one.app, one])).values()];
  };
  const slug = slugOf(naming.name ?? defaultName(plan.changes));
  const wraps = template.wraps(flavor);
  const parts = plan.batches.flatMap((batch, at): readonly Part[] => {
    const number = plan.batches.length === 1 ? [] : [`batch${at + 1}`];
    const groups = groupSteps(batch.steps, wraps);
    return groups.map((steps) => {
      const words = groups.length === 1 ? number : [...number, slugOf(steps[0]?.slug ?? '')];
      return { batch, steps, word: words.join('_') };
    });
  });
  const names = template.names({ slug, parts: parts.map(({ word }) => word), existing, now });
  const records = new Map(
    plan.batches.map((batch) => {
      const set = names[parts.findIndex((part) => part.batch === batch)] ?? slug;
      return [batch, recordLine(batch.changes, schema, set, naming.receipt)];
    }),
  );
  const targetOf = (batch: Batch): CommandTarget => {
    const own = names.filter((_, at) => parts[at]?.batch === batch);
    const earlier = names.slice(0, names.indexOf(own[0] ?? ''));
    return { ...place, names: own, before: earlier.at(-1) ?? place.before };
  };
  const isUnicode = plan.server.settings['server_encoding'] === undefined;
  const inEncoding = (head: readonly string[]): readonly string[] =>
    isUnicode ? head : withPlainMarks(head);
  return parts.map(({ batch, steps }, index) => {
    const name = names[index] ?? slug;
    const { changes } = batch;
    const head: HeadOptions = {
      part: parts.length === 1 ? null : `File ${index + 1} of ${parts.length}. ${steps[0]?.title ?? ''}`,
      commands: template.commands(
        flavor,
        waits(batch) ? { ...targetOf(batch), names: [name] } : targetOf(batch),
      ),
      allowed: plan.allowed,
      proof: naming.receipt === null ? null : proofText(naming.receipt),
      plain: naming.plain ? plainText : null,
      unproven: plan.allowed.includes('UNPROVEN_ENGINE') ? unprovenText(plan.server) : null,
    };
    return {
      name,
      flavor,
      head: inEncoding(upHead(changes, head)),
      downHead: inEncoding(downHead(changes, head)),
      steps,
      changes,
      apps: appsOf(changes),
      record: records.get(batch) ?? '',
    };
  });
}

/** What becomes one migration. */
interface Part {
  readonly batch: Batch;
  readonly steps: readonly Step[];
  /** For its name; empty for a single one. */
  readonly word: string;
}

function proofText({ date, server }: Receipt): string {
  return `Proven on ${server}, ${date}: up works, deletes do as promised, down restores the same keys.`;
}

const plainText =
  'Written with --plain: the statements alone. They do not look at the state of a key, do not try again when a lock cannot be had, and count no orphans.';

/** One file where a file may hold several transactions; otherwise one per step if a step must be alone; always one per step if one is waited for. */
function groupSteps(
  steps: readonly Step[],
  wraps: ReturnType<Template['wraps']>,
): readonly (readonly Step[])[] {
  if (steps.length === 0) return [];
  const apart = waits({ steps }) || (wraps !== 'nothing' && steps.some((step) => step.alone));
  return apart ? steps.map((step) => [step]) : [steps];
}

/** One command for all files would run on while the server is still at work. */
function waits({ steps }: Pick<Batch, 'steps'>): boolean {
  return steps.some((step) => step.waits === true);
}

/** Hazards of what the tool itself does around our files. */
export function runnerHazards(
  { batches, server, steps }: Plan,
  {
    description,
    name,
    title,
    ...template
  }: Pick<Template, 'name' | 'title' | 'description' | 'wraps' | 'checksEveryKey'>,
  { mostKeysLocked }: Pick<EngineTraits, 'mostKeysLocked'>,
): readonly Hazard[] {
  const most = Math.max(0, ...batches.map(({ changes }) => changes.length));
  const wraps = template.wraps(server.flavor);
  const isOneTransaction = wraps === 'all pending files';
  const hazards: readonly (Hazard | null)[] = [
    isOneTransaction && steps.some((step) => step.alone)
      ? {
          code: 'ONE_TRANSACTION_RUNNER',
          subject: name,
          detail: description.oneTransaction ?? `${name} runs all pending files in one transaction`,
        }
      : null,
    mostKeysLocked !== null && wraps !== 'nothing' && most > mostKeysLocked
      ? {
          code: 'LOCKS_ADD_UP',
          subject: name,
          detail: `${title} holds the locks of ${most} keys until the migration ends`,
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
