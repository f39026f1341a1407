/**
 * What a database, a policy or a server says, made visible for people: one function for every report. A control character could move
 * the cursor or begin a line of its own, a mark of direction turns a line around, and what has no width makes two names look alike.
 */

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const unseenButLineBreaks = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line: `a<newline>b` becomes `a\nb`, U+202E becomes `\u202e`. */
export function visible(text: string): string {
  return text.replace(unseen, escaped);
}

/** Text of several lines, such as SQL: its line breaks stay. As JSON it is the same JSON. */
export function visibleLines(text: string): string {
  return text.replace(unseenButLineBreaks, escaped);
}

/** Fields whose text has lines. */
const withLines = new Set(['sql', 'content']);

/** Every text in plain data, for a report that prints it; what was one object stays one, and what needs no change stays itself. */
export function allVisible<Data>(data: Data): Data {
  return shown(data, '', new Map()) as Data;
}

function shown(value: unknown, field: string, known: Map<object, unknown>): unknown {
  if (typeof value === 'string') return withLines.has(field) ? visibleLines(value) : visible(value);
  if (typeof value !== 'object' || value === null || value instanceof Map || value instanceof Set)
    return value;
  if (known.has(value)) return known.get(value);
  const entries = Object.entries(value) as readonly (readonly [string, unknown])[];
  const made = entries.map(([name, one]) => shown(one, Array.isArray(value) ? '' : name, known));
  const isSame = entries.every(([, one], place) => one === made[place]);
  const result = isSame
    ? value
    : Array.isArray(value)
      ? made
      : Object.fromEntries(entries.map(([name], place) => [name, made[place]]));
  known.set(value, result);
  return result;
}

function escaped(character: string): string {
  const units = character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return short[character] ?? units.join('');
}
