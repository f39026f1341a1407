/** The half of `lint` that looks at the database: the keys as they are, and what only the live server can tell. */
import type { Source } from '../../registry.ts';
import type { Probe } from '../../core/contracts/probe.ts';
import { schemaIndex } from '../../core/schema-index.ts';
import { lintFindings } from '../../diff/lint.ts';
import type { Diff } from '../../diff/diff.ts';
import type { Decision } from '../../policy/policy.ts';
import { keyText, tableText } from '../../core/names.ts';
import type { Finding, ForeignKey } from '../../core/model.ts';
import { count, progressBar } from '../../report/layout.ts';
import type { Context } from './options.ts';

const secondsPerKey = 5;
const secondsInAll = 60;

/**
 * Beyond the findings of `diff`; of a saved snapshot only what it holds.
 * @param decisions one for each key in scope
 */
export async function databaseFindings(
  { engine, connection, schema, snapshot }: Source,
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
  const until = Date.now() + secondsInAll * 1000;
  const orphans: Finding[] = [];
  const unanswered: string[] = [];
  const suspects = keys.filter(mayHideOrphans(snapshot.server.flavor === 'postgres'));
  for (const [index, key] of suspects.entries()) {
    context.progress(progressBar('looking for rows without a parent', index, suspects.length));
    const left = Math.min(secondsPerKey * 1000, until - Date.now());
    const answer =
      left <= 0
        ? { known: false as const, why: `${secondsInAll} seconds were up` }
        : await probe.orphans(key, left);
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
  context.progress('');
  const [first] = unanswered;
  if (first !== undefined) {
    const keysLeft = unanswered.length === 1 ? '' : `, and ${count(unanswered.length - 1, 'more key')}`;
    context.log(`Not checked for rows without a parent: ${first}${keysLeft}.`);
  }
  const inTheWay = await probe.preflight(changes, schema);
  return [
    ...(await withCosts(asTheyAre, keys, probe, until)),
    ...orphans,
    ...(await probe.liveFindings(inScope, secondsPerKey * 1000)),
    ...inTheWay.map((hazard): Finding => ({ ...hazard, severity: 'info', position: null })),
  ];
}

/** PostgreSQL's keys hold for all rows unless the catalog says otherwise; elsewhere checks can be switched off without a trace. */
function mayHideOrphans(catalogKnows: boolean): (key: ForeignKey) => boolean {
  return (key) =>
    !catalogKnows ||
    !key.validated ||
    !key.enforced ||
    key.triggers.some(({ enabled }) => enabled === 'disabled' || enabled === 'replica');
}

/** What an index that is missing costs: the rows that every delete of a parent reads. */
async function withCosts(
  findings: readonly Finding[],
  keys: readonly ForeignKey[],
  probe: Probe,
  until: number,
): Promise<readonly Finding[]> {
  const children = new Map(keys.map((key) => [keyText(key), key.child]));
  const rows = new Map<string, number | null>();
  const priced: Finding[] = [];
  for (const finding of findings) {
    const child = children.get(finding.subject);
    if (finding.code !== 'CHILD_INDEX_MISSING' || child === undefined) {
      priced.push(finding);
      continue;
    }
    const name = tableText(child);
    const left = Math.min(1000, until - Date.now());
    if (!rows.has(name)) {
      const answer = left <= 0 ? null : await probe.rows(child, left);
      rows.set(name, answer?.known === true ? answer.value : null);
    }
    const number = rows.get(name) ?? null;
    const cost = number === null ? '' : `; every delete of a parent reads ${count(number, 'row')}`;
    priced.push({ ...finding, detail: `${finding.detail}${cost}` });
  }
  return priced;
}
