/**
 * The shape of every report that `--format json` prints, strict: no key may be missing or unknown.
 * The tests write `ondelete-report.schema.json` from it and validate the reports with that file.
 */
import { z } from 'zod';
import type { Result } from '../../src/rehearsal/results.ts';
import type { Effect } from '../../src/reach/index.ts';
import {
  text,
  texts,
  number,
  action,
  tableName,
  server,
  change,
  catalogue,
  hazard,
  refusal,
  finding,
  models,
} from './report-values.ts';

const rows = z
  .strictObject({ median: z.number().nullable(), worst: z.number().nullable() })
  .describe('Estimates; null is unknown.');
const effects = ['deleted', 'nulled', 'defaulted', 'refused'] as const satisfies readonly Effect[];
const path = z
  .array(
    z.strictObject({
      key: text,
      constraint: text.nullable(),
      child: tableName,
      columns: texts,
      parent: tableName,
      parentColumns: texts,
      on: z.enum(['delete', 'update']),
      action,
    }),
  )
  .describe('Of a path of more than 40 keys the first and the last 20.');

const outcome = z.enum([...effects, 'untouched']);
const differences = z.array(z.strictObject({ table: tableName, before: outcome, after: outcome, path }));
const extent = z.strictObject({ depth: number, rows });
const numbers = z.strictObject({
  deleted: number,
  set: number,
  passes: number,
  refused: number,
  spared: number,
});
const reachChange = z.strictObject({
  table: tableName,
  deleted: differences,
  set: differences,
  passes: differences,
  refused: differences,
  spared: differences,
  more: numbers.describe(
    'How many tables the lists leave out, because there are too many. One that passes and is deleted or set counts as that alone, one that is spared and refuses as refused.',
  ),
  stillRefused: z
    .strictObject({ tables: z.array(tableName), count: number })
    .describe('What stopped the delete and still does: the nearest tables, and how many there are.'),
  before: extent,
  after: extent,
});

const lock = z.strictObject({
  mode: text,
  table: tableName.nullable().describe('Null for the whole database file (SQLite).'),
  partitions: z.enum(['too', 'only', 'leaves']).optional(),
  blocks: z.enum(['nothing', 'schema changes', 'writes', 'reads and writes']),
  held: z.enum(['for a moment', 'while rows are scanned', 'while rows are copied']),
});

const work = z.strictObject({ sql: text, comment: text, locks: z.array(lock), scans: z.array(tableName) });

const statement = z.strictObject({
  sql: text,
  comment: text,
  work: z.array(work).describe('What it does to the keys, without the guards and retries around it.'),
});

const side = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run'),
    statements: z.array(statement),
    always: z.array(statement),
    retry: z
      .strictObject({ codes: texts, attempts: number, pauseMilliseconds: z.array(number).length(2) })
      .nullable(),
    fallback: z.array(
      z.strictObject({ probe: texts, name: text, source: text, argument: z.record(text, z.unknown()) }),
    ),
  }),
  z.strictObject({ kind: z.literal('nothing'), reason: text }),
]);

const step = z.strictObject({
  slug: text,
  title: text,
  keys: texts,
  transaction: z.strictObject({ begin: text, commit: text, rollback: text }).nullable(),
  alone: z.boolean(),
  up: side,
  down: side,
});

function answer<Value extends z.ZodType>(value: Value) {
  const unknown = z.strictObject({ known: z.literal(false), why: text });
  return z
    .discriminatedUnion('known', [z.strictObject({ known: z.literal(true), value }), unknown])
    .nullable();
}
const orphans = z.strictObject({ count: number, atLeast: z.boolean(), sample: texts });

/** Every report begins like this. */
function reportOf<Name extends string, Shape extends z.core.$ZodLooseShape>(name: Name, shape: Shape) {
  return z.strictObject({ version: z.literal(1), report: z.literal(name), database: text, ...shape });
}

const entry = z.strictObject({ code: text, subject: text });
const diff = reportOf('diff', {
  server,
  policy: text,
  inPolicy: z.boolean(),
  summary: z.record(z.enum(['keys', 'asDeclared', 'toChange', 'cannotBeChanged', 'withoutRule']), number),
  changes: z.array(change),
  refused: z.array(refusal),
  findings: z.array(finding),
  baseline: z.strictObject({ known: z.array(finding), gone: z.array(entry) }),
});

const { baseline, changes, findings, inPolicy, policy, refused, summary } = diff.shape;
const ofOne = { server, policy, inPolicy, summary, changes, refused, findings, baseline };
const diffOfSeveral = z.strictObject({
  version: z.literal(1),
  report: z.literal('diff-of-several').describe('Where the configuration lists several databases.'),
  reports: z.array(
    z.strictObject({ databases: texts.describe('Those of which all the rest is true.'), ...ofOne }),
  ),
});

const place = z.strictObject({ file: text, line: z.int().min(1) });
const modelEdits = z.strictObject({
  orm: text,
  source: text,
  edits: z.array(z.strictObject({ ...place.shape, before: texts, after: texts })),
  leftOut: z.array(z.strictObject({ target: text, place: place.nullable(), text, why: text })),
  note: text.nullable(),
});

const generate = reportOf('generate', {
  server,
  changes: z.array(
    z.strictObject({ ...change.shape, orphans: answer(orphans), childRows: answer(z.number()) }),
  ),
  refused: z.array(refusal),
  hazards: z.array(hazard),
  steps: z.array(step),
  reach: z.array(reachChange),
  files: z.array(z.strictObject({ path: text, content: text })),
  run: text,
  models: modelEdits.nullable(),
});

const verify = reportOf('verify', {
  scratch: text.nullable(),
  server: server.nullable(),
  notes: texts,
  summary: z.record(z.enum(['proven', 'disproved', 'notTried', 'accepted', 'notRehearsed']), number),
  failures: texts,
  keys: z.array(
    z.strictObject({
      ...change.shape,
      proven: z.boolean(),
      result: z.enum(['proven', 'disproved', 'not tried'] satisfies readonly Result[]),
      accepted: z.boolean().describe('Not tried, and accepted with --allow NOT_TRIED.'),
      trials: z.array(
        z.strictObject({
          what: text,
          verdict: z.enum(['as promised', 'differs', 'not tried']),
          detail: text,
        }),
      ),
    }),
  ),
  notRehearsed: z.array(z.strictObject({ ...change.shape, why: text })),
  fingerprints: z.strictObject({ before: text, after: text }).nullable(),
});

const lint = reportOf('lint', {
  findings: z.array(finding),
  baseline: z.strictObject({ known: z.array(finding) }),
  models: models.nullable().describe('Null where no models are asked for.'),
});

const reach = reportOf('reach', {
  server,
  table: tableName,
  where: text.nullable(),
  rowsPicked: number.nullable(),
  incomplete: text.nullable().describe('Why the counts are lower bounds; null where they are exact.'),
  depth: number,
  rows,
  touched: z.array(
    z.strictObject({
      table: tableName,
      effect: z.enum(effects),
      columns: texts,
      depth: number,
      path,
      keys: number,
      circular: z.boolean(),
      rows,
      counted: number.nullable(),
    }),
  ),
  failures: z.array(
    z.strictObject({
      code: text,
      key: text,
      table: tableName,
      certain: z.boolean(),
      detail: text,
      depth: number.describe('How many keys the path has.'),
      path,
      ...catalogue,
    }),
  ),
});

const reachSummary = reportOf('reach-summary', {
  server,
  tables: z.array(
    z.strictObject({
      table: tableName,
      deleted: number,
      set: number,
      depth: number,
      circular: z.boolean(),
      rows,
      refusedBy: z.array(tableName),
      codes: texts,
    }),
  ),
});

const reachDiff = reportOf('reach-diff', { server, tables: z.array(reachChange) });

/** The JSON Schema that ships in the package as `ondelete-report.schema.json`; a test keeps the file the same as this. */
export function reportSchema(): object {
  const reports = [diff, diffOfSeveral, generate, verify, lint, reach, reachSummary, reachDiff] as const;
  return {
    title: 'JSON reports of ondelete',
    ...z.toJSONSchema(z.discriminatedUnion('report', reports), { target: 'draft-7' }),
  };
}
