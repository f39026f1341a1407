/** What is left to do in the models: the edits that findings name, as they stand now or once a migration has run. Pure. */
import type { Change, ForeignKey } from '../core/model.ts';
import { keyText } from '../core/names.ts';
import { sameClause } from '../core/referential-actions.ts';
import { withChanges } from '../reach/index.ts';
import type { OrmAdapter } from './adapter.ts';
import type { ModelEdit, OrmFinding } from './findings.ts';
import type { LintInput } from './key-views.ts';
import { lintModels } from './lint.ts';

export interface WantedEdits {
  /** Those that may be made, the database being as it is then. */
  readonly edits: readonly ModelEdit[];
  /** Those before which the database has to change. */
  readonly later: readonly ModelEdit[];
}

/** The edits of a finding come in order, so that none may be made while the database waits for its own. */
export function editsOf(findings: readonly OrmFinding[]): WantedEdits {
  const models = (all: readonly OrmFinding[]): readonly ModelEdit[] =>
    all.flatMap(({ edits }) => edits.flatMap((edit) => (edit.kind === 'model' ? [edit] : [])));
  const waits = ({ edits }: OrmFinding): boolean => edits.some(({ kind }) => kind === 'database');
  return { edits: models(findings.filter((one) => !waits(one))), later: models(findings.filter(waits)) };
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
  return editsOf(
    findings.filter(
      ({ code, key }) =>
        key !== null && (changing.has(key) || (code === 'ORM_MODEL_DB_DRIFT' && asWanted.has(key))),
    ),
  );
}
