// The application's own Drizzle at work on SQLite: deletes a parent and prints what became of its child.
// usage, in the application's folder: node drizzle-runner.mjs FILE.db db|sql
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [file = '', way = ''] = process.argv.slice(2);
const need = createRequire(join(process.cwd(), 'package.json'));
const { drizzle } = need('drizzle-orm/better-sqlite3');
const { eq, relations } = need('drizzle-orm');
const { integer, sqliteTable } = need('drizzle-orm/sqlite-core');
const client = need('better-sqlite3')(file);
client.pragma('foreign_keys = ON');

const orders = sqliteTable('orders', { id: integer().primaryKey() });
const items = sqliteTable('items', { id: integer().primaryKey(), orderId: integer('order_id') });
const orderRelations = relations(orders, (/** @type {any} */ { many }) => ({ items: many(items) }));
const itemRelations = relations(items, (/** @type {any} */ { one }) => ({
  order: one(orders, { fields: [items.orderId], references: [orders.id] }),
}));
const db = drizzle(client, { schema: { orders, items, orderRelations, itemRelations } });

client.exec(`DELETE FROM items; DELETE FROM orders; INSERT INTO orders (id) VALUES (1), (99);
  INSERT INTO items (id, order_id) VALUES (1, 1)`);
try {
  if (way === 'db') await db.delete(orders).where(eq(orders.id, 1));
  else client.exec('DELETE FROM orders WHERE id = 1');
  const row = client.prepare('SELECT order_id AS id FROM items').get();
  console.log(
    row === undefined ? 'deleted' : row.id === null ? 'nulled' : row.id === 99 ? 'defaulted' : 'dangling',
  );
} catch (error) {
  const message = String(/** @type {{ message?: string }} */ (error).message);
  console.log(/FOREIGN KEY/.test(message) ? 'foreign-key-violation' : message);
}
