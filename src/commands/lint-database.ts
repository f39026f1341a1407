/** The half of `lint` that looks at the database: the keys as they are, and what only the live server can tell. */
import type { Source } from '../composition.ts';
import type { Diff } from '../diff.ts';
import type { Decision } from '../policy.ts';
import { keyText, tableText, type Finding, type ForeignKey } from '../model.ts';
import { bar } from '../report/layout.ts';
import type { Context } from './command.ts';

const secondsPerKey = 5;
const secondsInAll = 60;

/**
 * Beyond the findings of `diff`; of a saved snapshot only what it holds.
 * @param decisions one for each key in scope
 */
export async function databaseFindings(
  { dialect, session, snapshot }: Source,
  { changes }: Pick<Diff, 'changes'>,
  decisions: readonly Decision[],
  context: Pick<Context, 'progress'>,
): Promise<readonly Finding[]> {
  const [{ lintFindings }, lint] = await Promise.all([import('../lint-findings.ts'), dialect.lint()]);
  const keys = decisions.map((decision) => decision.foreignKey);
  const inScope = { ...snapshot, foreignKeys: keys };
  const asTheyAre = lintFindings(inScope, dialect, lint);
  if (session === null || keys.length === 0) return asTheyAre;
  const until = Date.now() + secondsInAll * 1000;
  const orphans: Finding[] = [];
  for (const [index, key] of keys.filter(mayHideOrphans(snapshot.server.flavor === 'postgres')).entries()) {
    context.progress(bar('looking for rows without a parent', index, keys.length));
    const left = Math.min(secondsPerKey * 1000, until - Date.now());
    if (left <= 0) break;
    const answer = await dialect.probe.orphans(session, key, left);
    if (!answer.known || answer.value.count === 0) continue;
    const { count, atLeast, sample } = answer.value;
    const number = `${atLeast ? 'at least ' : ''}${count} row${count === 1 ? '' : 's'} of ${tableText(key.child)}`;
    orphans.push({
      code: 'ORPHANS_FOUND',
      severity: 'warning',
      subject: keyText(key),
      detail: sample.length === 0 ? number : `${number}, such as ${sample.join('; ')}`,
      position: null,
    });
  }
  context.progress('');
  const inTheWay = await dialect.probe.circumstances(session, changes, snapshot);
  return [
    ...asTheyAre,
    ...orphans,
    ...(await lint.surroundings(session, inScope, secondsPerKey * 1000)),
    ...inTheWay.map((hazard): Finding => ({ ...hazard, severity: 'info', position: null })),
  ];
}

/** PostgreSQL's keys hold for all rows unless the catalog says otherwise; elsewhere checks can be switched off without a trace. */
function mayHideOrphans(catalogTells: boolean): (key: ForeignKey) => boolean {
  return (key) =>
    !catalogTells ||
    !key.validated ||
    !key.enforced ||
    key.triggers.some(({ enabled }) => enabled === 'disabled' || enabled === 'replica');
}
