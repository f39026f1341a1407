// The application's own MikroORM at work: makes the tables, and deletes parents in each of its ways.
// usage, in the application's folder: node mikro-orm-runner.mjs postgresql|better-sqlite URL matrix.js   prints { [id]: outcomes }
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [kind = '', url = '', file = ''] = process.argv.slice(2);
const need = createRequire(join(process.cwd(), 'package.json'));
const { MikroORM } = need(`@mikro-orm/${kind}`);
const { entities, cases } = need(`./${file}`);
const isSqlite = kind === 'better-sqlite';
const orm = await MikroORM.init({
  entities,
  ...(isSqlite ? { dbName: url } : { clientUrl: url }),
  discovery: { warnWhenNoEntities: false },
});
await orm.schema.createSchema();
const sql = (/** @type {string} */ text) => orm.em.getConnection().execute(text);
if (isSqlite) await sql('pragma foreign_keys = on');
/** @type {Record<string, Record<string, string>>} */
const outcomes = {};
for (const { id } of cases) outcomes[id] = await deletes(id);
console.log(JSON.stringify(outcomes));
await orm.close();

/** @param {string} id */
async function deletes(id) {
  const parent = `P_${id}`;
  /** @type {Record<string, (em: any) => Promise<unknown>>} */
  const ways = {
    unloaded: async (em) => em.remove(await em.findOneOrFail(parent, 1)).flush(),
    loaded: async (em) => em.remove(await em.findOneOrFail(parent, 1, { populate: ['kids'] })).flush(),
    reference: (em) => em.remove(em.getReference(parent, 1)).flush(),
    bulk: (em) => em.nativeDelete(parent, { id: 1 }),
    builder: (em) => em.createQueryBuilder(parent).delete({ id: 1 }).execute(),
    sql: () => sql(`delete from p_${id} where id = 1`),
  };
  /** @type {Record<string, string>} */
  const outcome = {};
  for (const [way, run] of Object.entries(ways)) {
    await sql(`delete from c_${id}`);
    await sql(`delete from p_${id}`);
    await sql(`insert into p_${id} (id) values (1)`);
    await sql(`insert into c_${id} (id, parent_id) values (1, 1)`);
    try {
      await run(orm.em.fork());
      const [row] = await sql(`select parent_id as key from c_${id}`);
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
