// Of a run with UPDATE=1: on which engines tests passed, written into proven.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import Database from 'better-sqlite3';

const testFolder = join(import.meta.dirname, '..');
const file = join(import.meta.dirname, 'proven.ts');
/** What says nothing of an engine. */
const besides = ['servers', 'support', 'codes', 'cases.test.ts'];

/** @typedef {{ id: string, version: string, tests: readonly string[] }} Proof */

/** @param {import('@jest/reporters').AggregatedResult} results @param {import('../servers/types.ts').Run | undefined} run */
export function recordProofs(results, run) {
  const seen = proofsOf(results, run);
  const text = readFileSync(file, 'utf8');
  const start = text.indexOf('[\n') + 2;
  const known = [...text.slice(start).matchAll(/^ {2}(\{.*\}),$/gm)].map(([, row = '']) => JSON.parse(row));
  const rows = merged(known, seen).map((proof) => `  ${JSON.stringify(proof)},\n`);
  writeFileSync(file, `${text.slice(0, start)}${rows.join('')}];\n`);
}

/**
 * A file proves what it says when none of its tests there has failed.
 * @param {import('@jest/reporters').AggregatedResult} results @param {import('../servers/types.ts').Run | undefined} run
 */
function proofsOf(results, run) {
  const versions = new Map([['sqlite', sqliteVersion()]]);
  for (const { id, version } of run?.servers ?? []) versions.set(id, version);
  for (const { id, nodes } of run?.topologies ?? []) versions.set(id, nodes[0]?.version ?? '');
  /** @type {Map<string, { proof: Proof, failed: boolean }>} */
  const found = new Map();
  for (const { testFilePath, testResults } of results.testResults) {
    const path = relative(testFolder, testFilePath);
    const place = path.split('/')[0] ?? '';
    if (besides.includes(place)) continue;
    const name = place === 'topologies' || place === 'tools' || place === 'engines' ? path : place;
    for (const { status, ancestorTitles } of testResults) {
      if (status !== 'passed' && status !== 'failed') continue;
      for (const [id, version] of enginesOf(ancestorTitles, versions)) {
        const key = `${id} ${version} ${path}`;
        const failed = status === 'failed' || (found.get(key)?.failed ?? false);
        found.set(key, { proof: { id, version, tests: [`test/${name}`] }, failed });
      }
    }
  }
  return [...found.values()].filter(({ failed }) => !failed).map(({ proof }) => proof);
}

/**
 * A title that is an id and a version, else the servers that the titles name.
 * @param {readonly string[]} titles @param {ReadonlyMap<string, string>} versions
 * @returns {readonly (readonly [id: string, version: string])[]}
 */
function enginesOf(titles, versions) {
  const own = titles.flatMap((title) => {
    const [, id, version] = /^([a-z][\w-]*) (\d[\w.-]*)$/.exec(title) ?? [];
    return id === undefined || version === undefined ? [] : [/** @type {const} */ ([id, version])];
  });
  if (own.length > 0) return own;
  const words = new Set(titles.flatMap((title) => title.split(/[\s:,()]+/)));
  return [...versions].filter(([id]) => words.has(id));
}

/**
 * Of the same id and version what was known stays; an id of one version only gives its old one up.
 * @param {readonly Proof[]} known @param {readonly Proof[]} seen
 */
function merged(known, seen) {
  const isOld = (/** @type {Proof} */ { id, version }) =>
    !severalVersions.includes(id) && seen.some((proof) => proof.id === id && proof.version !== version);
  /** @type {Map<string, Proof>} */
  const all = new Map();
  for (const { id, version, tests } of [...known.filter((proof) => !isOld(proof)), ...seen]) {
    const before = all.get(`${id} ${version}`)?.tests ?? [];
    all.set(`${id} ${version}`, { id, version, tests: [...new Set([...before, ...tests])].sort() });
  }
  const inOrder = new Intl.Collator('en', { numeric: true }).compare;
  return [...all.values()].sort((a, b) => inOrder(`${a.id} ${a.version}`, `${b.id} ${b.version}`));
}

/** Of which every version that was run is kept. */
const severalVersions = ['sqlite'];

function sqliteVersion() {
  const database = new Database(':memory:');
  try {
    return String(database.prepare('SELECT sqlite_version()').pluck().get());
  } finally {
    database.close();
  }
}
