/**
 * From changes to steps:
 *  1. every change is checked, by the checks common to all engines and by those of its engine;
 *  2. a change with a refusing hazard, or with one that needs an allowance and has none, becomes a refusal;
 *  3. the engine writes the steps of the others, each with its reverse;
 *  4. the plan also holds notices and the allowances that were used.
 * Pure: answers of the live server are passed in as hazards.
 */
import type { Capabilities, Emit, EmitContext, Engine } from '../core/contracts/engine.ts';
import type { PreflightHazard } from '../core/contracts/probe.ts';
import { gradeOf } from '../core/codes/index.ts';
import { checkOnEveryEngine } from '../diff/checks.ts';
import { batchesOf } from './batches.ts';
import { openedBy, type PathRules } from '../reach/rules.ts';
import type { Change, Hazard, Plan, Refusal } from '../core/model.ts';
import { groupBy } from '../core/group-by.ts';
import type { SchemaIndex } from '../core/schema-index.ts';

/** `--allow CODE[:MATCH]`: `covers` decides by key. */
export interface Allowance {
  readonly code: string;
  covers(change: Change): boolean;
}

export interface Assessment {
  readonly possible: readonly Change[];
  readonly refusals: readonly Refusal[];
  /** Notices and allowed hazards of the possible changes. */
  readonly hazards: readonly Hazard[];
  readonly allowed: readonly string[];
}

interface AssessOptions {
  readonly allowances: readonly Allowance[];
  /** Hazards from the live server, about a change or about the server. */
  readonly preflight: readonly PreflightHazard[];
  /** The policy's path rules; null where it has none. */
  readonly paths: PathRules | null;
}

/** Decides which changes can be made, and why the others cannot. */
export function assess(
  changes: readonly Change[],
  schema: SchemaIndex,
  engine: Pick<Engine, 'checkChange' | 'checkChanges'>,
  capabilities: Capabilities,
  { allowances, preflight, paths }: AssessOptions,
): Assessment {
  const ofServer = preflight.filter((each) => each.key === undefined).map(withoutKey);
  const ofKey = groupBy(preflight, (each) => each.key);
  const notices = ofServer.filter((hazard) => gradeOf(hazard.code) === 'notice');
  const forAll = ofServer.filter((hazard) => gradeOf(hazard.code) !== 'notice');
  const together = engine.checkChanges?.(changes, schema, capabilities);
  const alone = changes.map((change) => {
    const shared = together?.get(change);
    const hazards = [
      ...checkOnEveryEngine(change.foreignKey, change.to, schema),
      ...engine.checkChange(change.foreignKey, change.to, schema, capabilities),
      ...(ofKey.get(change.foreignKey) ?? []).map(withoutKey),
      ...(shared === undefined ? [] : [shared]),
      ...forAll,
    ];
    return assessChange(change, hazards, allowances);
  });
  const assessed = withOpenedPaths(alone, schema, paths);
  const possible = assessed.filter((one) => one.refusing.length === 0);
  return {
    possible: possible.map((one) => one.change),
    refusals: assessed
      .filter((one) => one.refusing.length > 0)
      .map(({ change, refusing }) => ({ change, hazards: refusing })),
    hazards: distinct([...possible.flatMap((one) => one.hazards), ...notices]),
    allowed: [...new Set(possible.flatMap((one) => one.allowed))].sort(),
  };
}

/** Changes that are possible alone can together open a path that the policy forbids. */
function withOpenedPaths(
  assessed: readonly AssessedChange[],
  schema: SchemaIndex,
  paths: PathRules | null,
): readonly AssessedChange[] {
  if (paths === null) return assessed;
  const possible = assessed.filter((one) => one.refusing.length === 0).map((one) => one.change);
  const opened = groupBy(openedBy(paths, schema, possible), ({ change }) => change);
  return assessed.map((one) => ({
    ...one,
    refusing: [...one.refusing, ...(opened.get(one.change) ?? []).map(({ hazard }) => hazard)],
  }));
}

/** The subject names the key already. */
function withoutKey({ code, subject, detail }: PreflightHazard): Hazard {
  return { code, subject, detail };
}

interface AssessedChange {
  readonly change: Change;
  readonly hazards: readonly Hazard[];
  /** The hazards that refuse the change. */
  readonly refusing: readonly Hazard[];
  /** Codes that would refuse it without an allowance. */
  readonly allowed: readonly string[];
}

function assessChange(
  change: Change,
  hazards: readonly Hazard[],
  allowances: readonly Allowance[],
): AssessedChange {
  const isAllowed = ({ code }: Hazard): boolean =>
    gradeOf(code) === 'allow' &&
    allowances.some((allowance) => allowance.code === code && allowance.covers(change));
  return {
    change,
    hazards,
    refusing: hazards.filter((hazard) => gradeOf(hazard.code) !== 'notice' && !isAllowed(hazard)),
    allowed: hazards.filter(isAllowed).map((hazard) => hazard.code),
  };
}

/** The plan for an assessment. @param batchSize how many keys a migration changes at most; null for all of them */
export function plan(
  assessment: Assessment,
  schema: SchemaIndex,
  emit: Emit,
  context: Pick<EmitContext, 'capabilities' | 'runner' | 'wraps' | 'plain' | 'withOperations'>,
  allowances: readonly Allowance[],
  batchSize: number | null = null,
): Plan {
  const changes = assessment.possible;
  const allowed = allowances
    .filter((allowance) => changes.every((change) => allowance.covers(change)))
    .map((allowance) => allowance.code);
  // Where tables are made anew, a file knows the texts before it: all changes are in one.
  const isMadeAnew = context.capabilities['schemaEdit']?.has === false;
  const batches = batchesOf(changes, isMadeAnew ? null : batchSize).map((some) => ({
    changes: some,
    steps: emit(some, { ...context, schema, allowed }),
  }));
  const steps = batches.flatMap((batch) => batch.steps);
  // A fallback decides at run time whether it needs an allowance; where tables are made anew, an allowance chooses the way.
  const hasFallback = steps.some((step) => step.up.kind === 'run' && step.up.fallback.length > 0);
  const recorded = [...assessment.allowed, ...(hasFallback || isMadeAnew ? allowed : [])];
  return {
    server: schema.snapshot.server,
    changes,
    batches,
    steps,
    hazards: [...assessment.hazards, ...steps.flatMap(({ notices = [] }) => notices)],
    refusals: assessment.refusals,
    allowed: [...new Set(recorded)].sort(),
  };
}

function distinct(hazards: readonly Hazard[]): readonly Hazard[] {
  const byText = groupBy(hazards, ({ code, subject, detail }) => `${code}\0${subject}\0${detail}`);
  return [...byText.values()].flatMap((same) => same.slice(0, 1));
}
