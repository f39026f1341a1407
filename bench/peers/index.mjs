// npm run bench -- peers: what people run instead, beside ours. What was measured is kept in measured.json, schema by schema, so that an
// engine can be measured alone; the page and its picture are written from that file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../processes.mjs';
import { everyTool } from './list.mjs';
import { measureServer, measureSqlite } from './measure.mjs';
import { plot } from './plot.mjs';
import { enginesText, verdictsText } from './tables.mjs';

/** @typedef {import('./measure.mjs').Measured} Measured */

const kept = join(ROOT, 'bench/peers/measured.json');
const page = join(ROOT, 'docs/performance.md');
const picture = join(ROOT, 'docs/pictures/performance.svg');

/**
 * @param {{ sizes: readonly number[], rounds: number, limit: number, servers: readonly string[], tools: readonly string[] | null, wanted: (engine: string) => boolean, say: (text: string) => void }} options
 * @returns {AsyncGenerator<readonly Measured[]>} engine by engine
 */
export async function* benchPeers({ servers, tools, wanted, ...options }) {
  const isAsked = (/** @type {string} */ label) =>
    tools?.some((name) => label.toLowerCase().includes(name.toLowerCase())) ?? true;
  const peers = everyTool.filter(({ kind, label }) => kind === 'ours' || isAsked(label));
  for (const id of servers)
    if (wanted(id.replace(/-.*$/, ''))) yield await measureServer(id, { ...options, peers });
  if (wanted('sqlite')) yield await measureSqlite({ ...options, peers });
}

/** @param {readonly Measured[]} all */
export const peersText = (all) => `${enginesText(all)}\n\n${verdictsText(all)}`;

/** Writes what was measured beside what was measured before, and the page anew. @param {readonly Measured[]} measured */
export function writePeers(measured) {
  /** @type {readonly Measured[]} */
  const before = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : [];
  const isNew = (/** @type {Measured} */ one) =>
    measured.some(({ engine, tables }) => engine === one.engine && tables === one.tables);
  const order = ['postgres', 'mysql', 'mariadb', 'sqlite'];
  const all = [...before.filter((one) => !isNew(one)), ...measured].sort(
    (a, b) => order.indexOf(a.engine) - order.indexOf(b.engine) || a.tables - b.tables,
  );
  writeFileSync(kept, `${JSON.stringify(all, null, 2)}\n`);
  writeFileSync(picture, plot(all));
  const text = readFileSync(page, 'utf8');
  writeFileSync(page, between(between(text, 'verdicts', verdictsText(all)), 'engines', enginesText(all)));
}

/** @param {string} text @param {string} name @param {string} content what stands between its two comments from now on */
function between(text, name, content) {
  const [begin, end] = [`<!-- ${name}: written by the bench -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}
