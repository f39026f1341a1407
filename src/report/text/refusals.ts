/** Changes that cannot be made yet, for a person at a terminal: each reason once, with the keys that it is about. */
import { gradeOf } from '../../core/codes/index.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Hazard, Refusal } from '../../core/model.ts';
import { joinDetails, proseOf } from '../content.ts';
import type { Page } from '../layout.ts';
import { ruleGroups, type Shown } from './keys.ts';

/** By codes, then by rule; what differs from key to key stands beside the key. */
export function refusalLines(refusals: readonly Refusal[], shown: Shown, page: Page): readonly string[] {
  const groups = groupBy(refusals, ({ hazards }) => [...new Set(hazards.map(({ code }) => code))].join('\0'));
  return [...groups.values()].flatMap((alike) => {
    const detailOf = new Map(
      alike.map(({ change, hazards }) => [
        change,
        joinDetails([...new Set(hazards.map((one) => one.detail))]),
      ]),
    );
    const shared = new Set(detailOf.values()).size === 1;
    const first = alike[0]?.hazards ?? [];
    const codes = new Map(first.map((hazard) => [hazard.code, shared ? hazard : { ...hazard, detail: '' }]));
    return [
      ...[...codes.values()].flatMap((hazard) => hazardLines(hazard, page, 2)),
      ...ruleGroups(
        alike.map(({ change }) => change),
        shown,
        page,
        4,
        { of: (change) => (shared ? '' : (detailOf.get(change) ?? '')), color: () => page.dim },
      ),
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
