import { describe, expect, test } from '@jest/globals';
import { drizzle } from '../../migrations-templates/drizzle/index.ts';
import { change, key } from '../builders.ts';
import { contentOf, now, sample } from './sample.ts';

const entry = { idx: 4, version: '7', when: 9999999999999, tag: '0004_last', breakpoints: true };
const journal = (value: unknown): { readonly path: string; readonly content: string } => ({
  path: 'meta/_journal.json',
  content: typeof value === 'string' ? value : JSON.stringify(value),
});
const good = journal({ version: '7', dialect: 'postgresql', entries: [entry] });
const last = { path: '0004_last.sql', content: '' };

const render = (
  ...existing: readonly { readonly path: string; readonly content: string }[]
): ReturnType<typeof drizzle.render> =>
  drizzle.render(
    [sample('0005_x', 'postgres', [change('CASCADE', key('items(order_id) -> orders(id)'))])],
    existing,
    now,
    'out',
  );

test('an entry is newer than all others, or Drizzle would pass over it', () => {
  const files = render(good, last);
  expect(files.at(-1)).toMatchObject({ path: 'meta/_journal.json', replaces: true });
  const { entries } = JSON.parse(contentOf(files, 'meta/_journal.json')) as { entries: unknown[] };
  expect(entries).toEqual([entry, { ...entry, idx: 5, when: 10000000000000, tag: '0005_x' }]);
});

test('the journal gets the entry, and nothing else of it changes', () => {
  const text = JSON.stringify(
    { version: '7', dialect: 'postgresql', entries: [entry], own: [{}] },
    null,
    '\t',
  );
  const after = contentOf(render(journal(`${text}\n`), last), 'meta/_journal.json');
  const added = JSON.stringify({ ...entry, idx: 5, when: 10000000000000, tag: '0005_x' }, null, '\t');
  const lines = added.split('\n').map((line) => `\t\t${line}`);
  const end = '\n\t],\n\t"own"';
  expect(after).toBe(`${text.replace(end, `,\n${lines.join('\n')}${end}`)}\n`);
  const two = drizzle.render(
    ['0005_a', '0006_b'].map((name) => sample(name, 'postgres')),
    [journal(JSON.stringify(JSON.parse(good.content), null, 2)), last],
    now,
    'out',
  );
  const written = contentOf(two, 'meta/_journal.json');
  expect(written).toBe(JSON.stringify(JSON.parse(written), null, 2));
  const empty = JSON.stringify({ entries: [], dialect: 'postgresql', version: '7' });
  expect(contentOf(render(journal(empty)), 'meta/_journal.json')).toMatch(/^\{\n {2}"entries"/);
});

test('an empty folder gets a journal', () => {
  const files = render();
  expect(JSON.parse(contentOf(files, 'meta/_journal.json'))).toMatchObject({
    dialect: 'postgresql',
    entries: [{ idx: 0, when: now.getTime(), tag: '0005_x' }],
  });
  expect(files.at(-1)?.replaces).toBeUndefined();
});

test('the snapshot follows the last, with the new action', () => {
  const { child, columns, name } = key('items(order_id) -> orders(id)');
  const own = { name, columnsFrom: columns, onDelete: 'no action' };
  const other = { name: 'other', columnsFrom: ['x'], onDelete: 'no action' };
  const tables = { 'public.items': { name: child.name, schema: '', foreignKeys: { own, other } } };
  const snapshot = {
    path: 'meta/0004_snapshot.json',
    content: JSON.stringify({ id: 'a', prevId: 'b', tables }),
  };
  const after = JSON.parse(contentOf(render(good, last, snapshot), 'meta/0005_snapshot.json')) as unknown;
  expect(after).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/),
    prevId: 'a',
    tables: {
      'public.items': { foreignKeys: { own: { onDelete: 'cascade' }, other: { onDelete: 'no action' } } },
    },
  });
});

describe('what cannot be continued is refused', () => {
  test.each([
    ['does not parse', [journal('{'), last]],
    ['does not parse', [journal({ dialect: 'postgresql', entries: [{}] }), last]],
    ['is missing', [last]],
    ['is for mysql', [journal({ version: '5', dialect: 'mysql', entries: [] })]],
  ])('a journal that %s', (text, existing) => {
    expect(() => render(...existing)).toThrow(text);
  });

  test('a snapshot that does not parse', () => {
    expect(() => render(good, last, { path: 'meta/0004_snapshot.json', content: '{' })).toThrow(
      'does not parse',
    );
  });

  test('a name that holds Drizzle’s mark', () => {
    const migration = { ...sample('0005_x', 'postgres'), head: ['a\n--> statement-breakpoint'] };
    expect(() => drizzle.render([migration], [good], now, 'out')).toThrow(/mark/);
  });
});

test('each of two files has a number and a snapshot of its own', () => {
  const request = { slug: 'x', parts: ['swap', 'validate'], existing: ['0004_last'], now };
  expect(drizzle.names(request)).toEqual(['0005_x_swap', '0006_x_validate']);
  expect(drizzle.names({ ...request, parts: [''], existing: [] })).toEqual(['0000_x']);
});

test('what is not newer than the newest row is applied', () => {
  expect(drizzle.history?.names([{ newest: '9999999999999' }], [good, last])).toEqual(['0004_last']);
  expect(drizzle.history?.names([{ newest: null }], [good, last])).toEqual([]);
});
