// Cloudflare D1 without D1: what is read, written and refused, and the files run in SQLite as D1 runs them. Real: test/tools/d1.test.ts.
import { afterEach, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { messageOf } from '../../src/core/errors.ts';
import { type CliResult } from '../support/cli.ts';
import {
  type D1Project,
  openD1,
  resting,
  restingRules,
  tangled,
  tangledRules,
  turning,
  turningRules,
} from './d1-lab.ts';

const shop = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY);
  CREATE TABLE items (id INTEGER PRIMARY KEY, order_id INT REFERENCES orders (id), note TEXT);
  CREATE TABLE parts (id INTEGER PRIMARY KEY, item_id INT REFERENCES items (id) ON DELETE CASCADE);
  INSERT INTO orders VALUES (1), (2);
  INSERT INTO items VALUES (1, 1, 'a'), (2, 2, 'b');
  INSERT INTO parts VALUES (1, 1), (2, 2);`;

const config = (rules: string, database = 'd1:DB'): string =>
  `database: '${database}'\ntool: d1\npolicy:\n  default: keep\n  rules:\n${rules}`;
const cascade = "    - { match: 'items -> orders', onDelete: cascade }\n";

let place: D1Project;
afterEach(() => place.remove());

function open(schema: string, rules: string): D1Project {
  place = openD1(schema);
  place.write('ondelete.config.yaml', config(rules));
  return place;
}

async function done(words: readonly string[]): Promise<CliResult> {
  const result = await place.run(words);
  expect(`${result.stdout}${result.stderr}${result.code}`).toMatch(/0$/);
  return result;
}

const snapshot = async (): Promise<string> => (await done(['snapshot'])).stdout;
const stopped = (sql: string): string => {
  try {
    place.migrate(sql);
    return 'it ran';
  } catch (error) {
    return messageOf(error);
  }
};

describe('tables are made anew', () => {
  test('circles, self references, AUTOINCREMENT, triggers, views and rowids stay; the way back gives the same snapshot', async () => {
    open(tangled, tangledRules);
    const [before, rows] = [await snapshot(), place.rows()];
    await done(['verify']);
    await done(['generate', '--verify']);
    place.migrate(place.files('up').join(''));
    expect(place.rows()).toBe(rows);
    expect((await done(['diff'])).stdout).toContain('9 keys match the policy');
    // a second run finds everything as it shall be
    place.migrate(place.files('up').join(''));
    expect(place.rows()).toBe(rows);
    place.migrate(place.files('down').join(''));
    expect(place.rows()).toBe(rows);
    expect(await snapshot()).toBe(before);
    expect(place.query('SELECT count(*) AS n FROM v')).toEqual([{ n: 2 }]);
  });

  test('where keys go round in a circle no trigger fires, and neither depth nor a CHECK is in the way', async () => {
    open(`BEGIN; ${turning} COMMIT;`, turningRules);
    const [before, rows] = [await snapshot(), place.rows()];
    for (const words of [['one'], ['two', '--again', '--plain']]) {
      await done(['generate', ...words]);
      place.migrate(place.files('up').at(-1) ?? '');
      expect(place.rows()).toBe(rows);
      await done(['diff']);
      place.migrate(place.files('down').at(-1) ?? '');
      expect(place.rows()).toBe(rows);
      expect(await snapshot()).toBe(before);
    }
    expect(place.query("SELECT rowid FROM search('answer')")).toEqual([{ rowid: 2 }]);
  });

  test('a key may rest on a unique index of its own text, and every table is there when another of its circle is dropped', async () => {
    open(resting, restingRules);
    const [before, rows] = [await snapshot(), place.rows()];
    await done(['generate', '--verify']);
    for (const direction of ['up', 'up', 'down'] as const) {
      place.migrate(place.files(direction).join(''));
      expect(place.rows()).toBe(rows);
    }
    expect(await snapshot()).toBe(before);
  });

  test('a table of 100 columns and a rowid beside them is refused: D1 takes no more in what its rows are kept in', async () => {
    const columns = Array.from({ length: 98 }, (_, at) => `c${at}`).join(', ');
    open(
      `CREATE TABLE orders (id INTEGER PRIMARY KEY); CREATE TABLE items (k TEXT PRIMARY KEY, order_id INT REFERENCES orders (id), ${columns})`,
      cascade,
    );
    const { code, stderr } = await place.run(['generate']);
    expect(code).toBe(2);
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'items has as many columns as D1 takes, 100, and a rowid beside them',
    );
  });

  test('from a saved snapshot the files are the same', async () => {
    open(tangled, tangledRules);
    await done(['generate', 'one', '--out', 'a']);
    place.write('shop.json', await snapshot());
    await done(['generate', 'one', '--out', 'b', '--snapshot', 'shop.json']);
    const text = (folder: string): readonly string[] =>
      ['0001_one.sql', 'down/0001_one.sql'].map((name) =>
        readFileSync(place.path(`${folder}/${name}`), 'utf8').replaceAll(`${folder}/down/`, 'down/'),
      );
    expect(text('b')).toEqual(text('a'));
  });

  test.each([
    [
      'a new table that references one of them',
      'CREATE TABLE late (item_id REFERENCES items (id))',
      'another table has got a key',
    ],
    ['a new column', 'ALTER TABLE parts ADD COLUMN late TEXT', 'is not what this file was written for'],
    ['a new index', 'CREATE INDEX late ON parts (item_id)', 'is not what this file was written for'],
    [
      'a new trigger',
      'CREATE TRIGGER late AFTER DELETE ON parts BEGIN SELECT 1; END',
      'is not what this file was written for',
    ],
    [
      'a CHECK that another environment has',
      'DROP TABLE parts; CREATE TABLE parts (id INTEGER PRIMARY KEY, item_id INT REFERENCES items (id) ON DELETE CASCADE CHECK (id > 0))',
      'is not what this file was written for',
    ],
    [
      'another action',
      'DROP TABLE parts; CREATE TABLE parts (id INTEGER PRIMARY KEY, item_id INT REFERENCES items (id) ON DELETE SET NULL)',
      'is not what this file was written for',
    ],
  ])('%s since then stops the file, which changes nothing', async (_, since, message) => {
    open(shop, cascade);
    await done(['generate']);
    place.migrate(since);
    const [before, rows] = [await snapshot(), place.rows()];
    expect(stopped(place.files('up').join(''))).toMatch(`ondelete: nothing was changed, because`);
    expect(stopped(place.files('up').join(''))).toContain(message);
    expect(place.rows()).toBe(rows);
    expect(await snapshot()).toBe(before);
  });

  test('comments, spaces and quotes may differ: wrangler leaves comments out locally', async () => {
    open(shop, cascade);
    await done(['generate']);
    place.migrate(`DROP TABLE parts; DROP TABLE items;
      CREATE TABLE "items" (id INTEGER PRIMARY KEY, order_id INT   REFERENCES orders (id), -- why
        note TEXT);
      CREATE TABLE parts(id INTEGER PRIMARY KEY,item_id INT REFERENCES "items" (id) ON DELETE CASCADE);`);
    place.migrate(place.files('up').join(''));
    await done(['diff']);
  });

  test('too many rows stop the file, --allow TABLE_REBUILD lifts the bound', async () => {
    open(shop, cascade);
    place.migrate(
      `INSERT INTO parts WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT i, 1 FROM n`,
    );
    await done(['generate', 'one']);
    expect(stopped(place.files('up').join(''))).toContain('more than 100,000 rows');
    await done(['generate', 'two', '--again', '--allow', 'TABLE_REBUILD']);
    const [, two = ''] = place.files('up');
    expect(two).toContain('Allowed with --allow: TABLE_REBUILD');
    place.migrate(two);
    expect(place.query('SELECT count(*) AS n FROM parts')).toEqual([{ n: 100_000 }]);
  });

  test('it is said which tables are made anew', async () => {
    open(shop, cascade);
    const { stdout } = await done(['generate', '--dry-run']);
    const flat = stdout.replace(/\s+/g, ' ');
    expect(flat).toContain(
      'TABLES_MADE_ANEW tables that are made anew: items, parts: the children of the keys',
    );
    expect(flat).toContain('takes EXCLUSIVE on the whole file while rows are copied');
    expect(flat).not.toContain('FOREIGN_KEYS_PRAGMA');
  });

  test('a table below that cannot come back is refused', async () => {
    open(
      `${shop} CREATE TABLE lost (id INTEGER PRIMARY KEY, item_id REFERENCES items, gone REFERENCES lacking)`,
      cascade,
    );
    const { code, stderr } = await place.run(['generate']);
    expect(code).toBe(2);
    expect(stderr.replace(/\s+/g, ' ')).toContain(
      'no row can be put back into lost, because there is no table lacking',
    );
    expect(existsSync(place.path('migrations'))).toBe(false);
  });
});

describe('--allow COLUMN_ORDER', () => {
  test('replaces the column alone and brings back all but its place', async () => {
    open(`${shop} CREATE INDEX items_order ON items (order_id, note)`, cascade);
    const rows = place.rows();
    const { stderr } = await done(['generate', '--allow', 'COLUMN_ORDER', '--verify']);
    expect(stderr).not.toContain('TABLES_MADE_ANEW');
    const [up = ''] = place.files('up');
    expect(up).not.toContain('DROP TABLE "');
    place.migrate(up);
    expect(place.query('SELECT id, order_id, note FROM items')).toEqual([
      { id: 1, order_id: 1, note: 'a' },
      { id: 2, order_id: 2, note: 'b' },
    ]);
    await done(['diff']);
    place.migrate(place.files('down').join(''));
    const { foreignKeys, tables } = JSON.parse(await snapshot()) as {
      readonly foreignKeys: readonly { readonly onDelete: string }[];
      readonly tables: readonly {
        readonly name: string;
        readonly columns: readonly { readonly name: string }[];
      }[];
    };
    expect(foreignKeys.map(({ onDelete }) => onDelete)).toEqual(['NO ACTION', 'CASCADE']);
    expect(tables[0]?.columns.map(({ name }) => name)).toEqual(['id', 'note', 'order_id']);
    expect(
      place
        .rows()
        .replace('"note":"a","order_id":1', '"order_id":1,"note":"a"')
        .replace('"note":"b","order_id":2', '"order_id":2,"note":"b"'),
    ).toBe(rows);
  });

  test.each([
    ['NOT NULL', 'order_id INT NOT NULL REFERENCES orders (id)'],
    ['a default', 'order_id INT DEFAULT 1 REFERENCES orders (id)'],
    ['UNIQUE', 'order_id INT UNIQUE REFERENCES orders (id)'],
    ['a CHECK', 'order_id INT REFERENCES orders (id) CHECK (order_id > 0)'],
    ['a key of the table', 'order_id INT, FOREIGN KEY (order_id) REFERENCES orders (id)'],
    ['a generated column', 'order_id INT REFERENCES orders (id), twice AS (order_id * 2)'],
  ])('with %s the tables are made anew all the same', async (_, column) => {
    open(
      `CREATE TABLE orders (id INTEGER PRIMARY KEY); CREATE TABLE items (id INTEGER PRIMARY KEY, ${column}); INSERT INTO orders VALUES (1); INSERT INTO items (id, order_id) VALUES (1, 1)`,
      cascade,
    );
    const before = await snapshot();
    await done(['generate', '--allow', 'COLUMN_ORDER']);
    const [up = ''] = place.files('up');
    expect(up).toContain('DROP TABLE "items"');
    place.migrate(up);
    await done(['diff']);
    place.migrate(place.files('down').join(''));
    expect(await snapshot()).toBe(before);
  });

  test.each([
    ['a view over the column', 'CREATE VIEW seen AS SELECT order_id FROM items', true],
    [
      'a view over all columns',
      'CREATE VIEW seen (a, b, c) AS SELECT * FROM main."ITEMS"; CREATE VIEW again AS SELECT b FROM seen',
      true,
    ],
    [
      'a trigger elsewhere that names the column',
      'CREATE TRIGGER told AFTER INSERT ON orders BEGIN UPDATE items SET order_id = new.id WHERE order_id IS NULL; END',
      true,
    ],
    ['a broken view', 'CREATE VIEW broken AS SELECT x FROM nowhere', true],
    [
      'a broken trigger',
      'CREATE TABLE log (what); CREATE TRIGGER broken AFTER INSERT ON log BEGIN DELETE FROM nowhere; END',
      true,
    ],
    ['a view over other tables', 'CREATE VIEW seen AS SELECT item_id FROM parts JOIN orders', false],
  ])('%s: the tables are made anew where the column could not be dropped', async (_, more, isMadeAnew) => {
    open(`${shop} ${more}`, cascade);
    const [before, rows] = [await snapshot(), place.rows()];
    place.write('shop.json', before);
    await done(['generate', '--allow', 'COLUMN_ORDER', '--snapshot', 'shop.json']);
    const [up = ''] = place.files('up');
    expect(up.includes('DROP TABLE "items"')).toBe(isMadeAnew);
    place.migrate(up);
    await done(['diff']);
    place.migrate(place.files('down').join(''));
    if (isMadeAnew) expect([await snapshot(), place.rows()]).toEqual([before, rows]);
  });

  test('a trigger that has come since then stops the file: the values would pass through it', async () => {
    open(shop, cascade);
    await done(['generate', '--allow', 'COLUMN_ORDER']);
    place.migrate('CREATE TRIGGER late AFTER UPDATE ON items BEGIN SELECT 1; END');
    expect(stopped(place.files('up').join(''))).toContain('the key or a trigger of its table');
  });
});
