/**
 * From changes to steps:
 *  1. every change is judged, by what holds on all engines and by its dialect;
 *  2. a change with a refused hazard, or with one that wants an allowance nobody gave, becomes a refusal;
 *  3. the dialect writes the steps of the rest, each with its reverse;
 *  4. hazards that are only told, and allowances that were used, go with the plan.
 * Pure: what was asked of the live server comes in as hazards.
 */
import type { Capabilities, Emit, Engine, Runner } from '../core/contracts/engine.ts';
import type { PreflightHazard } from '../core/contracts/probe.ts';
import { gradeOf } from '../core/codes/index.ts';
import { checkChange } from '../diff/checks.ts';
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
  /** Told hazards, and allowed ones, of the possible changes. */
  readonly hazards: readonly Hazard[];
  readonly allowed: readonly string[];
}

export interface AssessOptions {
  readonly allowances: readonly Allowance[];
  /** What the live server said about the changes, or about itself. */
  readonly circumstances: readonly PreflightHazard[];
  /** The policy's rules over paths; null where it has none. */
  readonly paths: PathRules | null;
}

/** Which changes can be made, and what speaks against the others. */
export function assess(
  changes: readonly Change[],
  schema: SchemaIndex,
  engine: Pick<Engine, 'checkChange' | 'checkChanges'>,
  capabilities: Capabilities,
  options: AssessOptions,
): Assessment {
  const { circumstances } = options;
  const general = circumstances.filter((each) => each.key === undefined).map(plain);
  const ofMoment = groupBy(circumstances, (each) => each.key);
  const forAll = general.filter((hazard) => gradeOf(hazard.code) !== 'notice');
  const together = engine.checkChanges?.(changes, schema, capabilities);
  const byThemselves = changes.map((change) => {
    const shared = together?.get(change);
    const found = [
      checkChange(change.foreignKey, change.to, schema),
      engine.checkChange(change.foreignKey, change.to, schema, capabilities),
      ofMoment.get(change.foreignKey)?.map(plain) ?? [],
      shared === undefined ? [] : [shared],
      forAll,
    ].filter((hazards) => hazards.length > 0);
    const [only = []] = found;
    return weigh(change, found.length > 1 ? found.flat() : only, options.allowances);
  });
  const judged = withOpened(byThemselves, schema, options.paths);
  const possible = judged.filter((one) => one.against.length === 0);
  return {
    possible: possible.map((one) => one.change),
    refusals: judged
      .filter((one) => one.against.length > 0)
      .map((one) => ({ change: one.change, hazards: one.against })),
    hazards: withoutRepeats([
      ...possible.flatMap((one) => one.found),
      ...general.filter((hazard) => gradeOf(hazard.code) === 'notice'),
    ]),
    allowed: [...new Set(possible.flatMap((one) => one.given))].sort(),
  };
}

/** Changes that are fine by themselves and together open a path that the policy forbids. */
function withOpened(
  judged: readonly Judged[],
  schema: SchemaIndex,
  paths: PathRules | null,
): readonly Judged[] {
  if (paths === null) return judged;
  const possible = judged.filter((one) => one.against.length === 0).map((one) => one.change);
  const opened = openedBy(paths, schema, possible);
  if (opened.length === 0) return judged;
  return judged.map((one) => {
    const hazards = opened.filter(({ change }) => change === one.change).map(({ hazard }) => hazard);
    return hazards.length === 0 ? one : { ...one, against: [...one.against, ...hazards] };
  });
}

/** Without the key, which the subject names. */
function plain({ code, subject, detail }: PreflightHazard): Hazard {
  return { code, subject, detail };
}

interface Judged {
  readonly change: Change;
  readonly found: readonly Hazard[];
  /** What refuses the change. */
  readonly against: readonly Hazard[];
  /** Codes that would have, and were allowed. */
  readonly given: readonly string[];
}

function weigh(change: Change, found: readonly Hazard[], allowances: readonly Allowance[]): Judged {
  if (found.length === 0) return { change, found, against: found, given: [] };
  const isGiven = (hazard: Hazard): boolean =>
    gradeOf(hazard.code) === 'allow' &&
    allowances.some((allowance) => allowance.code === hazard.code && allowance.covers(change));
  return {
    change,
    found,
    against: found.filter((hazard) => gradeOf(hazard.code) !== 'notice' && !isGiven(hazard)),
    given: found.filter(isGiven).map((hazard) => hazard.code),
  };
}

/** The plan for an assessment. `emit` comes from the dialect that the server's flavor names. */
export function plan(
  assessment: Assessment,
  schema: SchemaIndex,
  emit: Emit,
  capabilities: Capabilities,
  runner: Runner,
  allowances: readonly Allowance[],
): Plan {
  const changes = assessment.possible;
  const covering = allowances.filter((allowance) => changes.every((change) => allowance.covers(change)));
  const allowed = covering.map((allowance) => allowance.code);
  const steps = changes.length === 0 ? [] : emit(changes, { schema, capabilities, runner, allowed });
  const decidedLater = steps.some((step) => step.up.kind === 'run' && step.up.fallback.length > 0);
  const recorded = [...assessment.allowed, ...(decidedLater ? allowed : [])];
  return {
    server: schema.snapshot.server,
    changes,
    steps,
    hazards: assessment.hazards,
    refusals: assessment.refusals,
    allowed: [...new Set(recorded)].sort(),
  };
}

function withoutRepeats(hazards: readonly Hazard[]): readonly Hazard[] {
  const told = new Set<string>();
  return hazards.filter(({ code, subject, detail }) => {
    const before = told.size;
    return told.add(`${code}\0${subject}\0${detail}`).size > before;
  });
}
