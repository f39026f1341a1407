import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reportSchema } from './report-schema.ts';
import { openProject, type Project } from '../support/project.ts';
import { ondelete } from '../support/shared-cli.ts';

const file = new URL('../../ondelete-report.schema.json', import.meta.url);

type Report = Readonly<Record<string, unknown>>;

/** @returns what is wrong with a report, by the published file; of the kind of report that it says it is */
async function faults(report: Report): Promise<readonly string[]> {
  const { default: Ajv } = await import('ajv');
  const published = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly oneOf: readonly { readonly properties: { readonly report: { readonly const: string } } }[];
  };
  const validate = new Ajv.default({ allErrors: true }).compile(published);
  if (validate(report)) return [];
  const own = published.oneOf.findIndex((one) => one.properties.report.const === report['report']);
  const errors = validate.errors ?? [];
  return errors
    .filter((one) => !/^#\/oneOf\/\d/.test(one.schemaPath) || one.schemaPath.startsWith(`#/oneOf/${own}/`))
    .map((one) => `${one.instancePath} ${one.message ?? ''} ${JSON.stringify(one.params)}`);
}

const schema = `
  CREATE TABLE orgs (id INTEGER PRIMARY KEY);
  CREATE TABLE orders (id INTEGER PRIMARY KEY, org_id INTEGER REFERENCES orgs (id) ON DELETE CASCADE);
  CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id));
  CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id));
  CREATE TABLE tags (id INTEGER PRIMARY KEY, org_id INTEGER REFERENCES orgs (id));
  CREATE TABLE colours (id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders (id) ON DELETE SET NULL);
  INSERT INTO orgs VALUES (1);
  INSERT INTO orders VALUES (1, 1), (2, 1);
  INSERT INTO items VALUES (1, 1), (2, 2);
  INSERT INTO colours VALUES (1, 1);`;

const config = `database: shop.db
policy:
  rules:
    - match: 'items -> orders'
      onDelete: cascade
      reason: an item is nothing without its order
    - match: 'notes -> orders'
      onDelete: set null
    - match: '{orders,colours} -> *'
      onDelete: keep
    - match: 'nothing -> orders'
      onDelete: cascade
`;

const key = { child: { schema: null, name: 'items' }, columns: ['order_id'] };
const parent = { parent: { schema: null, name: 'orders' }, parentColumns: ['id'] };
const place = { file: 'models.py', line: 3 };
const facts = {
  version: 1,
  orm: 'sqlalchemy',
  source: 'shop.models',
  tables: [
    { schema: null, name: 'orders', columns: [{ name: 'id', nullable: false, primaryKey: true }] },
    {
      schema: null,
      name: 'items',
      columns: [
        { name: 'id', nullable: false, primaryKey: true },
        { name: 'order_id', nullable: false, primaryKey: false },
      ],
    },
  ],
  foreignKeys: [{ ...key, ...parent, onDelete: 'CASCADE', place }],
  relationships: [
    {
      owner: 'Order',
      attribute: 'items',
      target: 'Item',
      direction: 'one-to-many',
      keys: [{ ...key, ...parent }],
      cascade: ['delete', 'save-update'],
      place,
    },
  ],
};

describe('the published JSON Schema of the reports', () => {
  let shop: Project;
  const printed = async (words: readonly string[], code: number): Promise<Report> => {
    const { code: ended, stdout, stderr } = await shop.run([...words, '--format', 'json']);
    expect({ ended, stderr: ended === code ? '' : stderr }).toEqual({ ended: code, stderr: '' });
    return JSON.parse(stdout) as Report;
  };
  const sizes = (report: Report, ...names: readonly string[]): readonly boolean[] =>
    names.map((name) => {
      const list = report[name];
      return Array.isArray(list) && list.length > 0;
    });

  beforeAll(() => {
    shop = openProject(ondelete);
    shop.sqlite(schema);
    shop.write('ondelete.config.yaml', config);
    shop.write('facts.json', JSON.stringify(facts));
  });
  afterAll(() => shop.remove());

  test('is what the code makes (UPDATE=1 rewrites it)', async () => {
    const made = `${JSON.stringify(reportSchema(), null, 2)}\n`;
    if (process.env['UPDATE'] === '1') await writeFile(file, made);
    expect(readFileSync(file, 'utf8')).toBe(made);
  });

  test('holds for diff, with changes, refusals, findings and a baseline', async () => {
    const report = await printed(['diff'], 1);
    expect(sizes(report, 'changes', 'refused', 'findings')).toEqual([true, true, true]);
    expect(await faults(report)).toEqual([]);
    shop.write(
      'known.yaml',
      'version: 1\nfindings:\n  - code: NO_RULE\n    subject: tags(org_id) -> orgs(id)\n  - code: NO_RULE\n    subject: gone\n',
    );
    const known = await printed(['diff', '--baseline', 'known.yaml'], 1);
    const { known: still, gone } = known['baseline'] as { known: unknown[]; gone: unknown[] };
    expect([still.length, gone.length]).toEqual([1, 1]);
    expect(await faults(known)).toEqual([]);
  });

  test('holds for lint, with and without models', async () => {
    const report = await printed(['lint'], 1);
    const withModels = await printed(['lint', '--facts', 'facts.json'], 1);
    expect(sizes(report, 'findings')).toEqual([true]);
    expect(sizes(withModels['models'] as Report, 'findings')).toEqual([true]);
    expect(JSON.stringify(withModels['models'])).toContain('"kind":"database"');
    expect(await faults(report)).toEqual([]);
    expect(await faults(withModels)).toEqual([]);
  });

  test('holds for reach: one table, counted, all tables, before and after', async () => {
    const one = await printed(['reach', 'orgs'], 0);
    expect(sizes(one, 'touched')).toEqual([true]);
    const counted = await printed(['reach', 'orgs', '--where', 'id = 1'], 0);
    expect(counted['rowsPicked']).toBe(1);
    const all = await printed(['reach'], 0);
    const compared = await printed(['reach', '--diff'], 0);
    expect([...sizes(all, 'tables'), ...sizes(compared, 'tables')]).toEqual([true, true]);
    for (const report of [one, counted, all, compared]) expect(await faults(report)).toEqual([]);
  });

  test('holds for verify and for generate, as a preview and once written', async () => {
    const preview = await printed(['generate', '--dry-run'], 2);
    expect(sizes(preview, 'changes', 'refused', 'steps', 'reach', 'files')).toEqual(Array(5).fill(true));
    expect(await faults(preview)).toEqual([]);
    const proven = await printed(['verify'], 1);
    expect(sizes(proven, 'keys', 'notRehearsed')).toEqual([true, true]);
    expect(await faults(proven)).toEqual([]);
    const written = await printed(['generate', '--skip-refused'], 1);
    expect(sizes(written, 'files')).toEqual([true]);
    expect(await faults(written)).toEqual([]);
  });

  test('refuses a key too many, a key too few, another version and an unknown report', async () => {
    const report = await printed(['reach', 'orgs'], 0);
    const { depth, ...less } = report;
    expect(depth).toBe(2);
    const deeper = { ...report, rows: { ...(report['rows'] as object), mean: 1 } };
    for (const wrong of [
      { ...report, more: 1 },
      deeper,
      less,
      { ...report, version: 2 },
      { ...report, report: 'x' },
    ])
      expect(await faults(wrong)).not.toEqual([]);
  });
});
