/** The half of `lint` that looks at the database: the keys as they are, and what only the live server can tell. */
import type { SchemaSource } from '../../schema-source.ts';
import type { Engine } from '../../core/contracts/engine.ts';
import type { Probe } from '../../core/contracts/probe.ts';
import { schemaIndex } from '../../core/schema-index.ts';
import { lintFindings } from '../../diff/lint.ts';
import type { Diff } from '../../diff/diff.ts';
import type { Decision } from '../../policy/policy.ts';
import { keyText, tableText } from '../../core/names.ts';
import type { Finding, ForeignKey } from '../../core/model.ts';
import { count } from '../../report/layout.ts';
import type { Context } from './options.ts';
import { orphansOf, timeIsUp } from './figures.ts';

const secondsForRows = 10;
const secondsPerFinding = 5;

/**
 * Beyond the findings of `diff`; of a saved snapshot only what it holds.
 * @param decisions one for each key in scope
 */
export async function databaseFindings(
  { engine, connection, schema, snapshot, statistics }: SchemaSource,
  { changes }: Pick<Diff, 'changes'>,
  decisions: readonly Decision[],
  context: Pick<Context, 'progress' | 'log'>,
): Promise<readonly Finding[]> {
  const { createIndex } = await engine.emitter();
  const keys = decisions.map((decision) => decision.foreignKey);
  const inScope = schemaIndex({ ...snapshot, foreignKeys: keys });
  const asTheyAre = lintFindings(inScope, engine, createIndex);
  if (connection === null || keys.length === 0) return asTheyAre;
  const probe = await connection.probe();
  const suspects = keys.filter(mayHideOrphans(engine));
  const answers = await orphansOf(suspects, probe, statistics, context);
  const orphans: Finding[] = [];
  const unanswered: string[] = [];
  for (const key of suspects) {
    const answer = answers.get(key) ?? timeIsUp;
    if (!answer.known) unanswered.push(`${keyText(key)}: ${answer.why}`);
    if (!answer.known || answer.value.count === 0) continue;
    const { atLeast, sample } = answer.value;
    const number = `${atLeast ? 'at least ' : ''}${count(answer.value.count, 'row')} of ${tableText(key.child)}`;
    orphans.push({
      code: 'ORPHANS_FOUND',
      severity: 'warning',
      subject: keyText(key),
      detail: sample.length === 0 ? number : `${number}, such as ${sample.join('; ')}`,
      position: null,
    });
  }
  const [first] = unanswered;
  if (first !== undefined) {
    const keysLeft = unanswered.length === 1 ? '' : `, and ${count(unanswered.length - 1, 'more key')}`;
    context.log(`Not checked for rows without a parent: ${first}${keysLeft}.`);
  }
  const live = await probe.liveFindings(inScope, secondsPerFinding * 1000);
  // What is true of the action that a key has is not told again for the one that it will have.
  const inTheWay = (await probe.preflight(changes, schema)).filter(
    ({ code, detail, subject }) =>
      !live.some((one) => one.code === code && one.subject === subject && one.detail === detail),
  );
  // What is broken already stands before what could be better.
  return [
    ...orphans,
    ...(await withCosts(asTheyAre, keys, probe)),
    ...live,
    ...inTheWay.map((hazard): Finding => ({ ...hazard, severity: 'info', position: null })),
  ];
}

function mayHideOrphans({ traits }: Pick<Engine, 'traits'>): (key: ForeignKey) => boolean {
  return (key) =>
    !traits.catalogTellsOrphans ||
    !key.validated ||
    !key.enforced ||
    key.triggers.some(({ enabled }) => enabled === 'disabled' || enabled === 'replica');
}

/** What an index that is missing costs: the rows that every delete of a parent reads. */
async function withCosts(
  findings: readonly Finding[],
  keys: readonly ForeignKey[],
  probe: Probe,
): Promise<readonly Finding[]> {
  const children = new Map(keys.map((key) => [keyText(key), key.child]));
  const unindexed = findings.flatMap(({ code, subject }) =>
    code === 'CHILD_INDEX_MISSING' ? (children.get(subject) ?? []) : [],
  );
  const tables = [...new Map(unindexed.map((child) => [tableText(child), child])).values()];
  const counted = await probe.rows(tables, secondsForRows * 1000);
  const rows = new Map(tables.map((table, at) => [tableText(table), counted[at]]));
  return findings.map((finding) => {
    const child = finding.code === 'CHILD_INDEX_MISSING' ? children.get(finding.subject) : undefined;
    const answer = child === undefined ? undefined : rows.get(tableText(child));
    if (answer?.known !== true) return finding;
    const cost = `every delete of a parent reads ${count(answer.value, 'row')}`;
    return { ...finding, detail: `${finding.detail}; ${cost}` };
  });
}
