/** Edits in their order, the choices between several ways with what each costs, and advice per relationship, for a terminal. */
import type { Advice, Choice, Edit } from '../../orm/finding.ts';
import type { Page } from '../layout.ts';

/** What to edit; of several ways each with its costs, the recommended one first. */
export function editLines(edits: readonly Edit[], choices: readonly Choice[], page: Page): readonly string[] {
  if (choices.length > 0) return choiceLines(choices, page);
  const texts = [...new Set(edits.map(editText))];
  if (texts.length < 2) return texts.flatMap((text) => page.wrap(`edit: ${text}`, 6, 9));
  return [`      ${page.green('edit, in this order:')}`, ...numbered(texts, 6, page)];
}

function choiceLines(choices: readonly Choice[], page: Page): readonly string[] {
  return [
    `      ${page.green('choose one:')}`,
    ...choices.flatMap(({ title, recommended, edits }, index) => {
      const letter = String.fromCharCode(97 + index);
      const words = `${letter}. ${title}${recommended ? ' (recommended)' : ''}${edits.length === 0 ? ': it is so already' : ''}`;
      return [...page.wrap(words, 6, 9), ...numbered(edits.map(editText), 9, page)];
    }),
  ];
}

/** What each choice costs, once, however many relationships have it. */
export function costLines(choices: readonly Choice[], page: Page): readonly string[] {
  const costs = new Map(choices.map((choice) => [choice.title, choice.costs]));
  if (costs.size === 0) return [];
  return [
    '  What each choice costs',
    ...[...costs].flatMap(([title, { portability, speed, bulkDeletes, listeners }]) => [
      `    ${title}`,
      ...[
        `portability: ${portability}`,
        `speed: ${speed}`,
        `bulk deletes: ${bulkDeletes}`,
        `listeners: ${listeners}`,
      ].flatMap((text) => page.wrap(text, 6, 8).map(page.dim)),
    ]),
    '',
  ];
}

const numbered = (texts: readonly string[], indent: number, page: Page): readonly string[] =>
  texts.flatMap((text, index) => page.wrap(`${index + 1}. ${text}`, indent, indent + 3));

function editText(edit: Edit): string {
  return edit.kind === 'model' && edit.place !== null
    ? `${edit.place.file}:${edit.place.line}: ${edit.text}`
    : edit.text;
}

/** One part for each relationship: the level its delete belongs to, why, and every way. */
export function adviceLines(advice: readonly Advice[], page: Page): readonly string[] {
  return [
    page.bold('Advice'),
    '',
    ...(advice.length === 0
      ? ['  No relationship that holds children goes over a key of the database.', '']
      : []),
    ...advice.flatMap(({ subject, position, key, live, level, because, choices }) => [
      `  ${page.bold(subject)}${position === null ? '' : page.dim(`  ${position.file}:${position.line}`)}`,
      ...page.wrap(`${key}  live: ${live ?? 'none'}`, 4, 6),
      ...page.wrap(
        `Leave the children to the ${level === 'database' ? 'database' : 'ORM'}: ${because.join('; ')}.`,
        6,
      ),
      ...choiceLines(choices, page),
      '',
    ]),
  ];
}
