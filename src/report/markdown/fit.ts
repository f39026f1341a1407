/** Fits sections into a limit: each gets an equal share first, what is left goes in order. Pure. */

export interface Section {
  /** What is counted, for the line that says what was cut: `change`. */
  readonly noun: string;
  readonly before: readonly string[];
  /** Each is shown whole or not at all. */
  readonly items: readonly string[];
  readonly after: readonly string[];
}

/**
 * @param limit in bytes of UTF-8, so that it holds however a site counts characters
 * @param cutLine says what was left out
 * @returns the text, never longer than the limit as long as the frames of the sections fit
 */
export function fit(
  sections: readonly Section[],
  limit: number,
  cutLine: (cut: readonly { readonly noun: string; readonly left: number; readonly all: number }[]) => string,
): string {
  const full = sections.filter((section) => section.items.length > 0);
  const frames = full.flatMap((section) => [...section.before, ...section.after]);
  const room =
    limit -
    size(frames) -
    size([cutLine(full.map(({ noun, items }) => ({ noun, left: items.length, all: items.length })))]);
  const share = room / Math.max(1, full.length);
  const taken = full.map((section) => howMany(section.items, share));
  let rest = room - full.reduce((sum, { items }, at) => sum + size(items.slice(0, taken[at])), 0);
  for (const [at, { items }] of full.entries()) {
    const has = taken[at] ?? 0;
    const more = howMany(items.slice(has), rest);
    rest -= size(items.slice(has, has + more));
    taken[at] = has + more;
  }
  const cut = full.flatMap(({ noun, items }, at) => {
    const left = items.length - (taken[at] ?? 0);
    return left === 0 ? [] : [{ noun, left, all: items.length }];
  });
  const lines = full.flatMap(({ before, items, after }, at) => [
    ...before,
    ...items.slice(0, taken[at]),
    ...after,
  ]);
  return [...lines, ...(cut.length === 0 ? [] : [cutLine(cut)])].join('\n');
}

function howMany(items: readonly string[], room: number): number {
  let used = 0;
  for (const [at, item] of items.entries()) {
    used += size([item]);
    if (used > room) return at;
  }
  return items.length;
}

function size(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
