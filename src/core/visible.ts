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

/** Every text in plain data, for a report that prints it; what was one object stays one. */
export function allVisible<Data>(data: Data): Data {
  return copied(data, new Map()) as Data;
}

function copied(value: unknown, copies: Map<object, unknown>): unknown {
  if (typeof value === 'string') return visible(value);
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (value instanceof Map || value instanceof Set) return value;
  const copy = Array.isArray(value)
    ? value.map((one: unknown) => copied(one, copies))
    : Object.fromEntries(
        Object.entries(value).map(([name, one]: readonly [string, unknown]) => [
          name,
          withLines.has(name) && typeof one === 'string' ? visibleLines(one) : copied(one, copies),
        ]),
      );
  copies.set(value, copy);
  return copy;
}

function escaped(character: string): string {
  const units = character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return short[character] ?? units.join('');
}
