// A folder with a config and a SQLite database, for tests of the command line.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { type CliOptions, type CliResult, ondelete } from './cli.ts';

export interface Project {
  readonly folder: string;
  path(name: string): string;
  write(name: string, content: string): void;
  run(words: readonly string[], options?: Omit<CliOptions, 'cwd'>): Promise<CliResult>;
  /** Makes or opens shop.db and runs statements in it. */
  sqlite(sql: string): void;
  remove(): void;
}

/** @param cli how the command line is called: in a process of its own, or that of shared-cli.ts */
export function openProject(cli: typeof ondelete = ondelete): Project {
  const folder = mkdtempSync(join(tmpdir(), 'ondelete-cli-'));
  const path = (name: string): string => join(folder, name);
  return {
    folder,
    path,
    write(name, content) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), content);
    },
    run: (words, options) => cli(words, { cwd: folder, ...options }),
    sqlite(sql) {
      const database = new Database(path('shop.db'));
      try {
        database.exec(sql);
      } finally {
        database.close();
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const shopSchema = `
  CREATE TABLE orders (id INTEGER PRIMARY KEY);
  CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id));
  CREATE INDEX order_items_order_id ON order_items (order_id);
  INSERT INTO orders VALUES (1), (2);
  INSERT INTO order_items VALUES (1, 1), (2, 1), (3, 2);`;

export const shopConfig = `database: shop.db
policy:
  rules:
    - match: 'order_items -> orders'
      onDelete: cascade
`;
