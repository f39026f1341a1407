/** What is left to do in the models: the edits that findings name, as they stand now or once a migration has run. Pure. */
import type { Change, ForeignKey } from '../../core/model.ts';
import { keyText } from '../../core/names.ts';
import { sameClause } from '../../core/referential-actions.ts';
import { withChanges } from '../../reach/index.ts';
import type { OrmAdapter } from '../adapter.ts';
import type { ModelEdit, OrmFinding } from '../finding.ts';
import type { LintInput } from './key-views.ts';
import { lintModels } from './lint.ts';

export interface WantedEdits {
  /** Those that may be made, database and application being as they are then. */
  readonly edits: readonly ModelEdit[];
  /** Those that are not to be made yet, or not without a thought. */
  readonly later: readonly { readonly edit: ModelEdit; readonly why: string }[];
}

/** The edits of a finding come in order: none may be made while one before it waits. */
export function wantedEdits(findings: readonly OrmFinding[]): WantedEdits {
  const edits: ModelEdit[] = [];
  const later: { edit: ModelEdit; why: string }[] = [];
  for (const finding of findings) {
    for (const edit of finding.edits) {
      if (edit.kind !== 'model') continue;
      const why = whyLater(finding, edit);
      if (why === null) edits.push(edit);
      else later.push({ edit, why });
    }
  }
  return { edits, later };
}

function whyLater({ choices, edits }: OrmFinding, edit: ModelEdit): string | null {
  if (edits.some(({ kind }) => kind === 'database')) return 'the database has to change first';
  if (choices.length > 0) return 'there are several ways, and `ondelete lint` shows what each costs';
  // what the key says may be written whether connections enforce it or not
  const enforcing = edit.at === 'key' ? undefined : edits.find(({ kind }) => kind === 'application');
  return enforcing === undefined ? null : `first ${enforcing.text}`;
}

/**
 * The edits that models need once these changes are made: everything about the changed keys, and of the others that are as the
 * policy wants them what the ORM's next migration would take back.
 */
export function editsAfter(
  adapter: Pick<OrmAdapter, 'lint'>,
  input: LintInput,
  changes: readonly Change[],
): WantedEdits {
  const snapshot = withChanges(input.snapshot, changes);
  const changed = new Map(
    input.snapshot.foreignKeys.flatMap((key, at): readonly [ForeignKey, ForeignKey][] => {
      const after = snapshot.foreignKeys[at];
      return after === undefined ? [] : [[key, after]];
    }),
  );
  const decisions = input.decisions.map((one) => ({
    ...one,
    foreignKey: changed.get(one.foreignKey) ?? one.foreignKey,
  }));
  const changing = new Set(changes.map(({ foreignKey }) => keyText(foreignKey)));
  const asWanted = new Set(
    decisions.flatMap(({ wanted, foreignKey }) =>
      typeof wanted === 'object' && sameClause(wanted, foreignKey, foreignKey, input.sameAction)
        ? [keyText(foreignKey)]
        : [],
    ),
  );
  const { findings } = lintModels(adapter, { ...input, snapshot, decisions });
  return wantedEdits(
    findings.filter(
      ({ code, key }) =>
        key !== null && (changing.has(key) || (code === 'ORM_MODEL_DB_DRIFT' && asWanted.has(key))),
    ),
  );
}
