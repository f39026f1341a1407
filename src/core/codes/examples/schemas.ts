/** What examples are made of: a shop, trees and chains of tables, rules, and the commands that are run. */
import type { EngineName } from '../../model.ts';

export type Example =
  | {
      readonly kind: 'run';
      /** The engines on which it shows; the statements hold for all of them. */
      readonly on: readonly EngineName[];
      readonly schema: string;
      /** The configuration without `database`. */
      readonly config: string;
      /** The words behind `ondelete`. */
      readonly command: string;
      /** The one version of an engine that shows it, where not all do. */
      readonly server?: string;
    }
  | {
      readonly kind: 'described';
      readonly text: string;
      /** The test that raises it, from the repository's root. */
      readonly test: string;
    };

export const everywhere: readonly EngineName[] = ['postgres', 'mysql', 'mariadb', 'sqlite'];
export const innodb: readonly EngineName[] = ['mysql', 'mariadb'];

interface Shop {
  readonly column?: string;
  readonly clause?: string;
  readonly index?: boolean;
  readonly more?: string;
}

/** Customers and their orders; the names of the constraint and the index are the same in all examples. */
export function shop({ column = 'customer_id INT', clause = '', index = true, more = '' }: Shop = {}): string {
  const lines = [
    'CREATE TABLE customers (id INT NOT NULL PRIMARY KEY);',
    `CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, ${column},`,
    `  CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers (id)${clause === '' ? '' : ` ${clause}`});`,
    ...(index ? ['CREATE INDEX orders_customer_id ON orders (customer_id);'] : []),
    ...(more === '' ? [] : [more]),
  ];
  return lines.join('\n');
}

export function rules(...lines: readonly string[]): string {
  return ['policy:', '  default: keep', '  rules:', ...lines.map((line) => `    - ${line}`)].join('\n');
}
export function rule(onDelete: string, match = 'orders -> customers'): string {
  return `{ match: '${match}', onDelete: ${onDelete} }`;
}
export const keep = 'policy: { default: keep }';

export function run(
  on: readonly EngineName[],
  schema: string,
  config: string,
  command: string,
  server?: string,
): Example {
  return { kind: 'run', on, schema, config, command, ...(server === undefined ? {} : { server }) };
}
export function described(text: string, test: string): Example {
  return { kind: 'described', text, test };
}
/** A change that is refused. */
export function refused(on: readonly EngineName[], schema: string, onDelete: string, server?: string): Example {
  return run(on, schema, rules(rule(onDelete)), 'diff', server);
}
/** A change that can be made, with a notice. */
export function preview(on: readonly EngineName[], schema: string, onDelete: string, server?: string): Example {
  return run(on, schema, rules(rule(onDelete)), 'generate --dry-run', server);
}
export function linted(on: readonly EngineName[], schema: string, config = keep): Example {
  return run(on, schema, config, 'lint');
}
export const tree = (clause: string): string =>
  `CREATE TABLE folders (id INT NOT NULL PRIMARY KEY, parent_id INT,
  CONSTRAINT folders_parent FOREIGN KEY (parent_id) REFERENCES folders (id)${clause});
CREATE INDEX folders_parent_id ON folders (parent_id);`;
export const chain = (first: string, second: string): string =>
  `CREATE TABLE users (id INT NOT NULL PRIMARY KEY);
CREATE TABLE orders (id INT NOT NULL PRIMARY KEY, user_id INT,
  CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users (id)${first});
CREATE TABLE invoices (id INT NOT NULL PRIMARY KEY, order_id INT,
  CONSTRAINT invoices_order FOREIGN KEY (order_id) REFERENCES orders (id)${second});
CREATE INDEX orders_user_id ON orders (user_id);
CREATE INDEX invoices_order_id ON invoices (order_id);`;
export const cascade = ' ON DELETE CASCADE';
