/** `compare`: which keys differ from the policy. */
import { exitCodeOf } from '../commands/shared/baseline.ts';
import { assessOffline, compareSchema } from '../commands/shared/compare.ts';
import { pendingOf } from '../commands/shared/pending.ts';
import type { PolicyInput } from '../config/input.ts';
import type { Finding, Server } from '../core/model.ts';
import {
  type ChangeData,
  changeData,
  type FindingData,
  findingData,
  type RefusalData,
  refusalData,
} from '../report/data.ts';
import { configured, contextOf, type Database } from './open.ts';

export interface CompareOptions {
  /** As below `policy:` in a configuration; else that of the configuration. */
  readonly policy?: PolicyInput;
  /** The least severity of a finding for which `matches` is false; else `error`. */
  readonly failOn?: Finding['severity'];
}

/** What `ondelete diff` says, with the names of its JSON report. */
export interface Comparison {
  /** For people: the URL without its password, or a path. */
  readonly database: string;
  readonly server: Server;
  /** The policy’s file; `policy` where a program brought it. */
  readonly policy: string;
  /** No key differs, and there is no finding from `failOn` on: `ondelete diff` exits with 0. */
  readonly matches: boolean;
  /** Keys that differ and can be changed. */
  readonly changes: readonly ChangeData[];
  /** Keys that differ and cannot be changed as things are. */
  readonly refused: readonly RefusalData[];
  readonly findings: readonly FindingData[];
  readonly summary: {
    /** Foreign keys in scope. */
    readonly keys: number;
    readonly asDeclared: number;
    readonly withoutRule: number;
  };
}

/**
 * Compares the keys that `open` has read with a policy.
 * @throws OndeleteError `CONFIG_MISSING` without a policy, `CONFIG_INVALID` and `POLICY_INVALID` for one that cannot be read,
 * `ENVIRONMENT_VARIABLE_MISSING`; for a policy from models or SQL also `MODELS_UNREADABLE` and `SCRATCH_MISSING`
 */
export function compare(database: Database, options: CompareOptions = {}): Promise<Comparison> {
  return database.inside.inTurn(() => comparisonOf(database, options));
}

async function comparisonOf(database: Database, options: CompareOptions): Promise<Comparison> {
  const { inside } = database;
  const context = contextOf(inside);
  const policy = await configured(inside, options.policy, context);
  const comparison = await compareSchema(inside.source, policy, inside.options, context);
  const pending = await pendingOf(comparison, context);
  const { diff } = comparison;
  const findings = [...diff.findings, ...pending.findings];
  const { possible, refusals } = assessOffline({ ...comparison, diff: { ...diff, changes: pending.named } });
  return {
    database: database.label,
    server: database.server,
    policy: policy.policyFile,
    matches: exitCodeOf({ changes: diff.changes, findings }, { failOn: options.failOn ?? 'error' }) === 0,
    changes: possible.map(changeData),
    refused: refusals.map(refusalData),
    findings: findings.map(findingData),
    summary: {
      keys: diff.matching + diff.undecided + diff.changes.length,
      asDeclared: diff.matching,
      withoutRule: diff.undecided,
    },
  };
}
