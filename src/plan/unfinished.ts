/** Changes that were begun and not finished, in another direction than the policy asks for: how their files lead out of them. Pure. */
import type { Engine } from '../core/contracts/engine.ts';
import type { Change } from '../core/model.ts';
import { sameClause } from '../core/referential-actions.ts';
import type { SchemaIndex } from '../core/schema-index.ts';
import { goesOtherWay } from '../diff/checks.ts';
import { chainOf, linksIn, namesOfSets, type ToolFiles } from './chains.ts';
import type { FolderState } from './pending.ts';

export interface WayOut {
  /** `down`: the files were being reverted. */
  readonly direction: 'up' | 'down';
  /** The migrations that are to run, or to be reverted. */
  readonly names: readonly string[];
}

/** Null where no change is stuck like that, where the files do not have it, or where two have to be led out in different ways. */
export function wayOut(
  changes: readonly Change[],
  { applied, files }: FolderState,
  template: ToolFiles,
  schema: SchemaIndex,
  engine: Pick<Engine, 'sameAction'>,
): WayOut | null {
  const links = linksIn(files, template);
  const ways = changes.flatMap(({ foreignKey: key, to }) => {
    const { halfDone } = key;
    if (halfDone === null || !goesOtherWay(key, to)) return [];
    const same = (a: Change['to'], b: Change['to'] | null): boolean =>
      b === null || sameClause(a, b, key, (one, other) => engine.sameAction(one, other));
    const link = chainOf(key, links, schema).findLast(
      ({ recorded: { from, to: end } }) =>
        (same(from, halfDone.to) && same(end, halfDone.from)) ||
        (same(end, halfDone.to) && same(from, halfDone.from)),
    );
    if (link === undefined) return [null];
    return [{ path: link.path, direction: same(link.recorded.from, halfDone.to) ? 'down' : 'up' } as const];
  });
  const [one] = ways;
  if (one == null || ways.some((way) => way?.path !== one.path || way.direction !== one.direction))
    return null;
  const names = namesOfSets([one.path], files, template);
  // the last of several files is the first that is taken back
  const left = applied === null ? names.slice(0, 1) : names.filter((name) => applied.has(name));
  return { direction: one.direction, names: one.direction === 'up' || left.length === 0 ? names : left };
}
