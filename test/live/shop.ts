// One schema that every engine takes, with keys of each kind that all of them have, and what the policy asks for.
import type { Engine } from '../support/database.ts';

/** Ends in rows that a delete of order 1, customer 1 and product 1 says something about. */
export function shopSql(engine: Engine): string {
  const inline = engine === 'sqlite';
  const weird = engine === 'mysql' || engine === 'mariadb' ? '`the "price; list"`' : '"the ""price; list"""';
  const weirdColumn = engine === 'mysql' || engine === 'mariadb' ? '`product id`' : '"product id"';
  const index = (name: string, table: string, columns: string): string =>
    `CREATE INDEX ${name} ON ${table} (${columns});`;
  return `
    CREATE TABLE customers (id INT NOT NULL PRIMARY KEY);
    CREATE TABLE products (id INT NOT NULL PRIMARY KEY);
    CREATE TABLE orders (
      id INT NOT NULL PRIMARY KEY,
      customer_id INT NOT NULL,
      billed_to INT,
      CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id),
      CONSTRAINT orders_billed FOREIGN KEY (billed_to) REFERENCES customers (id) ON DELETE CASCADE
    );
    CREATE TABLE order_items (
      order_id INT NOT NULL,
      line INT NOT NULL,
      product_id INT,
      PRIMARY KEY (order_id, line),
      ${inline ? '' : 'CONSTRAINT order_items_order '}FOREIGN KEY (order_id) REFERENCES orders (id)${inline ? ' DEFERRABLE INITIALLY DEFERRED' : ''},
      CONSTRAINT order_items_product FOREIGN KEY (product_id) REFERENCES products (id) ON UPDATE CASCADE
    );
    CREATE TABLE refunds (
      id INT NOT NULL PRIMARY KEY,
      order_id INT,
      line INT,
      CONSTRAINT refunds_item FOREIGN KEY (order_id, line) REFERENCES order_items (order_id, line)
    );
    CREATE TABLE employees (
      id INT NOT NULL PRIMARY KEY,
      manager_id INT,
      CONSTRAINT employees_manager FOREIGN KEY (manager_id) REFERENCES employees (id)
    );
    CREATE TABLE ${weird} (
      id INT NOT NULL PRIMARY KEY,
      ${weirdColumn} INT,
      CONSTRAINT price_product FOREIGN KEY (${weirdColumn}) REFERENCES products (id)
    );
    ${index('orders_customer_ix', 'orders', 'customer_id')}
    ${index('refunds_item_ix', 'refunds', 'order_id, line')}
    INSERT INTO customers VALUES (1), (2);
    INSERT INTO products VALUES (1), (2);
    INSERT INTO orders VALUES (1, 1, 1), (2, 2, 2);
    INSERT INTO order_items VALUES (1, 1, 1), (1, 2, 2), (2, 1, 1);
    INSERT INTO refunds VALUES (1, 1, 1), (2, NULL, NULL);
    INSERT INTO employees VALUES (1, NULL), (2, 1), (3, 2);
    INSERT INTO ${weird} VALUES (1, 1), (2, 2);`;
}

export const shopPolicy = `policy:
  default: error
  rules:
    - match: 'orders(customer_id) -> customers'
      onDelete: refuse
    - match: 'orders(billed_to) -> customers'
      onDelete: set null
    - match: ['order_items -> orders', 'refunds -> order_items']
      onDelete: cascade
      reason: part of the order
    - match: ['order_items(product_id) -> products', 'employees -> employees']
      onDelete: set null
    - match: '"the ""price; list""" -> products'
      onDelete: cascade
`;

/** Deletes, and the counts that must come out: [statement, query, expected]. `null` expects the delete to be refused. */
export const shopOutcomes: readonly (readonly [statement: string, query: string, expected: number | null])[] =
  [
    ['DELETE FROM customers WHERE id = 2', '', null],
    ['DELETE FROM orders WHERE id = 1', 'SELECT count(*) AS n FROM order_items WHERE order_id = 1', 0],
    ['', 'SELECT count(*) AS n FROM refunds WHERE order_id IS NOT NULL', 0],
    [
      'DELETE FROM products WHERE id = 1',
      'SELECT count(*) AS n FROM order_items WHERE product_id IS NULL',
      1,
    ],
    ['DELETE FROM employees WHERE id = 1', 'SELECT count(*) AS n FROM employees WHERE manager_id IS NULL', 1],
  ];
