// What reach says against what happens: random schemas and rows on SQLite and on every server of this run. Whatever a delete changes
// was in reach, whatever stops it was told, and the rows counted beforehand are the rows that go.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SchemaSource } from '../../src/schema-source.ts';
import type { CountedRows } from '../../src/core/contracts/probe.ts';
import { messageOf } from '../../src/core/errors.ts';
import { countEdges } from '../../src/reach/count.ts';
import { reach, type Reach, reachContext } from '../../src/reach/index.ts';
import { drawing, type Drawing } from '../random/arbitraries.ts';
import { serverBench } from '../random/live-servers.ts';
import { sqliteBench } from '../random/live-sqlite.ts';
import type { Bench, Live } from '../random/live.ts';
import { type Row, type Schema, schemaOf, type Table } from '../random/schema.ts';
import { literal, quoted } from '../random/write.ts';
import { testServers } from '../servers/index.ts';

const [, seedText] = /^(-?\d+)/.exec(process.env['ONDELETE_TEST_SEED'] ?? '') ?? [];
const seed = seedText === undefined ? 20260202 : Number(seedText);

const benches: readonly {
  readonly id: string;
  readonly cases: number;
  readonly open: () => Promise<Bench>;
}[] = [
  { id: 'sqlite', cases: 150, open: () => Promise.resolve(sqliteBench()) },
  ...testServers().map((server) => ({
    id: server.id,
    cases: server.dialect === 'postgres' ? 30 : 16,
    open: () => serverBench(server),
  })),
];

/** How often each thing was seen, so that a run that proves nothing fails. */
interface Seen {
  passed: number;
  stopped: number;
  rows: number;
}

describe.each(benches)('$id', ({ cases, open }) => {
  const numRuns = Number(process.env['ONDELETE_TEST_CASES'] ?? cases);
  test(`${numRuns} random databases do what reach says`, async () => {
    const bench = await open();
    const seen: Seen = { passed: 0, stopped: 0, rows: 0 };
    try {
      let why = '';
      const one = async (drawn: Drawing): Promise<void> => {
        await oneCase(bench, drawn, seen).catch((error: unknown) => {
          why = messageOf(error);
          throw error;
        });
      };
      const result = await fc.check(fc.asyncProperty(drawing, one), { seed, numRuns, endOnFailure: true });
      if (result.failed) throw new Error(`ONDELETE_TEST_SEED=${seed}, case ${result.numRuns}\n${why}`);
    } finally {
      await bench.close();
    }
    expect(seen.passed).toBeGreaterThan(numRuns / 2);
    expect(seen.stopped).toBeGreaterThan(0);
    expect(seen.rows).toBeGreaterThan(numRuns / 10);
  }, 600_000);
});

async function oneCase(bench: Bench, drawn: Drawing, seen: Seen): Promise<void> {
  // SQLite counts violations: an orphan that goes makes up for one that comes, and a delete passes that should not.
  const clean = bench.id === 'sqlite' ? { ...drawn, dirty: false } : drawn;
  const schema = schemaOf(cascading(clean), bench.target);
  const live = await bench.load(schema, clean);
  try {
    const source = await live.open();
    try {
      for (const table of schema.tables) {
        if (source.schema.table(nameOf(schema, table)) === null) continue;
        for (const row of table.rows.slice(0, bench.id === 'sqlite' ? 6 : 2)) {
          const where = whereOf(schema, table, row);
          if (where !== null) await oneDelete(live, source, table, row, where, seen);
        }
      }
    } finally {
      await source.close();
    }
  } finally {
    await live.close();
  }
}

/** More keys that cascade and fewer that only refuse or point nowhere: what is drawn is made for changes, not for deletes. */
function cascading(drawn: Drawing): Drawing {
  const keys = drawn.keys.map((key, place) => ({
    ...key,
    missing: key.missing && place === 0,
    onDelete: key.onDelete < 2 && place % 3 !== 0 ? 2 : key.onDelete,
  }));
  return { ...drawn, keys };
}

/** Null for names and values with a backslash, which --where does not take. */
function whereOf(schema: Schema, table: Table, row: Row): string | null {
  const conditions = table.primaryKey.map((name) => {
    const family = table.columns.find((column) => column.name === name)?.family;
    return `${quoted(schema, name)} = ${literal(row[name] ?? null, family)}`;
  });
  const text = conditions.join(' AND ');
  return /[\\\0]/.test(text) ? null : text;
}

/** MySQL 9.7 counts the tables that a cascade would open, and refuses more than 30; its cascades forget rows, as a trap tells. */
const limits = /exceeds max tables limit/;

async function oneDelete(
  live: Live,
  { snapshot, schema: index, engine, connection }: SchemaSource,
  table: Table,
  row: Row,
  where: string,
  seen: Seen,
): Promise<void> {
  const { schema } = live;
  const start = nameOf(schema, table);
  const found = reach(snapshot, start, engine);
  const what = `${live.ddl}\n\nDELETE FROM ${JSON.stringify(start)} WHERE ${where}\n`;
  if (connection === null) throw new Error('no connection');
  const edges = countEdges(reachContext(index, engine), start);
  const probe = await connection.probe();
  const answer = await probe.count({ schema: index, start, where, edges }, 60_000);
  if (!answer.known) throw new Error(`${what}not counted: ${answer.why}`);
  const deleted = await live.afterDelete(table, row);
  if ('error' in deleted) {
    seen.stopped += 1;
    if (found.failures.length === 0 && !limits.test(deleted.error))
      throw new Error(`${what}stopped, and nobody said so: ${deleted.error}`);
    return;
  }
  seen.passed += 1;
  const before = live.formed(new Map(schema.tables.map((one) => [one, one.rows]))) as readonly string[][];
  const after = deleted.rows as readonly string[][];
  if (isUncertain(found, schema)) return;
  for (const [place, one] of schema.tables.entries()) {
    compare(
      `${what}${one.name}: `,
      found,
      nameOf(schema, one),
      answer.value,
      before[place] ?? [],
      after[place] ?? [],
      one === table,
    );
    seen.rows += (before[place]?.length ?? 0) - (after[place]?.length ?? 0) > (one === table ? 1 : 0) ? 1 : 0;
  }
}

/** Rows that MySQL forgets, keys whose order decides which rows go, and rules of the user that replace deletes. */
function isUncertain(found: Reach, schema: Schema): boolean {
  const codes = ['CASCADE_LEAVES_ROWS_LIVE', 'SELF_REFERENCE_BRANCHES', 'DELETED_OR_SET'];
  return found.failures.some((one) => codes.includes(one.code)) || schema.tables.some((one) => one.rule);
}

function compare(
  what: string,
  found: Reach,
  name: { readonly schema: string; readonly name: string },
  counts: CountedRows,
  before: readonly string[],
  after: readonly string[],
  isStart: boolean,
): void {
  const count = counts.tables.find((one) => one.schema === name.schema && one.name === name.name);
  const touched = found.touched.filter(
    (one) => one.table.schema === name.schema && one.table.name === name.name,
  );
  const gone = before.length - after.length - (isStart ? counts.picked : 0);
  if (gone !== (count?.deleted ?? 0))
    throw new Error(`${what}${gone} rows went, counted were ${count?.deleted ?? 0}`);
  if (gone > 0 && !touched.some((one) => one.effect === 'deleted'))
    throw new Error(`${what}went, and was not in reach`);
  const left = [...before];
  const changed = after.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  }).length;
  const written = touched.filter((one) => one.effect === 'nulled' || one.effect === 'defaulted');
  if (changed > 0 && written.length === 0) throw new Error(`${what}changed, and was not in reach`);
  const follows = written.some((one) => one.path.some((step) => step.on === 'update'));
  const most = (count?.nulled ?? 0) + (count?.defaulted ?? 0);
  if (!follows && changed > most) throw new Error(`${what}${changed} rows changed, counted were ${most}`);
  const refusals = found.failures.filter(
    (one) => one.table.name === name.name && touched.some((each) => each.effect === 'refused'),
  );
  if ((count?.refused ?? 0) > 0 && refusals.length > 0 && refusals.every((one) => one.certain))
    throw new Error(`${what}passed, and ${count?.refused ?? 0} rows should have stopped it`);
}

function nameOf(schema: Schema, table: Table): { readonly schema: string; readonly name: string } {
  return { schema: schema.engine === 'sqlite' ? 'main' : table.schema, name: table.name };
}
