// A change of thirty keys of a shop on PostgreSQL, as a snapshot and a policy: what docs/a-migration.md shows and explains.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ForeignKey, Snapshot, Table } from '../../src/core/model.ts';

const keys = `
order_items order_id orders, invoice_lines invoice_id invoices, cart_items cart_id carts, shipment_events shipment_id shipments
ticket_messages ticket_id tickets, product_images product_id products, product_prices product_id products, team_members team_id teams
role_permissions role_id roles, poll_options poll_id polls, album_photos album_id albums, route_stops route_id routes
addresses customer_id customers, carts customer_id customers, sessions customer_id customers, wishlists customer_id customers
devices customer_id customers, api_keys customer_id customers, newsletters customer_id customers, saved_searches customer_id customers
reviews customer_id customers, tickets customer_id customers, visits customer_id customers, orders seller_id employees
tickets assignee_id employees, posts author_id employees, shipments carrier_id carriers, products category_id categories
invoices customer_id customers, payments invoice_id invoices`
  .trim()
  .split(/\n|, /)
  .map((key) => key.split(' ') as [child: string, column: string, parent: string]);

export const thirtyKeysPolicy = `policy:
  default: error
  rules:
    - match: '{invoices,payments} -> *'
      onDelete: restrict
      reason: the books are kept for ten years
    - match: '{reviews,tickets,visits,orders,posts,shipments,products}(*_id) -> {customers,employees,carriers,categories}'
      onDelete: set null
      reason: they outlive who or what they name
    - match: '* -> customers'
      onDelete: cascade
      reason: nobody needs them without the customer
    - match: '* -> *'
      onDelete: cascade
      reason: a part goes with its whole
`;

/** Made of the recorded schema of two tables, which is what a server answers. */
export function thirtyKeys(): Snapshot {
  const file = join(import.meta.dirname, '../cases/line-items/postgres-14/snapshot.json');
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Snapshot;
  const [child, parent] = recorded.tables;
  const [key] = recorded.foreignKeys;
  if (child === undefined || parent === undefined || key === undefined) throw new Error(`${file} is another`);
  const tables = new Map<string, Table>();
  for (const [name, column] of keys)
    tables.set(name, childTable(tables.get(name) ?? null, child, name, column));
  for (const [, , name] of keys)
    if (!tables.has(name))
      tables.set(name, JSON.parse(JSON.stringify(parent).replaceAll('orders', name)) as Table);
  const byText = (a: string, b: string): number => (a < b ? -1 : 1);
  return {
    ...recorded,
    tables: [...tables.values()].sort((a, b) => byText(a.name, b.name)),
    foreignKeys: keys
      .map(([name, column, target]): ForeignKey => ({
        ...key,
        name: `${name}_${column}_fkey`,
        child: { ...key.child, name },
        columns: [column],
        parent: { ...key.parent, name: target },
        onDelete: ['invoices', 'payments'].includes(name) ? 'CASCADE' : 'NO ACTION',
        referencedIndex: `${target}_pkey`,
        recreatedIndex: `${target}_pkey`,
      }))
      .sort((a, b) => byText(`${a.child.name} ${a.columns.join()}`, `${b.child.name} ${b.columns.join()}`)),
  };
}

/** The recorded child under another name, or with a further key. */
function childTable(known: Table | null, recorded: Table, name: string, column: string): Table {
  const [id, reference] = recorded.columns;
  const [index, primary] = recorded.indexes;
  if (id === undefined || reference === undefined || index === undefined || primary === undefined)
    throw new Error('the recorded child is another');
  return {
    ...recorded,
    name,
    columns: [...(known?.columns ?? [id]), { ...reference, name: column, nullable: true }],
    indexes: [
      ...(known?.indexes ?? [{ ...primary, name: `${name}_pkey` }]),
      { ...index, name: `${name}_${column}`, columns: [column] },
    ],
  };
}
