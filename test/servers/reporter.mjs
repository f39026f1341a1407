// The end of a test run: which servers were tested, from where, how often; what is missing; and one closing line.
// It extends jest's summary, which would otherwise come last.
import { readFileSync } from 'node:fs';
import { SummaryReporter } from '@jest/reporters';
import { recordProofs } from '../engines/record.mjs';

export default class ServerReporter extends SummaryReporter {
  /** @type {import('./types.ts').Run | undefined} */
  run;

  // The run's file is gone once the servers are stopped.
  /** @override @param {import('@jest/reporters').AggregatedResult} results @param {import('@jest/reporters').ReporterOnStartOptions} options */
  onRunStart(results, options) {
    super.onRunStart(results, options);
    const file = process.env.ONDELETE_TEST_RUN_FILE;
    if (file) this.run = JSON.parse(readFileSync(file, 'utf8'));
  }

  /** @override @param {Set<import('@jest/reporters').TestContext>} contexts @param {import('@jest/reporters').AggregatedResult} results */
  onRunComplete(contexts, results) {
    super.onRunComplete(contexts, results);
    if (process.env.UPDATE === '1') recordProofs(results, this.run);
    const lines = ['', ...this.serverLines(results), ...this.closingLines(results), '', ''];
    process.stdout.write(lines.join('\n'));
  }

  /** @param {import('@jest/reporters').AggregatedResult} results */
  serverLines(results) {
    if (!this.run) return ['no servers in this run: goldens, unit tests and SQLite only'];
    const counts = countByAncestor(results);
    const rows = this.run.servers.map(({ id, version, origin }) => [
      id,
      version,
      origin,
      String(counts.get(id) ?? 0),
    ]);
    const topologies = this.run.topologies.map(({ id, nodes }) => [
      id,
      nodes[0]?.version ?? '',
      nodes[0]?.origin ?? '',
      String(counts.get(id) ?? 0),
    ]);
    const gone = this.run.missing.map(({ id, why }) => [id, 'MISSING', why.split('\n')[0] ?? '', '0']);
    return table([['server', 'version', 'from', 'tests run'], ...rows, ...topologies, ...gone]);
  }

  /** @param {import('@jest/reporters').AggregatedResult} results */
  closingLines(results) {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, numPendingTests, numTodoTests } =
      results;
    const skipped = numPendingTests + numTodoTests;
    // A file that could not be loaded counts as one failure: its tests are not known.
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    return ['', `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`];
  }
}

/** @param {import('@jest/reporters').AggregatedResult} results */
function countByAncestor(results) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { status, ancestorTitles, title } of results.testResults.flatMap((file) => file.testResults)) {
    if (status !== 'passed' && status !== 'failed') continue;
    const words = new Set([...ancestorTitles, title].flatMap((text) => text.split(/[\s:,()]+/)));
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** @param {readonly (readonly string[])[]} rows */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
