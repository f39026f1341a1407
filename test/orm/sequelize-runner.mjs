// The application's own Sequelize at work: makes the tables, and deletes parents in each of its ways.
// usage, in the application's folder: node sequelize-runner.mjs models/index.js sync
//        node sequelize-runner.mjs matrix.js deletes    prints { [id]: { unloaded, loaded, bulk, individual } }
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [file = '', task = ''] = process.argv.slice(2);
const { sequelize, cases } = createRequire(join(process.cwd(), 'package.json'))(`./${file}`);
for (const { schema } of Object.values(sequelize.models).map((model) => Object(model.getTableName())))
  if (schema) await sequelize.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
await sequelize.sync();
if (task === 'alter') await sequelize.sync({ alter: true });
if (task === 'deletes') {
  /** @type {Record<string, Record<string, string>>} */
  const outcomes = {};
  for (const each of cases) outcomes[each.id] = await deletes(each);
  console.log(JSON.stringify(outcomes));
}
await sequelize.close();

/** @param {{ id: string, Parent: any, Child: any, paranoid: boolean }} each */
async function deletes({ id, Parent, Child, paranoid }) {
  const where = { id: 1 };
  /** @type {Record<string, () => Promise<unknown>>} */
  const ways = {
    unloaded: async () => (await Parent.findByPk(1)).destroy(),
    loaded: async () => (await Parent.findByPk(1, { include: 'kids' })).destroy(),
    bulk: () => Parent.destroy({ where }),
    individual: () => Parent.destroy({ where, individualHooks: true }),
  };
  /** @type {Record<string, string>} */
  const outcome = {};
  const dates = [', "createdAt", "updatedAt"', ', now(), now()'];
  const none = ['', ''];
  const [column, value] = paranoid ? dates : none;
  const [parentColumn, parentValue] = Parent.options.paranoid ? dates : none;
  for (const [way, run] of Object.entries(ways)) {
    await sequelize.query(`DELETE FROM "c_${id}"; DELETE FROM "p_${id}"; 
      INSERT INTO "p_${id}" (id${parentColumn}) VALUES (1${parentValue});
      INSERT INTO "c_${id}" (id, parent_id${column}) VALUES (1, 1${value})`);
    try {
      await run();
      const [[row]] = await sequelize.query(`SELECT parent_id AS key FROM "${Child.getTableName()}"`);
      outcome[way] = row === undefined ? 'deleted' : row.key === null ? 'nulled' : 'dangling';
    } catch (error) {
      const message = String(/** @type {{ message?: string }} */ (error).message);
      outcome[way] = /foreign key/i.test(message)
        ? 'foreign-key-violation'
        : /not-null/i.test(message)
          ? 'not-null-violation'
          : message;
    }
  }
  return outcome;
}
