/** Snapshot against policy: what differs, what was left half done, and what is worth knowing of the keys as they are. */
import type { Engine } from '../core/contracts/engine.ts';
import {
  clauseText,
  keyText,
  type Change,
  type DeleteClause,
  type Finding,
  type ForeignKey,
  type Snapshot,
} from '../core/model.ts';
import { schemaIndex, writtenColumns, type SchemaIndex } from '../core/schema-index.ts';
import { sameClause, type Decision } from '../policy/decide.ts';

export interface Diff {
  readonly snapshot: Snapshot;
  /** Sorted as the keys of the snapshot. */
  readonly changes: readonly Change[];
  /** Keys that are as a rule wants them, as changes that lead nowhere: a pending file may lead them elsewhere. */
  readonly settled: readonly Change[];
  /** Of the database and of the policy together. */
  readonly findings: readonly Finding[];
  /** Keys that the policy decided, those it keeps among them. */
  readonly inPolicy: number;
  readonly undecided: number;
}

/**
 * Compares each decided key with its live clause.
 * @param decisions what the policy says of every key in scope
 * @param policyFindings what `decide` found out about the policy itself
 */
export function diff(
  schema: SchemaIndex,
  decisions: readonly Decision[],
  policyFindings: readonly Finding[],
  dialect: Pick<Engine, 'sameAction' | 'findings'>,
): Diff {
  const changes = decisions.flatMap((decision) => changeFor(decision, dialect));
  const changed = new Set(changes.map((change) => change.foreignKey));
  const undecided = decisions.filter((decision) => decision.wanted === 'undecided').length;
  const scoped = scopedTo(schema, decisions);
  return {
    snapshot: schema.snapshot,
    changes,
    settled: decisions.flatMap((decision) => settledFor(decision, changed)),
    findings: [...policyFindings, ...dialect.findings(scoped), ...liveFindings(scoped)],
    inPolicy: decisions.length - changes.length - undecided,
    undecided,
  };
}

/** The same schema where every key was decided. */
function scopedTo(schema: SchemaIndex, decisions: readonly Decision[]): SchemaIndex {
  const { snapshot } = schema;
  const concerned = new Set(decisions.map((decision) => decision.foreignKey));
  const foreignKeys = snapshot.foreignKeys.filter((key) => concerned.has(key));
  return foreignKeys.length === snapshot.foreignKeys.length
    ? schema
    : schemaIndex({ ...snapshot, foreignKeys });
}

function changeFor(decision: Decision, dialect: Pick<Engine, 'sameAction'>): readonly Change[] {
  const { foreignKey, rule, wanted } = decision;
  if (wanted === 'undecided' || rule === null) return [];
  const live: DeleteClause = { onDelete: foreignKey.onDelete, onDeleteColumns: foreignKey.onDeleteColumns };
  const target = wanted === 'keep' ? live : wanted;
  if (!sameClause(live, target, foreignKey, (a, b) => dialect.sameAction(a, b))) {
    return [{ kind: 'change-on-delete', foreignKey, from: live, to: target, rule }];
  }
  if (foreignKey.halfDone === null) return [];
  return [{ kind: 'finish', foreignKey, from: foreignKey.halfDone.from ?? live, to: live, rule }];
}

function settledFor(decision: Decision, changed: ReadonlySet<ForeignKey>): readonly Change[] {
  const { foreignKey, rule, wanted } = decision;
  if (rule === null || wanted === 'keep' || wanted === 'undecided' || changed.has(foreignKey)) return [];
  const live: DeleteClause = { onDelete: foreignKey.onDelete, onDeleteColumns: foreignKey.onDeleteColumns };
  return [{ kind: 'change-on-delete', foreignKey, from: live, to: live, rule }];
}

/** What holds on every engine of a key as it is; an engine's own findings come from its dialect. */
function liveFindings(schema: SchemaIndex): readonly Finding[] {
  return schema.snapshot.foreignKeys.flatMap((key) => [
    ...halfDoneFinding(key),
    ...setNullFinding(key, schema),
  ]);
}

function halfDoneFinding(key: ForeignKey): readonly Finding[] {
  if (key.halfDone === null) return [];
  const before = key.halfDone.from === null ? 'another action' : clauseText(key.halfDone.from);
  const twins = key.halfDone.twins === 0 ? '' : `; ${key.halfDone.twins} partitions hold their twin key`;
  const name =
    key.halfDone.temporaryName === null ? '' : `; it stands under the name ${key.halfDone.temporaryName}`;
  return [
    {
      code: 'HALF_DONE',
      severity: 'error',
      subject: keyText(key),
      detail: `on its way from ${before} to ${clauseText(key.halfDone.to)}${twins}${name}`,
      position: null,
    },
  ];
}

function setNullFinding(key: ForeignKey, schema: SchemaIndex): readonly Finding[] {
  if (key.onDelete !== 'SET NULL' || !key.enforced) return [];
  const refusing = writtenColumns(key, key, schema).filter((column) => !column.nullable);
  if (refusing.length === 0) return [];
  return [
    {
      code: 'SET_NULL_LIVE_ON_NOT_NULL',
      severity: 'warning',
      subject: keyText(key),
      detail: `${refusing.map((column) => column.name).join(', ')} refuses NULL, so deleting a parent with children fails`,
      position: null,
    },
  ];
}
