/** Keys that change, as every text report lists them: a rule once with its reason, then one line per key, old → new. */
import { clauseText, keyText } from '../../core/names.ts';
import { groupBy } from '../../core/group-by.ts';
import type { Change, ForeignKey, Position } from '../../core/model.ts';
import { byRule, type RuleGroup } from '../../plan/rule-groups.ts';
import { type Colors, type Page, plain } from '../layout.ts';

/** How many keys of a rule are named before the others are counted, and what prints them all. */
export interface Shown {
  readonly most: number;
  /** `--all`. */
  readonly flag: string;
}

export const keysShown = 20;

/** What is known of a change beside its actions; '' for nothing. */
interface Note {
  readonly of: (change: Change) => string;
  readonly color: (change: Change) => (text: string) => string;
}

/** Each rule once, then its keys. */
export function ruleGroups(
  changes: readonly Change[],
  shown: Shown,
  page: Page,
  indent: number,
  note?: Note,
): readonly string[] {
  return byRule(changes).flatMap((group) => [
    ...page.wrap(ruleText(group), indent, indent + 2).map(page.dim),
    ...keyList(group.changes, shown, page, indent + 2, note),
  ]);
}

/** `ondelete.config.yaml:7:14  * -> users: goes with the user`. */
function ruleText({ matches, position, reason }: RuleGroup): string {
  return `${placeText(position)}  ${matches}${reason === null ? '' : `: ${reason}`}`;
}

export function placeText(position: Position): string {
  return `${position.file}:${position.line}:${position.column}`;
}

/** The first keys, then how many there are beyond. Keys that are the same in several schemas but for that share a line, unless all are wanted. */
export function keyList(
  changes: readonly Change[],
  { most, flag }: Shown,
  page: Page,
  indent: number,
  note?: Note,
): readonly string[] {
  const alike =
    note === undefined && most !== Infinity
      ? [...groupBy(changes, (change) => oneSchemaText(change) ?? change).values()]
      : changes.map((change) => [change]);
  const rest = alike.slice(most).flat().length;
  return [
    ...changeLines(alike.slice(0, most), page, indent, note),
    ...(rest > 0 ? [`${' '.repeat(indent)}and ${rest} more (${flag})`] : []),
  ];
}

/** The change without the schema that both of its tables lie in; null for a key between two schemas. */
function oneSchemaText({ foreignKey, from, kind, to }: Change): string | null {
  const { child, parent } = foreignKey;
  if (child.schema !== parent.schema) return null;
  return [kind, inNoSchema(foreignKey), clauseText(from), clauseText(to)].join('\0');
}

function inNoSchema(key: ForeignKey): string {
  return keyText({ ...key, child: { ...key.child, schema: '' }, parent: { ...key.parent, schema: '' } });
}

/** Key, old → new, note: one line where it fits the page, else what is over goes below. */
function changeLines(
  alike: readonly (readonly Change[])[],
  page: Page,
  indent: number,
  note: Note = { of: () => '', color: () => page.dim },
): readonly string[] {
  const lines = alike.flatMap((changes) =>
    changes.slice(0, 1).map((change) => ({
      change,
      actions: (colors: Pick<Colors, 'red' | 'green'>): string => actionsText(change, changes.length, colors),
      key: changes.length === 1 ? keyText(change.foreignKey) : inNoSchema(change.foreignKey),
    })),
  );
  const longest = lines.reduce((length, { key }) => Math.max(length, key.length), 0);
  const widest = lines.reduce((length, { actions }) => Math.max(length, actions(plain).length), 0);
  const margin = ' '.repeat(indent);
  const fits = (text: string): boolean => page.wrap(text, indent).length === 1;
  return lines.flatMap(({ change, key, actions }) => {
    const text = note.of(change);
    const color = note.color(change);
    const start = `${key.padEnd(longest)}  `;
    const gap = ' '.repeat(widest - actions(plain).length + 2);
    if (text !== '' && fits(`${start}${actions(plain)}${gap}${text}`))
      return [`${margin}${start}${actions(page)}${gap}${color(text)}`];
    const below = text === '' ? [] : page.wrap(text, indent + 4, indent + 6).map(color);
    if (fits(`${start}${actions(plain)}`)) return [`${margin}${start}${actions(page)}`, ...below];
    return text !== '' && fits(`    ${actions(plain)}${gap}${text}`)
      ? [`${margin}${key}`, `${margin}    ${actions(page)}${gap}${color(text)}`]
      : [`${margin}${key}`, `${margin}    ${actions(page)}`, ...below];
  });
}

/** What becomes of the key, and in how many schemas. */
function actionsText(change: Change, schemas: number, colors: Pick<Colors, 'red' | 'green'>): string {
  const unfinished = change.kind === 'finish' ? ', the last step has not run yet' : '';
  const places = schemas === 1 ? '' : `  in ${schemas} schemas`;
  return `${clausesText(change, colors)}${unfinished}${places}`;
}

/** `NO ACTION → CASCADE`; `CASCADE` alone where a half-done key no longer shows what it was. */
function clausesText(change: Change, colors: Pick<Colors, 'red' | 'green'>): string {
  const [from, to] = [clauseText(change.from), clauseText(change.to)];
  return change.kind === 'finish' && from === to
    ? colors.green(to)
    : `${colors.red(from)} → ${colors.green(to)}`;
}
