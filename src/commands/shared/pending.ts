/** What the files in the folder of the migrations mean for changes: written already, or in conflict. */
import { join } from 'node:path';
import { asConfigured } from '../../config/severities.ts';
import type { Commands } from '../../core/contracts/template.ts';
import { OndeleteError } from '../../core/errors.ts';
import type { Change, Finding } from '../../core/model.ts';
import { namesOfSets, pathsOfSets, withOriginalName } from '../../plan/chains.ts';
import {
  type Conflict,
  conflictsIn,
  conflictText,
  type MigrationStatus,
  migrationStatuses,
} from '../../plan/pending.ts';
import type { Assessment } from '../../plan/plan.ts';
import { wayOut } from '../../plan/unfinished.ts';
import { pendingFindings } from '../../rehearsal/pending-findings.ts';
import type { CommandOut } from '../../report/text/diff.ts';
import type { PolicyDiff } from './compare.ts';
import type { MigrationRequest } from './migration-request.ts';
import { appliedNames, commandsFor, existingFiles, folderOf } from './migrations-folder.ts';
import type { Context } from './options.ts';

type WrittenSoFar = Pick<MigrationRequest, 'applied' | 'comparison' | 'existing' | 'template'>;

function statusesOf(
  { applied, comparison, existing, template }: WrittenSoFar,
  changes: readonly Change[],
): readonly MigrationStatus[] {
  const { schema, engine } = comparison.source;
  return migrationStatuses(changes, { files: existing, applied }, template, schema, engine);
}

/** The pending files that these changes are in conflict with. */
export function conflictsWith(written: WrittenSoFar, changes: readonly Change[]): readonly Conflict[] {
  return conflictsIn(statusesOf(written, changes));
}

/**
 * What the files mean for the changes that can be made.
 * @param again keys may be written anew
 * @throws OndeleteError PENDING_CONFLICT
 */
export function statusesWithoutConflict(
  request: MigrationRequest,
  { possible }: Assessment,
  again = false,
): readonly MigrationStatus[] {
  const { applied } = request;
  const statuses = statusesOf(request, possible);
  for (const conflict of conflictsIn(statuses)) {
    // Where no table of the tool says so, the files may have been applied and the key changed since.
    const isOverridden = again && applied === null && conflict.stops !== null;
    if (isOverridden) continue;
    throw new OndeleteError(
      'PENDING_CONFLICT',
      `${conflictText(conflict)}; nothing was written`,
      conflict.stops === null
        ? 'Apply its files first, or delete all of them if they were never applied anywhere.'
        : `Delete all of its files if they were never applied anywhere, and run \`ondelete generate\` again; else make the key as they expect it${applied === null ? ', or, if they were applied, write the change anew with --again' : ''}.`,
    );
  }
  return statuses;
}

/** The changes that no pending file holds, or all with --again. @throws OndeleteError PENDING_CONFLICT */
export function changesToWrite(
  request: MigrationRequest,
  assessment: Assessment,
  { again }: { readonly again: boolean },
  context: Context,
): readonly Change[] {
  const statuses = statusesWithoutConflict(request, assessment, again);
  if (again) return statuses.map((status) => status.change);
  const keysByFile = new Map<string, number>();
  for (const status of statuses)
    if (status.kind === 'pending') keysByFile.set(status.path, (keysByFile.get(status.path) ?? 0) + 1);
  for (const [path, keys] of keysByFile) {
    const what = keys === 1 ? 'One change is' : `${keys} changes are`;
    const paths = pathsOfSets([path], request.existing, request.template);
    const shown = paths.map((one) => join(request.shownOut, one)).join(' and ');
    const [them, says] = paths.length === 1 ? ['it', 'it is'] : ['them', 'they are'];
    context.log(
      `${what} written already: ${shown}. Apply ${them}. If your tool says that ${says} applied, the key was changed since then, and --again writes the change anew.`,
    );
  }
  return statuses.flatMap((status) => (status.kind === 'new' ? [status.change] : []));
}

/** What the folder of the migrations says of a comparison. */
interface Pending {
  readonly findings: readonly Finding[];
  /** The changes of the comparison; keys under a temporary name that is too long to hold their own have it from their file. */
  readonly named: readonly Change[];
  /** Changes that a file holds which is not applied yet. */
  readonly changes: ReadonlySet<Change>;
  readonly howToRun: Commands | null;
  /** What leads out of changes that were begun in another direction than the policy's; null where there is none. */
  readonly wayOut: CommandOut | null;
  /** Migrations that are in conflict with what is here or with the policy. */
  readonly blocking: readonly string[];
}

/**
 * Keys that match are asked about too: a pending file may be about to change them.
 * A tool whose variable is not set and a folder that cannot be read are the business of `generate`.
 */
export async function pendingOf(comparison: PolicyDiff, context: Context): Promise<Pending> {
  const { config, diff, source } = comparison;
  const nothing: Pending = {
    findings: [],
    named: diff.changes,
    changes: new Set(),
    howToRun: null,
    wayOut: null,
    blocking: [],
  };
  if (diff.changes.length + diff.settled.length === 0) return nothing;
  const found = await folderOf(config, context)
    .then((folder) => ({ ...folder, existing: existingFiles(folder) }))
    .catch(() => null);
  if (found === null) return nothing;
  const { existing, template } = found;
  const { snapshot, schema, engine } = source;
  const applied = await appliedNames(template, existing, source.connection);
  const named = diff.changes.map((change) =>
    withOriginalName(change, existing, template, snapshot.server.flavor),
  );
  const statuses = statusesOf({ applied, comparison, existing, template }, [...named, ...diff.settled]);
  const written = statuses.flatMap((status) => (status.kind === 'pending' ? [status] : []));
  const paths = written.flatMap(({ files }) => files);
  const names = namesOfSets(paths, existing, template).filter((name) => applied?.has(name) !== true);
  const out = wayOut(named, { files: existing, applied }, template, schema, engine);
  const findings = pendingFindings(statuses, existing, template, schema, engine);
  return {
    findings: asConfigured(findings, config.findings, snapshot, engine.names(snapshot.server)),
    named,
    changes: new Set(written.map(({ change }) => change)),
    howToRun: commandsFor(found, snapshot.server.flavor, names, existing),
    wayOut:
      out === null
        ? null
        : {
            direction: out.direction,
            command: commandsFor(found, snapshot.server.flavor, out.names, existing)[out.direction],
          },
    blocking: [...new Set(conflictsIn(statuses).map(({ set }) => set))],
  };
}
