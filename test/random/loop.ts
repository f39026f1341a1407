// One case through the closed loop: introspect, decide, plan, up, the policy holds, deletes do what their actions promise,
// down, everything as before. What generate refuses is forced, and the server must agree.
import { schemaIndex } from '../../src/core/schema-index.ts';
import { templateFor } from '../../src/registry.ts';
import type { SchemaSource } from '../../src/schema-source.ts';
import { diff, type Diff } from '../../src/diff/diff.ts';
import { gradeOf } from '../../src/core/codes/index.ts';
import { migrations } from '../../src/plan/migrations.ts';
import { clauseText, keyText } from '../../src/core/names.ts';
import type { Change, ForeignKey, Plan, Snapshot } from '../../src/core/model.ts';
import { assess, type Assessment, plan as planFor } from '../../src/plan/plan.ts';
import { decide } from '../../src/policy/decide.ts';
import type { Policy } from '../../src/policy/policy.ts';
import { snapshotText } from '../../src/core/snapshot-print.ts';
import type { MigrationFile } from '../../src/core/contracts/template.ts';
import { policyOf } from '../support/configs.ts';
import type { Drawing } from './arbitraries.ts';
import { generatedLines, toldLines } from './introspected.ts';
import type { Live } from './live.ts';
import { policyText } from './policy.ts';
import { promiseOf } from './delete-model.ts';
import { confirm } from './refusals.ts';

/** What a case did, so that a run can tell whether it tested anything. */
export interface Tally {
  keys: number;
  changed: number;
  refused: Record<string, number>;
  unseen: Record<string, number>;
  deletes: Record<string, number>;
}

export const emptyTally = (): Tally => ({ keys: 0, changed: 0, refused: {}, unseen: {}, deletes: {} });

/** Throws with what broke; `told` holds the policy as soon as there is one. */
export async function closeLoop(
  live: Live,
  drawn: Drawing,
  tally: Tally,
  tell: (policy: string) => void,
): Promise<void> {
  const before = await withSource(live, (source) => Promise.resolve(source.snapshot));
  same('the keys that introspection tells', toldLines(before), generatedLines(live.schema));
  const text = policyText(drawn, before.foreignKeys, live.schema.engine);
  tell(text);
  const policy = await policyOf(text);
  const rows = JSON.stringify(await live.contents());
  const { assessment, plan, files, decided } = await withSource(live, (source) =>
    planned(source, policy, live),
  );
  tally.keys += before.foreignKeys.length;
  tally.changed += plan.changes.length;
  await deletesBehave(live, before.foreignKeys, tally);
  if (plan.changes.length > 0) {
    await live.apply(files, plan, 'up');
    await changedAsWanted(live, before, plan, policy, assessment);
    same('the rows after up', JSON.stringify(await live.contents()), rows);
    await live.apply(files, plan, 'up');
    await changedAsWanted(live, before, plan, policy, assessment);
    await deletesBehave(live, expectedKeys(before, plan), tally);
    await live.apply(files, plan, 'down');
    await asBefore(live, before, 'down');
    same('the rows after down', JSON.stringify(await live.contents()), rows);
    await live.apply(files, plan, 'down');
    await asBefore(live, before, 'a second down');
  }
  if (decided.changes.length !== plan.changes.length + assessment.refusals.length)
    throw new Error('changes were lost between the difference and the plan');
  await refusalsHold(live, assessment, tally);
}

async function withSource<T>(live: Live, work: (source: SchemaSource) => Promise<T>): Promise<T> {
  const source = await live.open();
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

function differences({ snapshot, schema, engine }: SchemaSource, policy: Policy): Diff {
  const same = engine.sameAction.bind(engine);
  const decided = decide(policy, schema, engine.names(snapshot.server), same);
  return diff(schema, decided.decisions, decided.findings, engine);
}

interface Planned {
  readonly decided: Diff;
  readonly assessment: Assessment;
  readonly plan: Plan;
  readonly files: readonly MigrationFile[];
}

/** As `generate --skip-refused` does it. */
async function planned(source: SchemaSource, policy: Policy, live: Live): Promise<Planned> {
  const { snapshot, schema, engine, connection } = source;
  const decided = differences(source, policy);
  const capabilities = engine.capabilities(snapshot.server);
  const preflight =
    connection === null ? [] : await (await connection.probe()).preflight(decided.changes, schema);
  const assessment = assess(decided.changes, schema, engine, capabilities, {
    allowances: [],
    preflight,
    paths: null,
  });
  const template = await templateFor(live.tool);
  const plan = planFor(
    assessment,
    schema,
    (await engine.emitter()).emit,
    {
      capabilities,
      runner: template.runner,
      wraps: template.wraps(snapshot.server.flavor),
      plain: false,
      withOperations: false,
    },
    [],
  );
  const set = migrations(plan, schema, template, {
    name: 'random',
    now: new Date(Date.UTC(2026, 0, 1)),
    existing: [],
    receipt: null,
    plain: false,
    place: { folder: '', setup: null, before: null },
    appOf: () => null,
  });
  return { decided, assessment, plan, files: template.render(set, [], new Date(0), '') };
}

function expectedKeys(before: Snapshot, plan: Plan): readonly ForeignKey[] {
  // Keys that are the same in everything are changed alike.
  const wanted = new Map(plan.changes.map((change) => [JSON.stringify(change.foreignKey), change.to]));
  return before.foreignKeys.map((key) => ({ ...key, ...wanted.get(JSON.stringify(key)) }));
}

/** SQLite's stored text holds the clause. */
function withoutTexts(snapshot: Snapshot): string {
  const tables = snapshot.tables.map((table) => ({ ...table, definition: null }));
  return snapshotText({ ...snapshot, tables }, null);
}

async function changedAsWanted(
  live: Live,
  before: Snapshot,
  plan: Plan,
  policy: Policy,
  assessment: Assessment,
): Promise<void> {
  await withSource(live, (source) => {
    same(
      'the snapshot after up',
      withoutTexts(source.snapshot),
      withoutTexts({ ...before, foreignKeys: expectedKeys(before, plan) }),
    );
    const left = (changes: readonly Change[]): readonly string[] =>
      changes.map(
        (change) =>
          `${change.foreignKey.name ?? ''} ${keyText(change.foreignKey)} to ${clauseText(change.to)}`,
      );
    same(
      'what diff still wants',
      left(differences(source, policy).changes),
      left(assessment.refusals.map((refusal) => refusal.change)),
    );
    return Promise.resolve();
  });
}

async function asBefore(live: Live, before: Snapshot, what: string): Promise<void> {
  await withSource(live, (source) => {
    same(`the snapshot after ${what}`, snapshotText(source.snapshot, null), snapshotText(before, null));
    return Promise.resolve();
  });
}

/** MySQL 9.7 counts the tables that a cascade would open, one for each way that leads there, and refuses more than 30. */
const limits = /exceeds max tables limit/;

/** Keys over which this server leaves rows behind, as it is told: over all others it must not. */
function forgetfulKeys(
  { snapshot, engine }: SchemaSource,
  keys: readonly ForeignKey[],
): ReadonlySet<ForeignKey> {
  const traps = engine
    .cascading(snapshot.server)
    .cascadeHazards(schemaIndex({ ...snapshot, foreignKeys: keys }));
  const forgets = /^(?:CASCADE_LEAVES_ROWS_LIVE|SELF_REFERENCE_LEAVES_ROWS)$/;
  return new Set(
    [...traps].flatMap(([key, told]) => (told.some((one) => forgets.test(one.code)) ? [key] : [])),
  );
}

/** One row of each table, the first and the last in turn. */
async function deletesBehave(live: Live, keys: readonly ForeignKey[], tally: Tally): Promise<void> {
  const forgetful = await withSource(live, (source) => Promise.resolve(forgetfulKeys(source, keys)));
  for (const [place, table] of live.schema.tables.entries()) {
    const row = table.rows.at(place % 2 === 0 ? 0 : -1);
    if (row === undefined) continue;
    const promised = promiseOf(live.schema, keys, forgetful, table, row);
    const found = await live.afterDelete(table, row);
    const kind = 'error' in found && limits.test(found.error) ? 'beyond a limit' : promised.kind;
    tally.deletes[kind] = (tally.deletes[kind] ?? 0) + 1;
    if (kind === 'beyond a limit') continue;
    const what = `a delete of ${JSON.stringify(row)} from ${table.name}`;
    if (promised.kind === 'refused' && !('error' in found))
      throw new Error(`${what} passed, and should have been refused: ${JSON.stringify(found.rows)}`);
    if (promised.kind !== 'rows') continue;
    if ('error' in found) throw new Error(`${what} was refused, and should have passed: ${found.error}`);
    same(what, JSON.stringify(found.rows, null, 1), JSON.stringify(live.formed(promised.rows), null, 1));
  }
}

async function refusalsHold(live: Live, assessment: Assessment, tally: Tally): Promise<void> {
  for (const { change, hazards } of assessment.refusals) {
    for (const hazard of hazards.filter((one) => gradeOf(one.code) === 'refused')) {
      const verdict = await confirm(live, change, hazard);
      const count = verdict === 'unseen' ? tally.unseen : tally.refused;
      count[hazard.code] = (count[hazard.code] ?? 0) + 1;
      if (typeof verdict === 'object') {
        const what = `${keyText(change.foreignKey)} to ${clauseText(change.to)}`;
        throw new Error(
          `${what} was refused with ${hazard.code} (${hazard.detail}), but the server says otherwise: ${verdict.contradicted}`,
        );
      }
    }
  }
}

function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [found, expected].map((one) =>
    typeof one === 'string' ? one : JSON.stringify(one, null, 1),
  );
  if (a === b) return;
  const lines = [a, b].map((text) => (text ?? '').split('\n'));
  const at = lines[0]?.findIndex((line, place) => line !== lines[1]?.[place]) ?? 0;
  const around = lines.map((text) => text.slice(Math.max(0, at - 8), at + 8).join('\n'));
  throw new Error(`${what}: found\n${around[0]}\nwhere this was expected\n${around[1]}`);
}
