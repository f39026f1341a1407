// The application's own TypeORM at work: makes the tables, and deletes parents in each of its ways.
// usage, in the application's folder: node typeorm-runner.mjs 'dist/data-source.js:shelf' sync
//        node typeorm-runner.mjs 'matrix.js:matrix' deletes    prints { [id]: { unloaded, loaded, bulk, builder } }
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [spec = '', task = ''] = process.argv.slice(2);
const [file = '', name = ''] = spec.split(':');
const exported = createRequire(join(process.cwd(), 'package.json'))(`./${file}`);
const source = exported[name];

await source.initialize();
if (source.options.type === 'postgres')
  for (const { schema } of source.entityMetadatas)
    if (schema !== undefined) await source.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
await source.synchronize();
if (task === 'deletes') {
  /** @type {Record<string, Record<string, string>>} */
  const outcomes = {};
  for (const each of exported.cases) outcomes[each.id] = await deletes(each);
  console.log(JSON.stringify(outcomes));
}
if (task === 'soft') {
  // a soft delete of an author with a book whose key says SET NULL
  await source.query(
    `INSERT INTO authors (id, name, kind, born) VALUES (1, 'A', 'living', '2000-01-01'), (2, 'B', 'living', '2000-01-01')`,
  );
  await source.query(`INSERT INTO book (id, title, author_id, editor_id) VALUES (1, 'T', 1, 2)`);
  const repository = source.getRepository('Author');
  const author = await repository.findOneOrFail({ where: { id: 1 }, relations: { books: true } });
  await repository.softRemove(author);
  const [{ deleted_at: at }] = await source.query('SELECT deleted_at FROM authors WHERE id = 1');
  const [{ author_id: key }] = await source.query('SELECT author_id FROM book');
  console.log(JSON.stringify({ marked: at !== null, key }));
}
await source.destroy();

/** @param {{ id: string, parent: string, collection: string, child: string, through: boolean, key: string }} each */
async function deletes(each) {
  const repository = source.getRepository(each.parent);
  const quoted = (/** @type {string} */ word) => `"${word}"`;
  const relations = { [each.collection]: true };
  /** @type {Record<string, () => Promise<unknown>>} */
  const ways = {
    unloaded: async () => repository.remove(await repository.findOneByOrFail({ id: 1 })),
    loaded: async () => {
      const where = { id: 1 };
      const options = each.collection === '' ? { where } : { where, relations };
      return repository.remove(await repository.findOneOrFail(options));
    },
    bulk: () => repository.delete(1),
    builder: () => repository.createQueryBuilder().delete().where('id = 1').execute(),
  };
  /** @type {Record<string, string>} */
  const outcome = {};
  for (const [way, run] of Object.entries(ways)) {
    for (const sql of exported.rowsOf(each)) await source.query(sql);
    try {
      await run();
      const rows = await source.query(`SELECT ${quoted(each.key)} AS key FROM ${quoted(each.child)}`);
      const [row] = rows;
      outcome[way] = row === undefined ? 'deleted' : row.key === null ? 'nulled' : 'dangling';
    } catch (error) {
      const message = String(/** @type {{ message?: string }} */ (error).message);
      outcome[way] = /foreign key/i.test(message)
        ? 'foreign-key-violation'
        : /not[ -]null/i.test(message)
          ? 'not-null-violation'
          : message;
    }
  }
  return outcome;
}
