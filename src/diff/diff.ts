/** Compares a snapshot with a policy: changes, unfinished changes, and findings about the current keys. */
import type { Engine } from '../core/contracts/engine.ts';
import { keyText, liveClause } from '../core/names.ts';
import type { Change, Finding, ForeignKey, Snapshot } from '../core/model.ts';
import { schemaIndex, type SchemaIndex, writtenColumns } from '../core/schema-index.ts';
import { sameClause } from '../core/referential-actions.ts';
import { unfinished } from './checks.ts';
import type { Decision } from '../policy/policy.ts';

export interface Diff {
  readonly snapshot: Snapshot;
  /** Sorted as the keys of the snapshot. */
  readonly changes: readonly Change[];
  /** Keys that match their rule, as changes that change nothing: a pending file may still change them. */
  readonly settled: readonly Change[];
  /** Of the database and of the policy together. */
  readonly findings: readonly Finding[];
  /** Keys that the policy decides and that match it, including kept ones. */
  readonly matching: number;
  readonly undecided: number;
}

/**
 * Compares each decided key with its live clause.
 * @param decisions of the policy, one per key in scope
 * @param policyFindings findings of `decide` about the policy itself
 */
export function diff(
  schema: SchemaIndex,
  decisions: readonly Decision[],
  policyFindings: readonly Finding[],
  engine: Pick<Engine, 'sameAction' | 'findings'>,
): Diff {
  const changes = decisions.flatMap((decision) => changeFor(decision, engine));
  const changed = new Set(changes.map((change) => change.foreignKey));
  const undecided = decisions.filter((decision) => decision.wanted === 'undecided').length;
  const scoped = scopedTo(schema, decisions);
  return {
    snapshot: schema.snapshot,
    changes,
    settled: decisions.flatMap((decision) => settledFor(decision, changed)),
    findings: [...policyFindings, ...engine.findings(scoped), ...currentFindings(scoped)],
    matching: decisions.length - changes.length - undecided,
    undecided,
  };
}

/** The schema without the keys that are out of scope. */
function scopedTo(schema: SchemaIndex, decisions: readonly Decision[]): SchemaIndex {
  const { snapshot } = schema;
  const concerned = new Set(decisions.map((decision) => decision.foreignKey));
  const foreignKeys = snapshot.foreignKeys.filter((key) => concerned.has(key));
  return foreignKeys.length === snapshot.foreignKeys.length
    ? schema
    : schemaIndex({ ...snapshot, foreignKeys });
}

function changeFor(decision: Decision, engine: Pick<Engine, 'sameAction'>): readonly Change[] {
  const { foreignKey, rule, wanted } = decision;
  if (wanted === 'undecided' || rule === null) return [];
  const live = liveClause(foreignKey);
  const target = wanted === 'keep' ? live : wanted;
  if (!sameClause(live, target, foreignKey, (a, b) => engine.sameAction(a, b))) {
    return [{ kind: 'change-on-delete', foreignKey, from: live, to: target, rule }];
  }
  if (foreignKey.halfDone === null) return [];
  return [{ kind: 'finish', foreignKey, from: foreignKey.halfDone.from ?? live, to: live, rule }];
}

function settledFor(decision: Decision, changed: ReadonlySet<ForeignKey>): readonly Change[] {
  const { foreignKey, rule, wanted } = decision;
  if (rule === null || wanted === 'keep' || wanted === 'undecided' || changed.has(foreignKey)) return [];
  const live = liveClause(foreignKey);
  return [{ kind: 'change-on-delete', foreignKey, from: live, to: live, rule }];
}

/** Findings about the current keys that are the same on every engine. */
function currentFindings(schema: SchemaIndex): readonly Finding[] {
  return schema.snapshot.foreignKeys.flatMap((key) => [
    ...halfDoneFinding(key),
    ...setNullFinding(key, schema),
  ]);
}

function halfDoneFinding(key: ForeignKey): readonly Finding[] {
  if (key.halfDone === null) return [];
  return [
    {
      code: 'HALF_DONE',
      severity: 'error',
      subject: keyText(key),
      detail: unfinished(key.halfDone),
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
      detail: `deleting a parent with children fails, because NULL is not allowed in ${refusing.map((column) => column.name).join(', ')}`,
      position: null,
    },
  ];
}
