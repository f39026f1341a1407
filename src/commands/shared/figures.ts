/** What the live server says in numbers, bounded in time. */
import type { SchemaSource } from '../../schema-source.ts';
import type { Engine } from '../../core/contracts/engine.ts';
import type { Orphans, Probe, Probed } from '../../core/contracts/probe.ts';
import { keyText, tableId, tableText } from '../../core/names.ts';
import type { ForeignKey, Hazard, KeyStatistics, Plan, TableStatistics } from '../../core/model.ts';
import { progressBar } from '../../report/layout.ts';
import type { KeyFigures } from '../../report/text/plan.ts';
import { figuresFrom, type ReachFigures } from '../../reach/index.ts';
import type { Context } from './options.ts';

const secondsForRows = 15;
const secondsForOrphans = 60;
/** Keys in one question: few enough to show progress, many enough that the way to the server does not count. */
const atOnce = 250;

/** Orphans and rows, asked of the live server within bounds of time; a saved snapshot answers "unavailable offline". */
export async function figuresFor(
  plan: Plan,
  source: SchemaSource,
  context: Context,
): Promise<readonly KeyFigures[]> {
  const keys = plan.changes.map((change) => change.foreignKey);
  const probe = (await source.connection?.probe()) ?? null;
  if (probe === null) {
    const offline = { known: false, why: 'unavailable offline' } as const;
    return keys.map((key) => ({ key, orphans: offline, childRows: offline }));
  }
  const tables = [...new Map(keys.map(({ child }) => [tableId(child), child])).values()];
  context.progress('counting rows');
  const counted = await probe.rows(tables, secondsForRows * 1000);
  const rows = new Map(tables.map((table, at) => [tableId(table), counted[at] ?? timeIsUp]));
  const orphans = await orphansOf(keys, probe, source.statistics, context);
  return keys.map((key) => ({
    key,
    orphans: orphans.get(key) ?? timeIsUp,
    childRows: rows.get(tableId(key.child)) ?? timeIsUp,
  }));
}

/** The largest children first, and those of unknown size before them: where most can be wrong, and what most wants the time. */
export async function orphansOf(
  keys: readonly ForeignKey[],
  probe: Probe,
  statistics: readonly TableStatistics[],
  context: Pick<Context, 'progress'>,
): Promise<ReadonlyMap<ForeignKey, Probed<Orphans>>> {
  const sizes = new Map(statistics.map((table) => [tableId(table), table.estimatedRows]));
  const sizeOf = ({ child }: ForeignKey): number => sizes.get(tableId(child)) ?? Infinity;
  const sorted = [...keys].sort((a, b) => (sizeOf(a) === sizeOf(b) ? 0 : sizeOf(b) - sizeOf(a)));
  const until = Date.now() + secondsForOrphans * 1000;
  const found = new Map<ForeignKey, Probed<Orphans>>();
  for (let at = 0; at < sorted.length && Date.now() < until; at += atOnce) {
    context.progress(progressBar('looking for rows without a parent', at, sorted.length));
    const some = sorted.slice(at, at + atOnce);
    const answers = await probe.orphans(some, until - Date.now());
    for (const [place, key] of some.entries()) found.set(key, answers[place] ?? timeIsUp);
  }
  context.progress('');
  return found;
}

/** Why there is no answer for a key whose turn never came. */
export const timeIsUp = { known: false, why: 'the time was up' } as const;

/** What the counted orphans mean for the plan: only where the key is validated again do they stop the file. */
export function orphanHazards(
  figures: readonly KeyFigures[],
  engine: Pick<Engine, 'traits'>,
): readonly Hazard[] {
  return figures.flatMap(({ key, orphans }) => {
    if (!orphans.known || orphans.value.count === 0) return [];
    const stops = engine.traits.filesStopAtOrphans && key.validated && key.enforced;
    const detail = `${orphans.value.atLeast ? 'at least ' : ''}${orphans.value.count} in ${tableText(key.child)}`;
    return [{ code: stops ? 'ORPHANS' : 'ORPHANS_STAY', subject: keyText(key), detail }];
  });
}

/** Rows and children per parent, for estimates of what a delete takes. */
export async function reachFigures(source: SchemaSource): Promise<ReachFigures> {
  return figuresFrom(source.statistics, await keyStatistics(source), source.schema);
}

/** Of a live server asked, of a saved snapshot what `--stats` has put there. */
export async function keyStatistics(source: SchemaSource): Promise<readonly KeyStatistics[]> {
  const { connection, schema, statistics } = source;
  return connection === null
    ? (source.keyStatistics ?? [])
    : (await connection.probe()).children(schema, statistics);
}
