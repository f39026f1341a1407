/** What pending files say: conflicts, files that wait, receipts that no longer hold. Pure. */
import { keyText } from '../core/names.ts';
import { readReceipt, readRecord } from '../plan/record.ts';
import type { Engine } from '../core/contracts/engine.ts';
import { sameClause } from '../core/referential-actions.ts';
import { filesOfSets, keysInFiles, keysNotFound, pathsOfSets, type ToolFiles } from '../plan/chains.ts';
import { conflictReason, conflictsIn, type MigrationStatus } from '../plan/pending.ts';
import type { RecordedKey } from '../plan/recorded-key.ts';
import type { DeleteClause, Finding, ForeignKey, Snapshot } from '../core/model.ts';
import type { ExistingFile } from '../core/contracts/template.ts';
import { schemaIndex, type SchemaIndex } from '../core/schema-index.ts';
import { partFor } from './subset.ts';
import { schemaHash } from './schema-hash.ts';

/** One finding per set of pending files, and one per key at which a set is in conflict. */
export function pendingFindings(
  statuses: readonly MigrationStatus[],
  files: readonly ExistingFile[],
  template: ToolFiles,
  schema: SchemaIndex,
  engine: Pick<Engine, 'sameAction'>,
): readonly Finding[] {
  const written = statuses.flatMap((one) => (one.kind === 'pending' ? [one] : []));
  const paths = [...new Set(written.map((one) => one.path))];
  const conflicts = conflictsIn(statuses);
  const conflicting = conflicts.map((one): Finding => {
    const subject = keyText(one.change.foreignKey);
    const detail = conflictReason(one);
    return { code: 'PENDING_CONFLICT', severity: 'warning', subject, detail, position: null };
  });
  const stopping = new Set(conflicts.flatMap(({ set, stops }) => (stops === null ? [] : [set])));
  const waiting = paths.flatMap((path): readonly Finding[] => {
    const changes = written.flatMap((one) => (one.path === path ? [one.change] : []));
    const set = filesOfSets([path], files, template);
    const receipt = set.map((file) => readReceipt(file.content)).find((one) => one !== null) ?? null;
    const number = changes.length === 1 ? '1 key' : `${changes.length} keys`;
    const own = files.filter((file) => file.path === path);
    const keys = `${number}${notFoundText(keysNotFound(own, schema))}`;
    const subject = pathsOfSets([path], files, template).join(' and ');
    const finding = { severity: 'info', subject, position: null } as const;
    const willStop = set.some((file) => readRecord(file.content).some((key) => stopping.has(key.set)));
    if (receipt === null)
      return willStop
        ? []
        : [
            {
              ...finding,
              code: 'MIGRATION_PENDING',
              detail: keys,
            },
          ];
    const proven = `${keys}; proven on ${receipt.server}, ${receipt.date}`;
    const isBegun = changes.some((change) => change.kind === 'finish');
    if (isBegun || schemaHash(schemaIndex(rehearsedPart(set, template, schema, engine))) === receipt.before) {
      const still = isBegun ? '' : '; the keys have not changed since';
      return willStop ? [] : [{ ...finding, code: 'MIGRATION_PENDING', detail: `${proven}${still}` }];
    }
    return [{ ...finding, severity: 'warning', code: 'PROOF_STALE', detail: proven }];
  });
  return [...conflicting, ...waiting];
}

/** A migration of the project that is pending too may still make the key, so this is no conflict. */
function notFoundText([first, ...others]: readonly RecordedKey[]): string {
  if (first === undefined) return '';
  const rest = others.length === 0 ? '' : ` and ${others.length} more`;
  return `; it will stop at ${keyText(first)}${rest}, not found here, unless an earlier migration makes it`;
}

/** What the files were rehearsed on, as it is now; keys that the files have already changed as they were before. */
function rehearsedPart(
  set: readonly ExistingFile[],
  template: ToolFiles,
  schema: SchemaIndex,
  engine: Pick<Engine, 'sameAction'>,
): Snapshot {
  const held = keysInFiles(set, template, schema);
  const part = partFor(
    held.map((one) => one.foreignKey),
    schema,
  );
  const before = new Map<ForeignKey, DeleteClause>(
    held.flatMap(({ foreignKey, from, to }) =>
      sameClause(foreignKey, to, foreignKey, (a, b) => engine.sameAction(a, b)) ? [[foreignKey, from]] : [],
    ),
  );
  return { ...part, foreignKeys: part.foreignKeys.map((key) => ({ ...key, ...before.get(key) })) };
}
