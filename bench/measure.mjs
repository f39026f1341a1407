// How long things take, side by side: what is compared runs alternately in one process, and the median of the rounds counts.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
/** @type {() => void} */
const collectGarbage = runInNewContext('gc');

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

/**
 * One round unmeasured, to fill the server's and the compiler's caches; then each piece of work once a round, turn and turn about.
 * @param {Readonly<Record<string, () => unknown>>} works @param {number} rounds
 * @returns {Promise<Readonly<Record<string, number>>>} the median of each, in milliseconds
 */
export async function sideBySide(works, rounds) {
  const names = Object.keys(works);
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      // What one left behind must not be collected in the time of the next.
      collectGarbage();
      const begin = performance.now();
      await works[name]?.();
      if (round > 0) times[name]?.push(performance.now() - begin);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name] ?? [])]));
}

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number} ours in milliseconds
 * @property {string} against
 * @property {number} reference in milliseconds
 * @property {number} bound how many times the reference is allowed
 */

/** One table for a terminal, and good Markdown too. @param {readonly Row[]} rows */
export function tableText(rows) {
  const head = ['what', 'ours ms', 'against', 'ms', 'ratio', 'at most', 'verdict'];
  const lines = rows.map(({ what, ours, against, reference, bound }) => {
    const ratio = ours / reference;
    const numbers = [ratio.toFixed(2), String(bound), ratio <= bound ? 'kept' : 'MISSED'];
    return [what, ours.toFixed(0), against, reference.toFixed(0), ...numbers];
  });
  const all = [head, ...lines];
  const widths = head.map((_, column) => Math.max(...all.map((line) => (line[column] ?? '').length)));
  const rule = widths.map((width) => '-'.repeat(width));
  return [head, rule, ...lines]
    .map((line) => `| ${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`)
    .join('\n');
}
