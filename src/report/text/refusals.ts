/** Changes that cannot be made yet, for a person at a terminal: each reason once, with the keys that it is about. */
import { gradeOf } from '../../core/codes/index.ts';
import type { Hazard, Refusal } from '../../core/model.ts';
import { proseOf } from '../content.ts';
import { byReason } from '../groups.ts';
import type { Page } from '../layout.ts';
import { ruleGroups, type Shown } from './keys.ts';

/** By codes, then by rule; what differs from key to key stands beside the key. */
export function refusalLines(refusals: readonly Refusal[], shown: Shown, page: Page): readonly string[] {
  return byReason(refusals).flatMap(({ hazards, refusals: alike, detailOf }) => {
    const details = new Map(alike.map((refusal) => [refusal.change, detailOf(refusal)]));
    return [
      ...hazards.flatMap((hazard) => hazardLines(hazard, page, 2)),
      ...ruleGroups([...details.keys()], shown, page, 4, {
        of: (change) => details.get(change) ?? '',
        color: () => page.dim,
      }),
      '',
    ];
  });
}

/** Code, title and detail, then effect and help. */
export function hazardLines(
  { code, detail }: Pick<Hazard, 'code' | 'detail'>,
  page: Page,
  indent: number,
): readonly string[] {
  const { title, effect, help } = proseOf(code);
  const color = gradeOf(code) === 'notice' ? page.yellow : page.red;
  return [
    ...page
      .wrap(`${code}  ${title}${detail === '' ? '' : `: ${detail}`}`, indent, indent + 2)
      .map((line) => line.replace(code, color(code))),
    ...page.wrap(effect, indent + 2),
    ...page.wrap(`Help: ${help}`, indent + 2),
  ];
}
