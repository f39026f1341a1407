/** What the receipts in pending files say about the database as it is now. Pure. */
import { readReceipt } from '../header.ts';
import { filesOfSets, type ExistingFile, type Standing } from '../standings.ts';
import type { Finding, Snapshot } from '../model.ts';
import type { Template } from '../template.ts';
import { partFor } from './part.ts';
import { proofOf } from './proof.ts';

/** One finding per set of files that is written and not applied yet. */
export function pendingFindings(
  standings: readonly Standing[],
  files: readonly ExistingFile[],
  template: Pick<Template, 'migrationName' | 'holdsUp'>,
  snapshot: Snapshot,
): readonly Finding[] {
  const written = standings.flatMap((one) => (one.kind === 'written' ? [one] : []));
  const paths = [...new Set(written.map((one) => one.path))];
  return paths.map((path) => {
    const changes = written.flatMap((one) => (one.path === path ? [one.change] : []));
    const set = filesOfSets([path], files, template);
    const receipt = set.map((file) => readReceipt(file.content)).find((one) => one !== null) ?? null;
    const keys = changes.length === 1 ? '1 key' : `${changes.length} keys`;
    const finding = { severity: 'info', subject: path, position: null } as const;
    if (receipt === null)
      return { ...finding, code: 'MIGRATION_PENDING', detail: `${keys}; never rehearsed` };
    const proven = `${keys}; proven on ${receipt.server}, ${receipt.date}`;
    const isBegun = changes.some((change) => change.kind === 'finish');
    const part = partFor(
      changes.map((change) => change.foreignKey),
      snapshot,
    );
    if (isBegun || proofOf(part) === receipt.before) {
      const still = isBegun ? '' : '; this database is still what it was proven for';
      return { ...finding, code: 'MIGRATION_PENDING', detail: `${proven}${still}` };
    }
    return { ...finding, severity: 'warning', code: 'PROOF_STALE', detail: proven };
  });
}
