/** Rows and orphans of the keys about to change, for the preview: asked of the live server, bounded in time. */
import type { Source } from '../../registry.ts';
import { keyText, tableText } from '../../core/names.ts';
import type { Flavor, Hazard, KeyStatistics, Plan } from '../../core/model.ts';
import { progressBar } from '../../report/layout.ts';
import type { KeyFigures } from '../../report/text/plan.ts';
import { figuresFrom, type ReachFigures } from '../../reach/index.ts';
import type { Context } from './options.ts';

const secondsPerKey = 5;
const secondsInAll = 60;

/** Orphans and rows, asked of the live server within bounds of time; a saved snapshot answers "unavailable offline". */
export async function figuresFor(
  plan: Plan,
  source: Source,
  context: Context,
): Promise<readonly KeyFigures[]> {
  const probe = (await source.connection?.probe()) ?? null;
  const until = Date.now() + secondsInAll * 1000;
  const figures: KeyFigures[] = [];
  for (const [index, { foreignKey: key }] of plan.changes.entries()) {
    context.progress(progressBar('counting rows and orphans', index, plan.changes.length));
    const left = Math.min(secondsPerKey * 1000, until - Date.now());
    if (probe === null || left <= 0) {
      const why =
        probe === null ? 'unavailable offline' : `unavailable, ${secondsInAll} seconds were not enough`;
      figures.push({ key, orphans: { known: false, why }, childRows: { known: false, why } });
      continue;
    }
    figures.push({
      key,
      orphans: await probe.orphans(key, left),
      childRows: await probe.rows(key.child, left),
    });
  }
  context.progress('');
  return figures;
}

/** What the counted orphans mean for the plan: only where the key is validated again do they stop the file. */
export function orphanHazards(figures: readonly KeyFigures[], flavor: Flavor): readonly Hazard[] {
  return figures.flatMap(({ key, orphans }) => {
    if (!orphans.known || orphans.value.count === 0) return [];
    const stops = flavor === 'postgres' && key.validated && key.enforced;
    const detail = `${orphans.value.atLeast ? 'at least ' : ''}${orphans.value.count} in ${tableText(key.child)}`;
    return [{ code: stops ? 'ORPHANS' : 'ORPHANS_STAY', subject: keyText(key), detail }];
  });
}

/** Rows and children per parent, for estimates of what a delete takes. */
export async function reachFigures(source: Source): Promise<ReachFigures> {
  return figuresFrom(source.statistics, await keyStatistics(source), source.schema);
}

/** Of a live server asked, of a saved snapshot what `--stats` has put there. */
export async function keyStatistics(source: Source): Promise<readonly KeyStatistics[]> {
  const { connection, schema, statistics } = source;
  return connection === null
    ? (source.keyStatistics ?? [])
    : (await connection.probe()).children(schema, statistics);
}
