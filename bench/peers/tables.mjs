// What was measured, in Markdown: a table for each engine, and the goals with their verdicts.
import { median } from '../measure.mjs';
import { engineNames } from './plot.mjs';

/** @typedef {import('./measure.mjs').Measured} Measured @typedef {import('./measure.mjs').Row} Row */

/** @param {readonly (readonly string[])[]} lines the first is the head */
function markdown([head = [], ...lines]) {
  const rule = head.map((_, at) => (at === 0 ? '---' : '---:'));
  return [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** @param {readonly Measured[]} all */
export const enginesOf = (all) => [...new Set(all.map(({ engine }) => engine))];

/** @param {number} number */
const inWords = (number) => number.toLocaleString('en-US');

/** @param {number} ratio */
const ratioText = (ratio) => (ratio < 0.1 ? ratio.toFixed(3) : ratio.toFixed(2));

/** What is still running at the limit counts as that long, where it counts. @param {Row} row @param {number} limit */
const atLeast = ({ isOver, seconds }, limit) => (isOver ? limit : seconds);

/** @param {Measured} measured */
const diffOf = ({ rows }) => rows.find(({ tool }) => tool === 'ondelete diff')?.seconds ?? NaN;

/** @param {Row | undefined} row @param {Measured} measured @returns {readonly [string, string]} seconds, ours ÷ it */
function cells(row, measured) {
  if (row === undefined) return ['', ''];
  const { limit } = measured;
  const seconds = atLeast(row, limit);
  if (seconds === null) return ['fails', ''];
  const ratio = ratioText(diffOf(measured) / seconds);
  if (row.isOver) return [`> ${limit}`, `< ${ratio}`];
  const text = seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1);
  return row.kind === 'ours' ? [`**${text}**`, ''] : [text, ratio];
}

/** @param {readonly Measured[]} ofEngine */
function engineTable(ofEngine) {
  const sizes = [...ofEngine].sort((a, b) => a.tables - b.tables);
  const tools = [...new Set(sizes.flatMap(({ rows }) => rows.map(({ tool }) => tool)))];
  const head = ['', 'notices', ...sizes.flatMap(({ tables }) => [`${inWords(tables)}: s`, 'ours ÷ it'])];
  const lines = tools.map((tool) => {
    const found = sizes.map(({ rows }) => rows.find((row) => row.tool === tool));
    const told = found.filter((row) => row !== undefined);
    const version = told.find((row) => row.version !== '')?.version ?? '';
    const notices = told.map((row) => row.notices).filter((word) => word !== '–');
    const name = version === '' ? tool : `${tool}, ${version}`;
    return [
      told[0]?.kind === 'ours' ? `**${name}**` : name,
      // With the size a tool may name more tables; the last word is that of the largest schema.
      notices.at(-1) ?? '–',
      ...sizes.flatMap((measured, at) => cells(found[at], measured)),
    ];
  });
  return markdown([head, ...lines]);
}

/** @param {readonly Measured[]} ofEngine */
function failures(ofEngine) {
  return ofEngine.flatMap(({ rows, tables }) =>
    rows
      .filter(({ failed }) => failed !== null && !failed.startsWith('does not end'))
      .map(({ failed, tool }) => `- ${tool}, ${inWords(tables)} tables: ${failed}`),
  );
}

/** @param {readonly Measured[]} ofEngine */
function circumstances(ofEngine) {
  const machines = [...new Set(ofEngine.map(({ machine }) => machine))];
  const each = ofEngine.map(
    ({ date, limit, load, rounds, tables }) =>
      `${inWords(tables)} tables on ${date}, load ${load}, median of ${rounds}, limit ${limit} s`,
  );
  return `${[...machines, ...each].join('; ')}.`;
}

/** @param {readonly Measured[]} all */
export function enginesText(all) {
  return enginesOf(all)
    .flatMap((engine) => {
      const ofEngine = all.filter((one) => one.engine === engine);
      const servers = [...new Set(ofEngine.map(({ server }) => server))].join(', ');
      const failed = failures(ofEngine);
      return [
        `### ${servers}`,
        engineTable(ofEngine),
        ...(failed.length === 0 ? [] : [failed.join('\n')]),
        circumstances(ofEngine),
      ];
    })
    .join('\n\n');
}

/** @typedef {{ goal: string, engine: string, measured: string, isKept: boolean }} Verdict */

/** @param {readonly Measured[]} all @returns {readonly Verdict[]} */
function verdicts(all) {
  return enginesOf(all).flatMap((engine) => {
    const ofEngine = all.filter((one) => one.engine === engine).sort((a, b) => a.tables - b.tables);
    const say = (
      /** @type {string} */ goal,
      /** @type {string} */ measured,
      /** @type {boolean} */ isKept,
    ) => ({
      goal,
      engine: engineNames[engine],
      measured,
      isKept,
    });
    return ofEngine.flatMap((measured, at) => [
      ...fasterThanAll(measured).map(({ text, isKept }) =>
        say('faster than every peer from 1,000 tables on', text, isKept),
      ),
      ...fasterThanMedian(measured).map(({ text, isKept }) =>
        say('10 times as fast as the median peer at 10,000 tables', text, isKept),
      ),
      ...growth(ofEngine[at - 1], measured).map(({ text, isKept }) => say('linear growth', text, isKept)),
      ...besideBare(measured).map(({ text, isKept }) =>
        say('at most twice the bare query at 1,000 tables', text, isKept),
      ),
    ]);
  });
}

/** @param {Measured} measured */
function ratios(measured) {
  const { limit, rows } = measured;
  return rows
    .filter(({ kind }) => kind === 'peer')
    .flatMap((row) => {
      const seconds = atLeast(row, limit);
      return seconds === null ? [] : [{ tool: row.tool, ratio: diffOf(measured) / seconds }];
    })
    .sort((a, b) => b.ratio - a.ratio);
}

/** @param {Measured} measured */
function fasterThanAll(measured) {
  const [worst] = ratios(measured);
  if (measured.tables < 1000 || worst === undefined) return [];
  const text = `${ratioText(worst.ratio)} of ${worst.tool} at ${inWords(measured.tables)}`;
  return [{ text, isKept: worst.ratio < 1 }];
}

/** @param {Measured} measured */
function fasterThanMedian(measured) {
  const all = ratios(measured).map(({ ratio }) => ratio);
  if (measured.tables !== 10_000 || all.length === 0) return [];
  return [{ text: `${ratioText(median(all))} of the median of ${all.length}`, isKept: median(all) <= 0.1 }];
}

/** @param {Measured | undefined} smaller @param {Measured} larger */
function growth(smaller, larger) {
  if (smaller === undefined) return [];
  const times = larger.tables / smaller.tables;
  const grown = diffOf(larger) / diffOf(smaller);
  const text = `${grown.toFixed(1)} times for ${times} times the tables, to ${inWords(larger.tables)}`;
  return [{ text, isKept: grown <= times }];
}

/** @param {Measured} measured */
function besideBare(measured) {
  const bare = measured.rows.find(({ kind }) => kind === 'bare')?.seconds;
  if (measured.tables !== 1000 || bare == null) return [];
  const ratio = diffOf(measured) / bare;
  return [{ text: `${ratio.toFixed(2)} times`, isKept: ratio <= 2 }];
}

/** @param {readonly Measured[]} all */
export function verdictsText(all) {
  const lines = [...verdicts(all)]
    .sort((a, b) => a.goal.localeCompare(b.goal))
    .map(({ engine, goal, isKept, measured }) => [goal, engine, measured, isKept ? 'kept' : 'MISSED']);
  return markdown([['goal', 'engine', 'measured', 'verdict'], ...lines]).replaceAll('---:', '---');
}
